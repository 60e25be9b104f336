// SPDX-License-Identifier: MIT
// Clocks compared by way of UTC, as the kernels of their machines claim to know it.
#pragma once

#include "runtime/clocks/discipline.hpp"
#include "runtime/clocks/interval_course.hpp"

#include <span>

namespace peernet {

/// The offset `to` − `from` over the time in which both machines' kernels called their clocks
/// disciplined; within it an interval that holds if these claims do. Empty: they never did at the
/// same time. `looks` may contain those of other clocks; in any order.
[[nodiscard]] interval_course system_course(std::span<const clock_discipline> looks, clock_id from,
                                            clock_id to);

} // namespace peernet
