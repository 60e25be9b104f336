// SPDX-License-Identifier: MIT
// Where clocks do not run straight no line is trusted: short pieces between neighbouring quick
// exchanges, each as wide as both say.
#pragma once

#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/offset_bounds.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace peernet {

/// Covers [begin_ns, end_ns) of the clock `from`. The quickest of every `cell_ns` of `exchanges`
/// (by begin, not empty) are the knots. Between two knots the offset, less `slope` × time, lies
/// where either's bounds are, and as far beyond as the rates that were seen around, over times as
/// long, carry it: up to a step that may be anywhere in between. Beyond the knots it goes on with
/// the steepest rate that was seen. Of the rate in between nothing is said.
[[nodiscard]] std::vector<clock_segment> cover_bent(std::span<const offset_bounds> exchanges,
                                                    clock_id from, clock_id to,
                                                    std::int64_t begin_ns, std::int64_t end_ns,
                                                    std::int64_t cell_ns, double slope);

} // namespace peernet
