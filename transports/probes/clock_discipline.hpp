// SPDX-License-Identifier: MIT
// Asks the kernel how well its system clock is kept: adjtimex(2), which anybody may read.
#pragma once

#include "runtime/clocks/discipline.hpp"
#include "runtime/core/clock.hpp"

#include <functional>
#include <optional>

struct timex;

namespace peernet {

/// Fills in what adjtimex(2) fills in for modes = 0, and returns what it returns.
using kernel_clock = std::function<int(timex&)>;

/// This machine's.
[[nodiscard]] kernel_clock this_kernel();

/// One look, on the time line of `c`; `node` and `clock` stay for the caller to fill in. Nothing if
/// the kernel does not answer (a sandbox). About 1 µs.
[[nodiscard]] std::optional<clock_discipline> read_discipline(const clock& c,
                                                              const kernel_clock& kernel);

} // namespace peernet
