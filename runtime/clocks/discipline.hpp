// SPDX-License-Identifier: MIT
// What a machine's kernel says of its own system clock: the raw material of the clock method
// "system", which trusts that somebody (NTP, PTP) keeps the clocks of all machines to UTC.
#pragma once

#include "runtime/core/ids.hpp"

#include <cstdint>

namespace peernet {

/// One look at a node's system clock. While `synchronised`, UTC lay within ± `max_error_ns` of
/// `wall_ns` when `clock` showed `time_ns`, as far as the machine's time daemon is to be trusted:
/// nobody else has proved it.
struct clock_discipline {
  clock_id clock = reference_clock; ///< of `time_ns`
  node_id node = coordinator_node;  ///< that looked
  std::int64_t time_ns = 0;         ///< raw
  std::int64_t wall_ns = 0;         ///< CLOCK_REALTIME at that moment, ns since 1970-01-01 UTC
  bool synchronised = false;        ///< the kernel says that a daemon disciplines the clock
  /// The kernel's own maximum, and half the time it took to read both clocks. Between a daemon's
  /// updates the kernel lets it grow by 500 ppm.
  std::int64_t max_error_ns = 0;
  std::int64_t estimated_error_ns = 0; ///< the daemon's estimate; no bound
  /// How much faster than its oscillator the kernel runs CLOCK_MONOTONIC and CLOCK_REALTIME, parts
  /// per 10^9. Short corrections (adjtime, the kernel's phase-locked loop) come on top unseen.
  std::int64_t rate_ppb = 0;

  bool operator==(const clock_discipline&) const = default;
};

} // namespace peernet
