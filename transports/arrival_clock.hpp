// SPDX-License-Identifier: MIT
// When a datagram really arrived. The kernel stamps it in the moment it comes in, whatever the
// thread is doing, but with the wall clock (CLOCK_REALTIME), which may be set at any time. Here it
// becomes a stamp of CLOCK_MONOTONIC that is never earlier than the truth: for the second and
// fourth stamp of an exchange, late only widens what the exchange says, early would make it false.
#pragma once

#include "runtime/core/time.hpp"

#include <cstdint>
#include <optional>

namespace peernet {

/// The wall clock, read between two readings of the machine's monotonic clock.
struct wall_reading {
  stamp before{};
  std::int64_t wall_ns = 0; ///< since 1970-01-01 UTC
  stamp after{};

  [[nodiscard]] duration width() const noexcept { return after - before; }
};

/// The narrowest of up to three readings; a second is only made if the first is wider than 1 µs,
/// because the thread was interrupted in between. About 75 ns.
[[nodiscard]] wall_reading read_wall() noexcept;

/// Converts the kernel's receive stamps. Linux derives both clocks from one counter with one rate:
/// their difference is constant until somebody sets the wall clock (or the machine sleeps).
/// Thread: one.
class arrival_clock {
public:
  /// `first`: a reading made before any datagram could arrive.
  explicit arrival_clock(const wall_reading& first) noexcept
      : last_(first), constant_since_(first.before) {}

  struct arrival {
    stamp at{};             ///< of the machine's monotonic clock
    bool by_kernel = false; ///< else by ourselves: right, but late by what the thread took to wake
  };

  /// When the datagram arrived that the kernel stamped `wall_ns` (nothing: it did not), and that
  /// was taken from its socket before `now` was read. Readings come in the order of time.
  [[nodiscard]] arrival arrival_of(std::optional<std::int64_t> wall_ns,
                                   const wall_reading& now) noexcept;

private:
  wall_reading last_;
  stamp constant_since_; ///< the wall clock has not been set since
};

} // namespace peernet
