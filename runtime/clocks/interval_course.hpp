// SPDX-License-Identifier: MIT
// The course of one clock beside another as what is certain and nothing else: at every time an
// interval of the offset. Courses by way of a third clock and intersections of several courses are
// computed here, exactly.
#pragma once

#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/offset_strip.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace peernet {

/// Over [first_ns, last_ns] of the clock `from` the offset lies between two straight lines, and
/// changes neither slower nor faster than stated, or at any rate where a clock may have stepped.
struct interval_piece {
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  double low = 0;  ///< at first_ns, ns
  double high = 0; ///< at first_ns, ns
  double low_slope = 0;
  double high_slope = 0;
  double slowest = -offset_strip::steepest;
  double fastest = offset_strip::steepest;

  /// A step cannot be excluded.
  [[nodiscard]] bool unsteady() const noexcept { return std::isinf(slowest); }
  void forget_rate() noexcept {
    slowest = -std::numeric_limits<double>::infinity();
    fastest = -slowest;
  }

  [[nodiscard]] double low_at(std::int64_t t) const noexcept {
    return low + low_slope * static_cast<double>(t - first_ns);
  }
  [[nodiscard]] double high_at(std::int64_t t) const noexcept {
    return high + high_slope * static_cast<double>(t - first_ns);
  }
};

/// By time, without gaps.
using interval_course = std::vector<interval_piece>;

/// The segments of one pair, by time, as intervals; from `first_ns` to `last_ns`.
[[nodiscard]] interval_course intervals_of(std::span<const clock_segment> segments,
                                           std::int64_t first_ns, std::int64_t last_ns);

/// What of it lies in [first_ns, last_ns].
[[nodiscard]] interval_course part_of(const interval_course& course, std::int64_t first_ns,
                                      std::int64_t last_ns);

/// From the clock of `first` by way of its target, the clock of `second`, to the target of that:
/// where both are known.
[[nodiscard]] interval_course compose(const interval_course& first, const interval_course& second);

/// Two courses that cannot both be right.
struct course_conflict {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t apart_ns = 0; ///< how far the intervals are from each other at most
};

/// What both say, where both are known, else what one says. Where they exclude each other, an
/// interval as wide as both; such times are appended to `conflicts`.
[[nodiscard]] interval_course intersect(const interval_course& a, const interval_course& b,
                                        std::vector<course_conflict>& conflicts);

/// The same intervals as segments. What is known of rates is stated for a second more on either
/// side, as far as it is known there, too: durations do not end where pieces do.
[[nodiscard]] std::vector<clock_segment> segments_of(const interval_course& course, clock_id from,
                                                     clock_id to);

} // namespace peernet
