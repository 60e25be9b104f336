// SPDX-License-Identifier: MIT
// ZeroMQ's parts as objects that end by themselves: messages, sockets, and the context that
// outlives every socket made with it. For transports/zmq/zmq_*.cpp alone.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"
#include "runtime/core/time.hpp"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace peernet {

/// One ZeroMQ message part, closed with its owner.
class zmq_message {
public:
  zmq_message() noexcept { ::zmq_msg_init(&part_); }
  ~zmq_message() { ::zmq_msg_close(&part_); }
  zmq_message(const zmq_message&) = delete;
  zmq_message& operator=(const zmq_message&) = delete;

  /// Becomes a part of `size` bytes. False: no memory.
  [[nodiscard]] bool allocate(std::size_t size) noexcept {
    return ::zmq_msg_init_size(&part_, size) == 0 || give_up();
  }
  /// Becomes a part that lends the payload's bytes, which stay alive until ZeroMQ is done with
  /// them.
  [[nodiscard]] bool lend(const payload& body) noexcept {
    auto* owner = body.owner().detach();
    if (::zmq_msg_init_data(&part_, const_cast<std::byte*>(body.data()), body.size(),
                            give_back_lent, owner) == 0)
      return true;
    owner->release();
    return give_up();
  }

  void reset() noexcept {
    ::zmq_msg_close(&part_);
    ::zmq_msg_init(&part_);
  }
  [[nodiscard]] std::span<std::byte> bytes() noexcept {
    return {static_cast<std::byte*>(::zmq_msg_data(&part_)), ::zmq_msg_size(&part_)};
  }
  [[nodiscard]] bool more() noexcept { return ::zmq_msg_more(&part_) != 0; }
  zmq_msg_t* raw() noexcept { return &part_; }

private:
  static void give_back_lent(void*, void* owner) { static_cast<storage*>(owner)->release(); }

  /// A part that could not be made must not be closed either; an empty one can.
  bool give_up() noexcept {
    ::zmq_msg_init(&part_);
    return false;
  }

  zmq_msg_t part_;
};

/// A ZeroMQ context that outlives every socket made with it.
using zmq_context = std::shared_ptr<void>;

inline error zmq_error(const std::string& doing) {
  return {errc::io, doing + ": " + ::zmq_strerror(::zmq_errno())};
}

/// What ZeroMQ takes for a wait or a linger; negative would mean for ever.
inline int zmq_milliseconds(duration d) noexcept {
  constexpr std::int64_t longest = std::numeric_limits<int>::max();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(d).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, longest));
}

/// Hears when a socket is gone, which ZeroMQ ends in threads of its own: once all that was handed
/// over has left, or its linger is over. Thread: one at a time.
class zmq_farewell {
public:
  /// Of a socket that is about to be closed.
  zmq_farewell(void* context, void* socket) noexcept {
    static std::atomic<unsigned> next{0};
    std::array<char, 40> address{};
    std::snprintf(address.data(), address.size(), "inproc://farewell-%u", next++);
    if (::zmq_socket_monitor(socket, address.data(), ZMQ_EVENT_MONITOR_STOPPED) != 0)
      return;
    ear_ = ::zmq_socket(context, ZMQ_PAIR);
    if (ear_ && ::zmq_connect(ear_, address.data()) != 0)
      ::zmq_close(std::exchange(ear_, nullptr));
  }
  ~zmq_farewell() {
    if (ear_)
      ::zmq_close(ear_);
  }
  zmq_farewell(const zmq_farewell&) = delete;
  zmq_farewell& operator=(const zmq_farewell&) = delete;

  /// Waits for it, at most `patience`. Where the process had no socket left to listen with, the
  /// context's end does the waiting.
  void await(duration patience) noexcept {
    if (!ear_)
      return;
    const int ms = zmq_milliseconds(patience);
    ::zmq_setsockopt(ear_, ZMQ_RCVTIMEO, &ms, sizeof ms);
    ::zmq_recv(ear_, nullptr, 0, 0); // the one event that was asked for, or the end of patience
  }

private:
  void* ear_ = nullptr;
};

/// A ZeroMQ socket. Thread: one at a time.
class zmq_handle {
public:
  zmq_handle(zmq_context context, int type)
      : context_(std::move(context)), socket_(::zmq_socket(context_.get(), type)) {}
  ~zmq_handle() { close(duration{0}); }
  zmq_handle(const zmq_handle&) = delete;
  zmq_handle& operator=(const zmq_handle&) = delete;

  /// Takes and gives nothing any more. Waits until what was handed over has left, at most
  /// `patience`; what has not is thrown away.
  void close(duration patience) noexcept {
    if (!socket_)
      return;
    set(ZMQ_LINGER, zmq_milliseconds(patience));
    std::optional<zmq_farewell> farewell;
    if (patience > duration{0})
      farewell.emplace(context_.get(), socket_);
    ::zmq_close(std::exchange(socket_, nullptr));
    if (farewell)
      farewell->await(patience);
  }

  template <class T>
  void set(int option, T value) noexcept {
    if (socket_) // otherwise errno still says why there is none
      ::zmq_setsockopt(socket_, option, &value, sizeof value);
  }
  /// Null once closed, or if the context or the process had no socket left to give.
  [[nodiscard]] void* raw() const noexcept { return socket_; }

private:
  zmq_context context_; ///< let go after the socket
  void* socket_;
};

} // namespace peernet
