// SPDX-License-Identifier: MIT
// Judges what a scenario expects of a run's figures, by the run's summary.
#pragma once

#include "runtime/core/condition.hpp"
#include "runtime/trace/summary.hpp"

namespace peernet {

/// What became of an expectation:
/// - not applicable if the arrangement has no such figure;
/// - undecidable if the figure was not measured, if it is a percentile of fewer values than
///   `values_needed`, or if the limit lies closer to it than the clock bound; `note` says which,
///   with the numbers;
/// - else passed or failed.
[[nodiscard]] run_summary::expectation_row judge(const expected_figure& expected,
                                                 const run_summary& s);

} // namespace peernet
