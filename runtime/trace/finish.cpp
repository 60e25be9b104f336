// SPDX-License-Identifier: MIT
#include "runtime/trace/finish.hpp"

#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/trace/export.hpp"
#include "runtime/trace/schema.hpp"
#include "runtime/trace/settle.hpp"

namespace peernet {

result<run_summary> finish_run(store& s) {
  const auto probes = s.read_probes();
  if (!probes)
    return probes.error();
  if (auto done = s.write_segments(estimate_clocks(*probes)); !done)
    return done.error();
  s.database().execute(schema::indices);
  const auto context = run_context::load(s);
  if (!context)
    return context.error();
  if (auto done = settle_run(s, **context); !done)
    return done.error();
  // One file, readable wherever it is copied to. Someone who is reading the run just now forbids
  // that, and does no harm: it stays a file with a log.
  s.database().execute("PRAGMA journal_mode = DELETE");
  static_cast<void>(s.database().check());
  return summarise(s);
}

result<void> export_run(store& s, const run_summary& summary, const std::filesystem::path& folder) {
  if (auto done = export_csv(s, folder / "traces.csv"); !done)
    return done;
  if (auto done = export_json(summary, folder / "summary.json"); !done)
    return done;
  return export_chrome(s, folder / "trace.json");
}

} // namespace peernet
