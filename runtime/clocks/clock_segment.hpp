// SPDX-License-Identifier: MIT
// A piece of a conversion between two clocks: the one form in which every estimator, present or
// future, hands over what it found, and in which the store keeps it.
#pragma once

#include "runtime/core/ids.hpp"

#include <cmath>
#include <cstdint>

namespace peernet {

/// Valid for raw stamps T of `from` in [first_ns, last_ns]: the clock `to` shows
/// T + offset + drift × (T − anchor), within ± (bound + growth × |T − anchor|).
/// The segments of one pair do not overlap. Together they cover all time, or as much of it around
/// the run as is worth a word.
/// Of the rate more is known than of the offset: over any time within [steady_first, steady_last],
/// the segment or more, `to` gains drift ± drift_bound on `from` per ns. Where a clock may have
/// stepped that is nothing: steady_first lies behind steady_last. A step too small to be noticed,
/// some µs on a quick path, is within the bound, but not within that of the rate: CLOCK_MONOTONIC
/// makes none.
struct clock_segment {
  clock_id from = reference_clock;
  clock_id to = reference_clock;
  std::int64_t first_ns = INT64_MIN;
  std::int64_t last_ns = INT64_MAX;
  std::int64_t anchor_ns = 0;
  std::int64_t offset_ns = 0;
  double drift = 0; ///< ns per ns
  std::int64_t bound_ns = 0;
  double bound_growth = 0; ///< ns per ns
  double drift_bound = 0;  ///< ns per ns
  std::int64_t steady_first_ns = INT64_MIN;
  std::int64_t steady_last_ns = INT64_MAX;

  [[nodiscard]] std::int64_t convert(std::int64_t t) const noexcept {
    return t + offset_ns + std::llround(drift * static_cast<double>(t - anchor_ns));
  }
  [[nodiscard]] std::int64_t bound(std::int64_t t) const noexcept {
    return bound_ns + std::llround(bound_growth * std::fabs(static_cast<double>(t - anchor_ns)));
  }
  [[nodiscard]] bool steady_at(std::int64_t t) const noexcept {
    return steady_first_ns <= t && t <= steady_last_ns;
  }
  /// The clock may have stepped here.
  [[nodiscard]] bool unsteady() const noexcept { return steady_first_ns > steady_last_ns; }
  /// Nothing is known of the rate.
  void forget_rate() noexcept {
    steady_first_ns = INT64_MAX;
    steady_last_ns = INT64_MIN;
  }
};

} // namespace peernet
