// SPDX-License-Identifier: MIT
// The part of the summary that tells of clocks and events, and whether the clocks are good enough.
#pragma once

#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/summary.hpp"

namespace peernet {

/// What the run's clocks are compared by: [clock] method.
[[nodiscard]] result<clock_basis> clock_basis_of(store& s);

/// Fills in clocks, pairs, loops and events. Adds a problem for each kind of thing about clocks
/// that cannot be true, and for each step whose clock bound is wider than the scenario's max-bound.
/// After the steps.
[[nodiscard]] result<void> summarise_clocks(store& s, const run_context& context, run_summary& out);

/// Fills in the events, as the store has them now.
[[nodiscard]] result<void> summarise_events(store& s, run_summary& out);

} // namespace peernet
