// SPDX-License-Identifier: MIT
// Lays lines through a stretch without contradictions, window by window, and says how far the truth
// can be away from them.
#pragma once

#include "runtime/clocks/clock_course.hpp"
#include "runtime/clocks/stretches.hpp"

#include <optional>
#include <vector>

namespace peernet {

struct fitted_stretch {
  std::vector<clock_segment> segments; ///< from s.first_ns to s.last_ns without gap
  clock_segment head; ///< how it was before the first exchange, had nothing happened; at all times
  clock_segment tail; ///< how it went on behind the last one; at all times
  std::vector<course_event> events; ///< wander, disagreements
  std::optional<cross_check> checked;
};

[[nodiscard]] fitted_stretch fit_stretch(const stretch& s, clock_id from, clock_id to,
                                         const course_settings& settings);

} // namespace peernet
