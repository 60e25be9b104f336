// SPDX-License-Identifier: MIT
#include "transports/connection_keeper.hpp"

#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <utility>

namespace peernet {

void connection_keeper::start() {
  thread_ = start_thread(owner_.thread, [this](const std::stop_token&) { run(); });
}

void connection_keeper::stop() noexcept {
  stopping_ = true;
  wake();
  if (thread_.joinable())
    thread_.join();
}

std::optional<std::string> connection_keeper::take_outage() {
  if (!untold_.load(std::memory_order_acquire) || !untold_.exchange(false))
    return std::nullopt;
  const std::lock_guard lock(mutex_);
  return outage_;
}

void connection_keeper::run() {
  auto wait = first_pause;
  bool stood = false, told = false;
  while (!stopping()) {
    auto made = owner_.make();
    std::string why;
    if (made) {
      if (std::exchange(stood, true))
        reconnects_.fetch_add(1, std::memory_order_relaxed);
      else
        untold_ = false; // attempts before the first connection are no outage
      wait = first_pause;
      told = false;
      why = owner_.hold();
    } else {
      why = std::move(made).error().message;
    }
    if (stopping())
      return;
    if (!std::exchange(told, true))
      note(std::move(why));
    pause(wait);
    if (!made)
      wait = std::min(2 * wait, longest_pause);
  }
}

void connection_keeper::note(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    outage_ = owner_.to + ": " + std::move(why);
  }
  untold_.store(true, std::memory_order_release);
}

result<void> connection_keeper::wait_for(int fd, short events, stamp until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::machine_now());
    if (left.count() <= 0)
      return error{errc::timeout, "no answer in time"};
    std::array<pollfd, 2> both{{{bell_.fd(), POLLIN, 0}, {fd, events, 0}}};
    ::poll(both.data(), both.size(), static_cast<int>(left.count()));
    if (stopping())
      return error{errc::closed, "the end was closed"};
    if (both[0].revents != 0)
      bell_.silence();
    if (both[1].revents != 0)
      return {};
  }
}

void connection_keeper::pause(duration length) const {
  const auto until = clock::machine_now() + length;
  for (auto left = length; left > duration{0} && !stopping(); left = until - clock::machine_now()) {
    const timespec ts{.tv_sec = 0, .tv_nsec = static_cast<long>(left.count())};
    pollfd bell{bell_.fd(), POLLIN, 0};
    ::ppoll(&bell, 1, &ts, nullptr);
    bell_.silence();
  }
}

} // namespace peernet
