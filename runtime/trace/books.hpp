// SPDX-License-Identifier: MIT
// Nothing lost: what the actors counted by themselves must agree with what was recorded and how it
// was settled. Σ outcomes = intended samples × reachable sinks, checked at the end of every run.
#pragma once

#include "runtime/trace/settle.hpp"

#include <string>
#include <vector>

namespace peernet {

/// Compares, and returns a sentence per discrepancy; none: the books are right.
/// - every sensor: slots it counted = samples in the store;
/// - every sink: Σ outcomes = Σ slots of the sensors that reach it; arrivals it counted = delivered
///   + late + duplicate;
/// - every queue that reported: samples it counted as dropped = `dropped` events there;
/// - every lane that is no local hand-off: frames sent = `sent` records; distinct frames received =
///   `link` spans;
/// - every node: records emitted = records in the store, none met a full buffer.
/// Parts that lived on a lost node are left out, as what they counted is gone. A run that was cut
/// off has no counts at all: that is the one discrepancy then.
/// errc::io if the store cannot be read.
[[nodiscard]] result<std::vector<std::string>> check_books(store& s, const run_context& context,
                                                           const settlement& settled);

} // namespace peernet
