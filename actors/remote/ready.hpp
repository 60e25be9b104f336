// SPDX-License-Identifier: MIT
// Waiting for one descriptor, with a deadline.
#pragma once

#include "runtime/core/clock.hpp"
#include "runtime/core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <poll.h>

namespace peernet {

/// Until `deadline` on the machine's clock, for poll: none of the past is left.
inline timespec time_left(stamp deadline) noexcept {
  const auto left = std::max<std::int64_t>(0, to_ns(deadline - clock::machine_now()));
  return {left / 1'000'000'000, left % 1'000'000'000};
}

/// Waits until `fd` is ready for `events` (or broken, or closed by the other side); false: the
/// deadline passed first.
inline bool wait_until_ready(int fd, short events, stamp deadline) noexcept {
  for (;;) {
    pollfd one{fd, events, 0};
    const auto left = time_left(deadline);
    const int ready = ::ppoll(&one, 1, &left, nullptr);
    if (ready > 0)
      return true;
    if (ready == 0 && clock::machine_now() >= deadline)
      return false;
  }
}

} // namespace peernet
