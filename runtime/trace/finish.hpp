// SPDX-License-Identifier: MIT
// The end of a run: from raw facts to conclusions.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/trace/summary.hpp"

#include <filesystem>

namespace peernet {

class store;

/// Estimates the clocks from the probes, builds indices, settles every sample's outcome, checks the
/// books and sums up; all of it from what the store holds, so a run whose coordinator died can be
/// finished by another program, and finishing again gives the same. About 1 µs per record.
/// The store becomes one self-contained file without a write-ahead log.
[[nodiscard]] result<run_summary> finish_run(store& s);

/// Writes traces.csv, summary.json and trace.json into `folder`, which must exist.
[[nodiscard]] result<void> export_run(store& s, const run_summary& summary,
                                      const std::filesystem::path& folder);

} // namespace peernet
