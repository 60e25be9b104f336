// SPDX-License-Identifier: MIT
// The second opinion on a clock: ordinary least squares through the fastest exchanges' middles.
#pragma once

#include "runtime/clocks/clock_course.hpp"

#include <optional>
#include <span>

namespace peernet {

/// Lays a least-squares line through the NTP offsets of the fastest 5 % of `some` (but at least 8)
/// and compares it with `segment` in the middle of these exchanges' times, where it is known best.
/// Nothing if there are fewer than 40: the fastest would not be fast.
[[nodiscard]] std::optional<cross_check> check_fastest(std::span<const offset_bounds> some,
                                                       const clock_segment& segment);

} // namespace peernet
