// SPDX-License-Identifier: MIT
#include "runtime/trace/summary_clocks.hpp"

#include "runtime/core/units.hpp"
#include "runtime/trace/run_fact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace peernet {

namespace {

void write_clocks(const run_context& context, run_summary& out) {
  for (const auto& node : context.shape.nodes) {
    run_summary::clock_row row{.node = node.name};
    row.shared = node.clock == reference_clock;
    if (row.shared)
      row.offset_ns = 0;
    for (const auto& s : context.clocks.segments()) {
      if (row.shared || s.from != node.clock || s.to != reference_clock)
        continue;
      const auto best = row.offset_ns ? std::min(row.bound_ns, s.bound_ns) : s.bound_ns;
      if (!row.offset_ns || s.bound_ns < row.bound_ns)
        row.offset_ns = -s.offset_ns;
      row.bound_ns = best;
      // The ends of the run, or of the segment within it, by this clock.
      for (const auto t : {out.begin_ns, out.begin_ns + out.length.count()})
        row.worst_bound_ns = std::max(row.worst_bound_ns,
                                      s.bound(std::clamp(t - s.offset_ns, s.first_ns, s.last_ns)));
    }
    out.clocks.push_back(std::move(row));
  }
}

void write_pairs(store& s, run_summary& out) {
  auto q = s.database().prepare(
      "SELECT asker, answerer, network, method, shared, exchanges, bad_stamps, min_rtt_ns, "
      "median_rtt_ns, offset_ns, drift_ppb, bound_ns, worst_bound_ns, "
      "least_squares_difference_ns "
      "FROM clock_pairs");
  while (q.next())
    out.clock_pairs.push_back(
        {.asker = q.text(0),
         .answerer = q.text(1),
         .network = q.text(2),
         .method = q.text(3),
         .shared = q.integer(4) != 0,
         .exchanges = q.number<std::uint64_t>(5),
         .bad_stamps = q.number<std::uint64_t>(6),
         .shortest_ns = q.integer(7),
         .median_ns = q.integer(8),
         .offset_ns = q.integer(9),
         .drift_ppb = q.real(10),
         .bound_ns = q.integer(11),
         .worst_bound_ns = q.integer(12),
         .least_squares_ns = q.is_null(13) ? std::nullopt : std::optional(q.integer(13))});
  auto loops = s.database().prepare("SELECT a, b, c, residual_ns, bound_ns FROM clock_loops");
  while (loops.next())
    out.clock_loops.push_back({.a = loops.text(0),
                               .b = loops.text(1),
                               .c = loops.text(2),
                               .residual_ns = loops.integer(3),
                               .bound_ns = loops.integer(4)});
}

void find_contradictions(store& s, run_summary& out) {
  auto q =
      s.database().prepare("SELECT what, detail, COUNT(*) FROM clock_notice WHERE severity = 2 "
                           "AND what <> 'negative duration' GROUP BY what ORDER BY MIN(rowid)");
  while (q.next()) {
    auto text = q.text(0) + ": " + q.text(1);
    if (const auto more = q.integer(2) - 1; more > 0)
      text += fmt::format(" (and {} more)", more);
    out.problems.push_back(std::move(text));
  }
}

void check_max_bound(std::int64_t limit, run_summary& out) {
  for (const auto& row : out.steps)
    if (row.bound_ns > limit)
      out.problems.push_back(fmt::format(
          "the clock bound of {} {} reaches ± {}, max-bound is {}: probe more often ([clock] "
          "interval), over a network with shorter round trips, or allow more",
          row.place, row.step, show_duration(duration{row.bound_ns}),
          show_duration(duration{limit})));
}

} // namespace

result<void> summarise_events(store& s, run_summary& out) {
  out.events.clear();
  // With MIN in the list, SQLite takes the other columns from the row where it was found.
  auto q = s.database().prepare(
      "SELECT severity, node, what, detail, COUNT(*), MIN(time_ns) FROM "
      "(SELECT *, COUNT(*) OVER (PARTITION BY severity, node, what) AS of_a_kind, "
      "ROW_NUMBER() OVER () AS number FROM events) GROUP BY severity, node, what, "
      "CASE WHEN of_a_kind <= " +
      std::to_string(run_summary::event_row::told_singly) +
      " THEN number END ORDER BY MIN(time_ns)");
  while (q.next())
    out.events.push_back({.severity = q.text(0),
                          .node = q.text(1),
                          .what = q.text(2),
                          .detail = q.text(3),
                          .count = q.number<std::uint64_t>(4),
                          .first_ns = q.is_null(5) ? std::nullopt : std::optional(q.integer(5))});
  return s.database().check();
}

result<clock_basis> clock_basis_of(store& s) {
  const auto method = s.read_run(run_key::clock_method);
  if (!method)
    return method.error();
  return *method == "system" ? clock_basis::system
         : *method == "both" ? clock_basis::both
                             : clock_basis::probe;
}

result<void> summarise_clocks(store& s, const run_context& context, run_summary& out) {
  write_clocks(context, out);
  write_pairs(s, out);
  if (auto done = summarise_events(s, out); !done)
    return done;
  find_contradictions(s, out);
  const auto limit = s.read_run(run_key::clock_max_bound);
  if (!limit)
    return limit.error();
  std::int64_t ns = 0;
  if (std::from_chars(limit->data(), limit->data() + limit->size(), ns).ec == std::errc{})
    check_max_bound(ns, out);
  return s.database().check();
}

} // namespace peernet
