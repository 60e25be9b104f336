// SPDX-License-Identifier: MIT
#include "runtime/trace/summary.hpp"

#include "runtime/core/link_value.hpp"
#include "runtime/trace/books.hpp"
#include "runtime/trace/duration_sums.hpp"
#include "runtime/trace/expectation.hpp"
#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/run_fact.hpp"
#include "runtime/trace/sensor_sums.hpp"
#include "runtime/trace/settle.hpp"
#include "runtime/trace/summary_clocks.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

namespace peernet {

namespace {

void write_links(store& s, run_summary& out) {
  auto q = s.database().prepare("SELECT * FROM links");
  const auto count = [&](int column) {
    return q.is_null(column) ? std::nullopt : std::optional(q.number<std::uint64_t>(column));
  };
  while (q.next()) {
    run_summary::link_row row{.name = q.text(0),
                              .from = q.text(1),
                              .to = q.text(2),
                              .transport = q.text(3),
                              .sent = count(4),
                              .delivered = count(5),
                              .lost = count(6),
                              .duplicated = count(7),
                              .reordered = count(8),
                              .dropped = count(9),
                              .corrupt = count(10),
                              .bytes_sent = count(11),
                              .bytes_received = count(12)};
    if (row.transport == "local") // a hand-off moves no bytes
      row.bytes_sent = row.bytes_received = std::nullopt;
    if (row.bytes_received && out.length.count() > 0)
      row.throughput = static_cast<double>(*row.bytes_received) * 8 / to_seconds(out.length);
    out.links.push_back(std::move(row));
  }
  auto own = s.database().prepare("SELECT name, what, SUM(count) FROM link_counts GROUP BY name, "
                                  "what ORDER BY name, what");
  while (own.next())
    for (auto& row : out.links)
      if (row.name == own.text(0))
        row.counts.push_back({own.text(1), own.number<std::uint64_t>(2)});
}

void write_sinks(const run_context& context, const settlement& settled, run_summary& out) {
  std::map<place_id, run_summary::outcome_row> rows;
  for (std::size_t i = 0; i < settled.sinks.size(); ++i) {
    const auto place = context.tree.sinks()[i].place;
    const auto& total = settled.sinks[i];
    auto& row = rows[place];
    row.sink = context.shape.places[place].name;
    for (std::size_t o = 0; o < total.counts.size(); ++o) {
      row.counts[o] += total.counts[o];
      row.warmup += total.warmup[o];
    }
    row.late += total.late;
    row.duplicate += total.duplicate;
  }
  for (auto& [place, row] : rows)
    out.sinks.push_back(std::move(row));
}

/// Models report plain numbers; what links report is known by its name.
figure_unit unit_of(const layout::place& reporter, std::string_view value) {
  if (reporter.kind != place_kind::link)
    return figure_unit::number;
  return value == link_value::encoded_bytes ? figure_unit::size
         : value == link_value::psnr        ? figure_unit::decibel
                                            : figure_unit::number;
}

result<void> write_values(store& s, const run_context& context, run_summary& out) {
  std::map<std::pair<place_id, std::string>, std::vector<double>> figures;
  auto q = s.database().prepare("SELECT origin, value FROM \"values\"");
  while (q.next()) {
    const auto& o = context.origins[q.number<std::size_t>(0)];
    if (!o.warmup && o.what < context.shape.values.size())
      figures[{context.shape.routes[o.route].place, context.shape.values[o.what]}].push_back(
          q.real(1));
  }
  for (auto& [key, all] : figures)
    out.values.push_back({.place = context.shape.places[key.first].name,
                          .name = key.second,
                          .unit = unit_of(context.shape.places[key.first], key.second),
                          .figures = distribution_of(all)});
  return s.database().check();
}

/// Where a count of this kind is summed up; null: nowhere.
std::uint64_t* sum_of(count_kind kind, run_summary::overhead& own) noexcept {
  switch (kind) {
  case count_kind::emitted:
    return &own.records;
  case count_kind::overflowed:
    return &own.lost;
  case count_kind::probe_foreign:
    return &own.mishaps.foreign;
  case count_kind::probe_unexpected:
    return &own.mishaps.unexpected;
  case count_kind::probe_late:
    return &own.mishaps.late;
  case count_kind::probe_overflowed:
    return &own.mishaps.overflowed;
  case count_kind::probe_own_stamps:
    return &own.mishaps.own_stamps;
  case count_kind::intended:
  case count_kind::arrivals:
  case count_kind::dropped:
    break;
  }
  return nullptr;
}

void write_overhead(store& s, const std::vector<reported_count>& counts, run_summary& out) {
  for (const auto& c : counts)
    if (auto* sum = sum_of(c.kind, out.own))
      *sum += c.count;
  for (const auto* table : {"span", "sample", "sent", "fate", "\"values\""})
    out.own.stored += static_cast<std::uint64_t>(
        s.database().query_integer(std::string("SELECT COUNT(*) FROM ") + table).value_or(0));
  const auto number = [&](std::string_view key) {
    const auto text = s.read_run(key);
    std::int64_t value = 0;
    if (text)
      std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  };
  out.own.probe_bytes = static_cast<std::uint64_t>(number(run_key::probe_bytes));
  out.own.probe_cpu = duration{number(run_key::probe_cpu)};
  auto q = s.database().prepare("SELECT COUNT(*), SUM(phase = 1) FROM probe");
  if (q.next() && q.integer(0) > 0 && out.length.count() > 0)
    out.own.probe_rate = static_cast<double>(out.own.probe_bytes) *
                         static_cast<double>(q.integer(1)) / static_cast<double>(q.integer(0)) /
                         to_seconds(out.length);
  std::error_code no_size;
  const auto size = std::filesystem::file_size(s.database().path(), no_size);
  out.own.database = no_size ? 0 : size;
}

/// Nodes whose loss was not to be tolerated.
bool lost_for_good(store& s) {
  return s.database().query_integer("SELECT COUNT(*) FROM node WHERE lost = 1").value_or(0) > 0;
}

run_verdict verdict_of(const run_summary& s, bool interrupted, bool node_lost) {
  const auto any = [&](expectation_verdict v) {
    return std::any_of(s.expectations.begin(), s.expectations.end(),
                       [&](const auto& e) { return e.verdict == v; });
  };
  if (node_lost)
    return run_verdict::node_lost;
  if (interrupted)
    return run_verdict::interrupted;
  if (!s.problems.empty())
    return run_verdict::invalid;
  return any(expectation_verdict::undecidable) ? run_verdict::undecidable
         : any(expectation_verdict::failed)    ? run_verdict::failed
                                               : run_verdict::valid;
}

} // namespace

std::string_view to_string(run_verdict v) noexcept {
  static constexpr std::array<std::string_view, 6> names{"valid",   "failed",      "undecidable",
                                                         "invalid", "interrupted", "node-lost"};
  return names[static_cast<std::size_t>(v)];
}

result<run_summary> summarise(store& s) {
  const auto loaded = run_context::load(s);
  if (!loaded)
    return loaded.error();
  const auto& context = **loaded;
  run_summary out;
  duration_sums durations(context);
  sensor_sums sensors(context);
  settlement settled(context);
  const settler rules(context);
  {
    trace_reader traces(s, context);
    joined_trace t;
    std::vector<ending> endings;
    while (traces.next(t)) {
      rules.settle(t, endings);
      settled.add(t, endings);
      durations.add(t, endings);
      sensors.add(t);
    }
  }
  const auto name = s.read_run(run_key::scenario);
  const auto ended = s.read_run(run_key::ended);
  const auto basis = clock_basis_of(s);
  const auto counts = s.read_counts();
  const auto expected = s.read_expectations();
  auto discrepancies = check_books(s, context, settled);
  if (!name || !ended || !basis || !counts || !expected || !discrepancies)
    return !name       ? name.error()
           : !ended    ? ended.error()
           : !basis    ? basis.error()
           : !counts   ? counts.error()
           : !expected ? expected.error()
                       : discrepancies.error();
  out.name = *name;
  for (const auto n : settled.intended)
    out.intended += n;
  out.warmup = settled.warmup;
  out.problems = std::move(*discrepancies);
  for (std::size_t n = 0; n < context.lost_nodes.size(); ++n)
    if (context.lost_nodes[n])
      out.lost_nodes.push_back(context.shape.nodes[n].name);
  durations.write(out, *basis);
  if (out.paths.empty())
    out.problems.push_back("no sample outside the warm-up reached a sink");
  write_links(s, out);
  write_sinks(context, settled, out);
  out.sensors = sensors.rows();
  if (auto done = write_values(s, context, out); !done)
    return done.error();
  if (auto done = summarise_clocks(s, context, out); !done)
    return done.error();
  write_overhead(s, *counts, out);
  for (const auto& e : *expected)
    out.expectations.push_back(judge(e, out));
  out.verdict = verdict_of(out, *ended == "interrupted", lost_for_good(s));
  if (auto done = s.database().check(); !done)
    return done.error();
  return out;
}

} // namespace peernet
