// SPDX-License-Identifier: MIT
// The clocks in a run's summary: how far each node's was off, by which pairs that is known, whether
// loops of three agree, and what probing cost.
#pragma once

#include "runtime/trace/summary.hpp"
#include "runtime/trace/terminal_page.hpp"

namespace peernet {

/// A line for each clock, the table of the pairs that were compared, and the loops.
void print_clocks(terminal_page& page, const run_summary& s);

/// What clock probes cost, and what disturbed them; nothing if there were none.
void print_probe_cost(terminal_page& page, const run_summary& s);

} // namespace peernet
