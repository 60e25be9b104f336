// SPDX-License-Identifier: MIT
// Whose clock stepped: one step shows in the course beside every clock that the stepping one was
// compared with, and in no other.
#pragma once

#include "runtime/clocks/clock_course.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace peernet {

/// Two clocks and their course beside each other.
struct compared_clocks {
  clock_id from = reference_clock;
  clock_id to = reference_clock;
  const clock_course* course = nullptr; ///< of `to` beside `from`
};

/// A step, once, however many courses show it.
struct clock_step_found {
  clock_id clock = reference_clock; ///< that went ahead by `ahead_ns` …
  std::vector<clock_id> against;    ///< … of these
  bool proven = false; ///< it was `clock` that stepped; else it may have been the one other
  std::int64_t ahead_ns = 0;
  clock_id timed_by = reference_clock;
  std::int64_t begin_ns = 0; ///< it happened between here …
  std::int64_t end_ns = 0;   ///< … and here, raw stamps of `timed_by`
};

/// Every step in these courses. A clock is the culprit where all its courses that could show the
/// step do, and the same cannot be said of the clock at the other end, or it explains less: that
/// two clocks step by the same at the same time is not believed.
[[nodiscard]] std::vector<clock_step_found> find_steps(std::span<const compared_clocks> all);

} // namespace peernet
