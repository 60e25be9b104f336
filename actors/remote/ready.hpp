// SPDX-License-Identifier: MIT
// Waiting for one descriptor, with a deadline and for as long as nobody interrupts.
#pragma once

#include "runtime/core/clock.hpp"
#include "runtime/core/time.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <poll.h>

namespace peernet {

/// Until `deadline` on the machine's clock, for poll: none of the past is left.
inline timespec time_left(stamp deadline) noexcept {
  const auto left = std::max<std::int64_t>(0, to_ns(deadline - clock::machine_now()));
  return {left / 1'000'000'000, left % 1'000'000'000};
}

/// Until when to wait, and what ends a wait before that. A stamp alone is a deadline.
struct wait_limit {
  stamp deadline;
  const std::atomic<int>* interrupts = nullptr; ///< above 0: the user wants to stop

  wait_limit(stamp until, const std::atomic<int>* wishes = nullptr) noexcept
      : deadline(until), interrupts(wishes) {}

  [[nodiscard]] bool interrupted() const noexcept { return interrupts && interrupts->load() > 0; }
};

/// Waits until `fd` is ready for `events` (or broken, or closed by the other side); false: the
/// deadline passed or an interrupt came first. An interrupt is noticed within 100 ms.
inline bool wait_until_ready(int fd, short events, const wait_limit& limit) noexcept {
  constexpr duration look_around = std::chrono::milliseconds{100};
  for (;;) {
    const auto now = clock::machine_now();
    pollfd one{fd, events, 0};
    const auto left =
        time_left(limit.interrupts ? std::min(limit.deadline, now + look_around) : limit.deadline);
    const int ready = ::ppoll(&one, 1, &left, nullptr);
    if (ready > 0)
      return true;
    if (ready == 0 && (limit.interrupted() || clock::machine_now() >= limit.deadline))
      return false;
  }
}

} // namespace peernet
