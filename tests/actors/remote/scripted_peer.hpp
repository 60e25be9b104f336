// SPDX-License-Identifier: MIT
// The other side of a conversation, played by a test word for word on a thread of its own. What
// goes wrong there is thrown, and thrown again where the test waits for the script's end.
#pragma once

#include "actors/remote/messages.hpp"
#include "tests/actors/remote/remote_rig.hpp"

#include <functional>
#include <future>
#include <stdexcept>

namespace peernet {

/// Fits any thread, unlike `must`.
template <class T>
T needed(result<T> r) {
  if (!r)
    throw std::runtime_error(r.error().message);
  return *std::move(r);
}
inline void needed(const result<void>& r) {
  if (!r)
    throw std::runtime_error(r.error().message);
}

inline void say(framed_stream& to, const remote_message& m) {
  needed(to.send(frame_type::message, encode(m), soon()));
}

template <class Message>
Message hear(framed_stream& from) {
  const auto frame = needed(from.receive(soon()));
  if (frame.type != frame_type::message)
    throw std::runtime_error("bytes came instead of a message");
  auto m = needed(decode(frame.body));
  if (auto* wanted = std::get_if<Message>(&m))
    return std::move(*wanted);
  throw std::runtime_error("another message came: " + frame.body);
}

/// Nothing may come but the end.
inline void hear_end(framed_stream& from) {
  const auto frame = from.receive(soon());
  if (frame || frame.error().code != errc::closed)
    throw std::runtime_error("the end did not come: " +
                             (frame ? frame->body : frame.error().message));
}

/// Bytes of a file until there are `bytes`.
inline std::string hear_file(framed_stream& from, std::uint64_t bytes) {
  std::string content;
  while (content.size() < bytes) {
    const auto frame = needed(from.receive(soon()));
    if (frame.type != frame_type::file)
      throw std::runtime_error("no piece of a file came");
    content += frame.body;
  }
  return content;
}

/// A machine that waits at a port, and what it says to the first that comes.
class scripted_peer {
public:
  using script = std::function<void(framed_stream&)>;

  /// `self` null: bare TCP.
  scripted_peer(const stream_security& security, script play)
      : fd_(must(listen_at("127.0.0.1", 0))), at_(local_end(fd_)) {
    over_ = std::async(std::launch::async, [this, security, play = std::move(play)] {
      framed_stream stream(needed(secure_stream::over(accepted(), security, stream_side::server)));
      needed(stream.handshake(soon()));
      play(stream);
    });
  }
  ~scripted_peer() {
    ::shutdown(fd_, SHUT_RDWR); // wakes it if nobody came
    if (over_.valid())
      over_.wait();
    ::close(fd_);
  }
  scripted_peer(const scripted_peer&) = delete;
  scripted_peer& operator=(const scripted_peer&) = delete;

  [[nodiscard]] const socket_address& at() const { return at_; }
  /// Waits for the script's end, and throws what it threw.
  void finish() { over_.get(); }

private:
  [[nodiscard]] int accepted() const {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      throw std::runtime_error("nobody came");
    return fd;
  }

  int fd_;
  socket_address at_;
  std::future<void> over_;
};

} // namespace peernet
