// SPDX-License-Identifier: MIT
#include "transports/tcp_receiver.hpp"

#include "transports/tcp_socket.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/socket.h>
#include <utility>

namespace peernet {

namespace {

/// New connections are taken in lots, so that those that are there are heard in between.
constexpr int accepted_at_once = 64;

descriptor any_descriptor() {
  return descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

} // namespace

tcp_receiver::tcp_receiver(const channel_settings& settings, descriptor listener, endpoint where,
                           tcp_limits limits)
    : key_(settings.key),
      where_(std::move(where)),
      limits_(limits),
      max_body_(settings.max_frame),
      listener_(std::move(listener)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      spare_(any_descriptor()) {
  watch(listener_.get(), nullptr);
  watch(stop_.fd(), nullptr);
}

tcp_receiver::~tcp_receiver() = default;

void tcp_receiver::stop() noexcept {
  stopped_ = true;
  stop_.ring(); // and it goes on ringing
}

result<std::optional<incoming_frame>> tcp_receiver::receive(const clock& clock, duration patience) {
  std::optional<stamp> until;
  for (;;) {
    if (stopped_.load(std::memory_order_acquire))
      return error{errc::closed, "the receiving end was stopped"};
    if (current_) {
      auto whole = current_->advance();
      if (whole && *whole)
        return std::optional{current_->release()};
      auto* const was = std::exchange(current_, nullptr);
      if (!whole) {
        hang_up(was);
        return error{errc::corrupt, std::move(whole).error().message};
      }
      if (tally_.unfinished > limits_.unfinished)
        refuse_the_greediest();
    }
    if (next_event_ < event_count_) {
      auto* const c = static_cast<tcp_connection*>(events_[next_event_++].data.ptr);
      if (!c)
        continue; // the listener's turn comes last; and whoever has gone
      const bool greeted = c->greeted();
      const auto read = c->read(clock);
      if (!read) {
        read.error().code == errc::refused || !greeted ? refuse(c) : hang_up(c);
        continue;
      }
      if (!greeted && c->greeted())
        --greeting_;
      current_ = greeted ? c : nullptr;
      continue;
    }
    if (std::exchange(knocking_, false))
      accept_some();
    refuse_the_late();
    if (!until)
      until = clock::machine_now() + patience;
    if (!wait(*until))
      return std::optional<incoming_frame>{};
  }
}

/// Waits for events. False: none came in time.
bool tcp_receiver::wait(stamp until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::machine_now());
  constexpr std::int64_t longest = 3'600'000;
  const auto ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
  const auto n = ::epoll_wait(epoll_.get(), events_.data(), events_.size(), ms);
  next_event_ = 0;
  event_count_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  knocking_ = std::any_of(events_.begin(), events_.begin() + event_count_,
                          [](const epoll_event& e) { return e.data.ptr == nullptr; });
  return n != 0;
}

void tcp_receiver::watch(int fd, tcp_connection* whose) const noexcept {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.ptr = whose;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e);
}

void tcp_receiver::accept_some() {
  for (int i = 0; i < accepted_at_once; ++i) {
    descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      add(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // Left alone, it would wake us again and again.
      spare_.reset();
      socket.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      refused_.fetch_add(socket ? 1 : 0, std::memory_order_relaxed);
      socket.reset();
      spare_ = any_descriptor();
      return;
    } else if (would_wait(errno)) {
      return;
    }
  }
}

void tcp_receiver::add(descriptor socket) {
  make_room();
  if (connections_.size() >= limits_.connections) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  connections_.push_back(std::make_unique<tcp_connection>(std::move(socket), key_, max_body_,
                                                          clock::machine_now(), tally_));
  ++greeting_;
  accepted_.fetch_add(1, std::memory_order_relaxed);
  watch(connections_.back()->socket(), connections_.back().get());
}

void tcp_receiver::make_room() {
  if (greeting_ >= limits_.greeting)
    refuse(oldest(&tcp_connection::greeted));
  else if (connections_.size() >= limits_.connections)
    if (auto* const c = oldest(&tcp_connection::proven))
      refuse(c);
}

tcp_connection* tcp_receiver::oldest(bool (tcp_connection::*unlike)() const noexcept) const {
  const auto it =
      std::ranges::find_if(connections_, [&](const auto& c) { return !(c.get()->*unlike)(); });
  return it == connections_.end() ? nullptr : it->get();
}

void tcp_receiver::refuse_the_late() noexcept {
  if (greeting_ == 0)
    return;
  const auto now = clock::machine_now();
  while (auto* const c = oldest(&tcp_connection::greeted)) {
    if (now - c->since() < limits_.patience)
      return;
    refuse(c);
  }
}

void tcp_receiver::refuse_the_greediest() noexcept {
  refuse(std::ranges::max_element(connections_, {}, [](const auto& c) {
           return c->unfinished();
         })->get());
}

void tcp_receiver::refuse(tcp_connection* c) noexcept {
  refused_.fetch_add(1, std::memory_order_relaxed);
  hang_up(c);
}

void tcp_receiver::hang_up(tcp_connection* c) noexcept {
  greeting_ -= c->greeted() ? 0 : 1;
  truncated_.fetch_add(c->cut_short() ? 1 : 0, std::memory_order_relaxed);
  for (auto i = next_event_; i < event_count_; ++i)
    if (events_[i].data.ptr == c)
      events_[i].data.ptr = nullptr;
  if (current_ == c)
    current_ = nullptr;
  std::erase_if(connections_, [&](const auto& other) { return other.get() == c; });
}

channel_report tcp_receiver::report() const {
  return {.bytes = tally_.bytes.load(std::memory_order_relaxed),
          .counts = {{"connections", accepted_.load()},
                     {"refused", refused_.load()},
                     {"truncated", truncated_.load()}}};
}

} // namespace peernet
