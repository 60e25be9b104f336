// SPDX-License-Identifier: MIT
#include "runtime/trace/finish.hpp"

#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/trace/export.hpp"
#include "runtime/trace/run_fact.hpp"
#include "runtime/trace/schema.hpp"
#include "runtime/trace/settle.hpp"
#include "runtime/trace/summary_clocks.hpp"

#include <charconv>

namespace peernet {

namespace {

result<void> estimate_clocks_of(store& s) {
  const auto probes = s.read_probes();
  const auto looks = s.read_looks();
  const auto shape = s.read_layout();
  const auto basis = clock_basis_of(s);
  const auto interval = s.read_run(run_key::clock_interval);
  if (!probes || !looks || !shape || !basis || !interval)
    return !probes  ? probes.error()
           : !looks ? looks.error()
           : !shape ? shape.error()
           : !basis ? basis.error()
                    : interval.error();
  std::int64_t interval_ns = 0;
  std::from_chars(interval->data(), interval->data() + interval->size(), interval_ns);
  std::vector<std::string> names;
  for (const auto& n : shape->nodes)
    names.push_back(n.name);
  return s.write_clocks(estimate_clocks({.probes = *probes,
                                         .looks = *looks,
                                         .names = names,
                                         .basis = *basis,
                                         .interval_ns = interval_ns}));
}

} // namespace

result<run_summary> finish_run(store& s) {
  s.prepare_reading();
  if (auto done = estimate_clocks_of(s); !done)
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
  auto summary = summarise(s);
  if (summary && !summary->impossible.empty()) { // known only now that all spans were seen
    if (auto done = s.append_notices(summary->impossible); !done)
      return done.error();
    if (auto done = summarise_events(s, *summary); !done)
      return done.error();
  }
  return summary;
}

result<void> export_run(store& s, const run_summary& summary, const std::filesystem::path& folder) {
  if (auto done = export_csv(s, folder / "traces.csv"); !done)
    return done;
  if (auto done = export_json(summary, folder / "summary.json"); !done)
    return done;
  return export_chrome(s, folder / "trace.json");
}

} // namespace peernet
