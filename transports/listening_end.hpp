// SPDX-License-Identifier: MIT
// The receiving end of a channel with connections: one thread, that of `receive`, waits for the
// listener and all connections at once. Strangers cost a place for a moment, and a count. What a
// connection says and how frames come out of it, its own type knows (tcp_connection.hpp,
// shm_connection.hpp).
#pragma once

#include "runtime/plugin/channel.hpp"
#include "transports/descriptor.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace peernet {

/// What strangers may cost.
struct listening_limits {
  std::size_t greeting = 256;     ///< connections that have not greeted; the oldest goes
  std::size_t connections = 4096; ///< in all; the oldest that has not proven itself goes
  duration patience = std::chrono::seconds{5};   ///< for a greeting
  std::size_t unfinished = std::size_t{1} << 30; ///< bytes of frames that are not whole; who has
                                                 ///< most goes
};

/// What all connections of an end count together. Thread: the one in `receive`; `bytes` read by
/// any.
struct connection_tally {
  std::atomic<std::uint64_t> bytes{0}; ///< read and written
  std::size_t unfinished = 0;          ///< bytes of frames that are not whole
};

/// What a connection knows of its end, which outlives it.
struct connection_place {
  std::string key;
  std::size_t max_body = 0;
  descriptor epoll; ///< a connection adds what it waits for, with a pointer to itself
  connection_tally tally;

  void watch(int fd, std::uint32_t events, void* whose, int operation = EPOLL_CTL_ADD) noexcept {
    epoll_event e{};
    e.events = events;
    e.data.ptr = whose;
    ::epoll_ctl(epoll.get(), operation, fd, &e);
  }
};

/// Connection is made of a descriptor, a connection_place and the machine's time, and has:
///   read(clock, events)  takes what there is; an error ends the connection
///   advance()            true: a frame is whole; false: nothing more just now; errc::closed: and
///                        never again; other errors end the connection as corrupt
///   release()            the whole frame
///   await(clock)         if it has that: as read, but waits for something at most `longest_wait`;
///                        false: nothing came
///   greeted(), proven(), since(), cut_short(), unfinished()
template <class Connection>
class listening_end : public receive_end {
public:
  /// `listener` listens at `where`.
  listening_end(const channel_settings& settings, descriptor listener, endpoint where,
                listening_limits limits = {})
      : where_(std::move(where)),
        limits_(limits),
        place_{.key = settings.key,
               .max_body = settings.max_frame,
               .epoll = descriptor(::epoll_create1(EPOLL_CLOEXEC)),
               .tally = {}},
        listener_(std::move(listener)),
        spare_(any_descriptor()) {
    place_.watch(listener_.get(), EPOLLIN, nullptr);
    place_.watch(stop_.fd(), EPOLLIN, nullptr);
  }

  [[nodiscard]] endpoint where() const override { return where_; }

  result<std::optional<incoming_frame>> receive(const clock& clock, duration patience) override;

  void stop() noexcept override {
    stopped_ = true;
    stop_.ring(); // and it goes on ringing
  }

  channel_report report() const override {
    return {.bytes = place_.tally.bytes.load(std::memory_order_relaxed),
            .counts = {{"connections", accepted_.load()},
                       {"refused", refused_.load()},
                       {"truncated", truncated_.load()}}};
  }

private:
  /// New connections are taken in lots, so that those that are there are heard in between.
  static constexpr int accepted_at_once = 64;

  static descriptor any_descriptor() {
    return descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }

  void take_event(const clock& clock);
  bool wait(stamp until);
  bool wait_alone(const clock& clock, stamp now, stamp until);
  void accept_some();
  void add(descriptor socket);
  void refuse_the_late() noexcept;

  /// The oldest of those that are not yet so.
  [[nodiscard]] Connection* oldest(bool (Connection::*so)() const noexcept) const {
    const auto it =
        std::ranges::find_if(connections_, [&](const auto& c) { return !(c.get()->*so)(); });
    return it == connections_.end() ? nullptr : it->get();
  }
  void refuse(Connection* c) noexcept {
    refused_.fetch_add(1, std::memory_order_relaxed);
    hang_up(c);
  }
  void hang_up(Connection* c) noexcept;

  const endpoint where_;
  const listening_limits limits_;
  connection_place place_;
  descriptor listener_;
  descriptor spare_; ///< given up for a moment to refuse somebody when there is no other left
  doorbell stop_;
  std::atomic<bool> stopped_{false};

  std::vector<std::unique_ptr<Connection>> connections_; ///< in order of arrival
  std::size_t greeting_ = 0;                             ///< of those, not greeted yet
  Connection* current_ = nullptr;                        ///< may have frames
  std::array<epoll_event, 64> events_;
  std::size_t next_event_ = 0, event_count_ = 0;
  bool busy_ = false;     ///< the last wait brought a frame
  stamp look_again_{};    ///< at the door, whoever is busy inside
  bool knocking_ = false; ///< somebody waits at the listener, behind those that are there

  std::atomic<std::uint64_t> accepted_{0}, refused_{0}, truncated_{0};
};

template <class Connection>
result<std::optional<incoming_frame>> listening_end<Connection>::receive(const clock& clock,
                                                                         duration patience) {
  std::optional<stamp> until;
  for (;;) {
    if (stopped_.load(std::memory_order_acquire))
      return error{errc::closed, "the receiving end was stopped"};
    if (current_) {
      auto whole = current_->advance(clock);
      if (whole && *whole) {
        busy_ = true;
        return std::optional{current_->release()};
      }
      auto* const was = std::exchange(current_, nullptr);
      if (!whole) {
        hang_up(was);
        if (whole.error().code != errc::closed)
          return error{errc::corrupt, std::move(whole).error().message};
      } else if (place_.tally.unfinished > limits_.unfinished) {
        refuse(std::ranges::max_element(connections_, {}, [](const auto& c) {
                 return c->unfinished();
               })->get());
      }
    } else if (next_event_ < event_count_) {
      take_event(clock);
    } else {
      if (std::exchange(knocking_, false))
        accept_some();
      refuse_the_late();
      const auto now = clock::machine_now();
      if (!until)
        until = now + patience;
      if (!wait_alone(clock, now, *until) && !wait(*until))
        return std::optional<incoming_frame>{};
    }
  }
}

template <class Connection>
void listening_end<Connection>::take_event(const clock& clock) {
  const auto e = events_[next_event_++];
  auto* const c = static_cast<Connection*>(e.data.ptr);
  if (!c)
    return; // the listener's turn comes last; and whoever has gone
  const bool greeted = c->greeted();
  const auto read = c->read(clock, e.events);
  if (!read && (!greeted || read.error().code == errc::refused))
    return refuse(c);
  if (!read)
    return hang_up(c);
  greeting_ -= !greeted && c->greeted() ? 1 : 0;
  current_ = greeted ? c : nullptr;
}

/// A single lane in full flow is waited for at its socket itself, which saves it a system call a
/// frame; the door is looked at in between. False: not now.
template <class Connection>
bool listening_end<Connection>::wait_alone(const clock& clock, stamp now, stamp until) {
  if constexpr (requires(Connection & c) { c.await(clock); }) {
    if (busy_ && connections_.size() == 1 && greeting_ == 0 && now < look_again_ &&
        now + Connection::longest_wait <= until) {
      auto* const c = connections_.front().get();
      const auto came = c->await(clock);
      busy_ = came && *came; // a lane that rests is waited for with the door
      if (!came)
        hang_up(c);
      else if (*came)
        current_ = c;
      return true;
    }
    look_again_ = now + std::chrono::milliseconds{20};
  }
  return false;
}

/// Waits for events. False: none came in time.
template <class Connection>
bool listening_end<Connection>::wait(stamp until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::machine_now());
  constexpr std::int64_t longest = 3'600'000;
  const auto ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
  const auto n = ::epoll_wait(place_.epoll.get(), events_.data(), events_.size(), ms);
  next_event_ = 0;
  event_count_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  knocking_ = std::any_of(events_.begin(), events_.begin() + event_count_,
                          [](const epoll_event& e) { return e.data.ptr == nullptr; });
  return n != 0;
}

template <class Connection>
void listening_end<Connection>::accept_some() {
  const auto take = [&] {
    return descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  };
  for (int i = 0; i < accepted_at_once; ++i) {
    if (auto socket = take()) {
      add(std::move(socket));
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      spare_.reset(); // left alone, it would wake us again and again
      refused_.fetch_add(take() ? 1 : 0, std::memory_order_relaxed);
      spare_ = any_descriptor();
    }
    return;
  }
}

template <class Connection>
void listening_end<Connection>::add(descriptor socket) {
  if (greeting_ >= limits_.greeting)
    refuse(oldest(&Connection::greeted));
  else if (connections_.size() >= limits_.connections)
    if (auto* const c = oldest(&Connection::proven))
      refuse(c);
  if (connections_.size() >= limits_.connections) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  connections_.push_back(
      std::make_unique<Connection>(std::move(socket), place_, clock::machine_now()));
  ++greeting_;
  accepted_.fetch_add(1, std::memory_order_relaxed);
}

template <class Connection>
void listening_end<Connection>::refuse_the_late() noexcept {
  if (greeting_ == 0)
    return;
  const auto now = clock::machine_now();
  while (auto* const c = oldest(&Connection::greeted)) {
    if (now - c->since() < limits_.patience)
      return;
    refuse(c);
  }
}

template <class Connection>
void listening_end<Connection>::hang_up(Connection* c) noexcept {
  greeting_ -= c->greeted() ? 0 : 1;
  truncated_.fetch_add(c->cut_short() ? 1 : 0, std::memory_order_relaxed);
  for (auto i = next_event_; i < event_count_; ++i)
    if (events_[i].data.ptr == c)
      events_[i].data.ptr = nullptr;
  if (current_ == c)
    current_ = nullptr;
  std::erase_if(connections_, [&](const auto& other) { return other.get() == c; });
}

} // namespace peernet
