// SPDX-License-Identifier: MIT
#include "runtime/trace/export.hpp"
#include "runtime/trace/summary.hpp"
#include "runtime/trace/text_file.hpp"

#include <nlohmann/json.hpp>

namespace peernet {

namespace {

using json = nlohmann::ordered_json;

constexpr int schema_version = 1;

template <class T>
json optional(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

template <class Value>
json figures(const basic_distribution<Value>& d) {
  if (d.count == 0)
    return {{"count", 0}};
  return {{"count", d.count},
          {"mean", d.mean},
          {"min", d.min},
          {"p50", optional(d.p50)},
          {"p90", optional(d.p90)},
          {"p95", optional(d.p95)},
          {"p99", optional(d.p99)},
          {"p99.9", optional(d.p999)},
          {"max", d.max}};
}

std::string_view name_of(figure_unit unit) {
  switch (unit) {
  case figure_unit::time_span:
    return "ns";
  case figure_unit::share:
    return "share";
  case figure_unit::rate:
    return "Hz";
  case figure_unit::bitrate:
    return "bit/s";
  case figure_unit::size:
    return "B";
  case figure_unit::decibel:
    return "dB";
  case figure_unit::number:
    break;
  }
  return "";
}

/// Figures are in the base unit that is named beside them.
json expectations(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.expectations)
    rows.push_back({{"metric", r.metric},
                    {"condition", r.condition},
                    {"verdict", to_string(r.verdict)},
                    {"measured", optional(r.measured)},
                    {"bound", r.bound},
                    {"unit", name_of(r.unit)},
                    {"note", r.note}});
  return rows;
}

json steps(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.steps)
    rows.push_back({{"place", r.place},
                    {"step", r.step},
                    {"duration_ns", figures(r.durations)},
                    {"bound_ns", r.bound_ns},
                    {"share", optional(r.share)}});
  return rows;
}

json paths(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.paths)
    rows.push_back({{"path", r.path},
                    {"end_to_end_ns", figures(r.end_to_end)},
                    {"bound_ns", r.bound_ns},
                    {"unexplained", r.unexplained}});
  return rows;
}

json links(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.links) {
    auto counts = json::object();
    for (const auto& c : r.counts)
      counts[c.name] = c.count;
    rows.push_back({{"name", r.name},
                    {"from", r.from},
                    {"to", r.to},
                    {"transport", r.transport},
                    {"sent", optional(r.sent)},
                    {"delivered", optional(r.delivered)},
                    {"lost", optional(r.lost)},
                    {"duplicated", optional(r.duplicated)},
                    {"reordered", optional(r.reordered)},
                    {"dropped", optional(r.dropped)},
                    {"corrupt", optional(r.corrupt)},
                    {"bytes_sent", optional(r.bytes_sent)},
                    {"bytes_received", optional(r.bytes_received)},
                    {"throughput_bit_per_s", optional(r.throughput)},
                    {"counts", std::move(counts)}});
  }
  return rows;
}

json sinks(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.sinks) {
    json row = {{"sink", r.sink}};
    for (int o = 0; o < outcome_count; ++o)
      row[std::string(to_string(static_cast<outcome>(o)))] = r.counts[static_cast<std::size_t>(o)];
    row["warmup"] = r.warmup;
    row["late"] = r.late;
    row["duplicate"] = r.duplicate;
    rows.push_back(std::move(row));
  }
  return rows;
}

json sensors(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.sensors)
    rows.push_back({{"sensor", r.sensor},
                    {"slots", r.slots},
                    {"skipped", r.skipped},
                    {"failed", r.failed},
                    {"rate_hz", optional(r.rate)}});
  return rows;
}

json values(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.values)
    rows.push_back({{"place", r.place},
                    {"name", r.name},
                    {"unit", name_of(r.unit)},
                    {"value", figures(r.figures)}});
  return rows;
}

json clocks(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.clocks)
    rows.push_back({{"node", r.node},
                    {"shared", r.shared},
                    {"offset_ns", optional(r.offset_ns)},
                    {"bound_ns", r.bound_ns},
                    {"worst_bound_ns", r.worst_bound_ns}});
  return rows;
}

json clock_pairs(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.clock_pairs)
    rows.push_back({{"asker", r.asker},
                    {"answerer", r.answerer},
                    {"network", r.network},
                    {"method", r.method},
                    {"shared", r.shared},
                    {"exchanges", r.exchanges},
                    {"bad_stamps", r.bad_stamps},
                    {"min_rtt_ns", r.shortest_ns},
                    {"median_rtt_ns", r.median_ns},
                    {"offset_ns", r.offset_ns},
                    {"drift_ppb", r.drift_ppb},
                    {"bound_ns", r.bound_ns},
                    {"worst_bound_ns", r.worst_bound_ns},
                    {"least_squares_difference_ns", optional(r.least_squares_ns)}});
  return rows;
}

json clock_loops(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.clock_loops)
    rows.push_back(
        {{"nodes", {r.a, r.b, r.c}}, {"residual_ns", r.residual_ns}, {"bound_ns", r.bound_ns}});
  return rows;
}

json events(const run_summary& s) {
  auto rows = json::array();
  for (const auto& r : s.events)
    rows.push_back({{"severity", r.severity},
                    {"node", r.node},
                    {"what", r.what},
                    {"detail", r.detail},
                    {"count", r.count},
                    {"first_ns", optional(r.first_ns)}});
  return rows;
}

} // namespace

result<void> export_json(const run_summary& s, const std::filesystem::path& file) {
  const json all = {{"schema", schema_version},
                    {"scenario", s.name},
                    {"verdict", to_string(s.verdict)},
                    {"expectations", expectations(s)},
                    {"problems", s.problems},
                    {"lost_nodes", s.lost_nodes},
                    {"begin_ns", s.begin_ns},
                    {"length_ns", s.length.count()},
                    {"intended", s.intended},
                    {"warmup", s.warmup},
                    {"steps", steps(s)},
                    {"paths", paths(s)},
                    {"links", links(s)},
                    {"outcomes", sinks(s)},
                    {"sensors", sensors(s)},
                    {"values", values(s)},
                    {"clocks", clocks(s)},
                    {"clock_pairs", clock_pairs(s)},
                    {"clock_loops", clock_loops(s)},
                    {"events", events(s)},
                    {"overhead",
                     {{"records", s.own.records},
                      {"stored", s.own.stored},
                      {"lost", s.own.lost},
                      {"database_bytes", s.own.database},
                      {"clock_probe_bytes", s.own.probe_bytes},
                      {"clock_probe_bytes_per_s", s.own.probe_rate},
                      {"clock_probe_cpu_ns", s.own.probe_cpu.count()},
                      {"clock_probes_foreign", s.own.mishaps.foreign},
                      {"clock_probes_unexpected", s.own.mishaps.unexpected},
                      {"clock_probes_late", s.own.mishaps.late},
                      {"clock_probes_overflowed", s.own.mishaps.overflowed},
                      {"clock_probes_own_stamps", s.own.mishaps.own_stamps}}}};
  text_file out(file);
  // Names come from users and node hosts: what is not UTF-8 is replaced, not thrown about.
  out.write(all.dump(2, ' ', false, json::error_handler_t::replace));
  out.write("\n");
  return out.close();
}

} // namespace peernet
