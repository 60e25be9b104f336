// SPDX-License-Identifier: MIT
#include "runtime/trace/expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace peernet {

namespace {

/// A figure, or why there is none.
struct measurement {
  std::optional<double> value;
  double bound = 0;
  std::string missing;
};

measurement nothing(std::string why = "nothing was measured") {
  return {.missing = std::move(why)};
}

template <class Rows, class Match>
auto find_row(const Rows& rows, Match match) {
  const auto it = std::find_if(rows.begin(), rows.end(), match);
  return it == rows.end() ? nullptr : &*it;
}

template <class Value>
std::optional<Value> percentile_of(const basic_distribution<Value>& d, statistic s) {
  switch (s) {
  case statistic::p50:
    return d.p50;
  case statistic::p90:
    return d.p90;
  case statistic::p95:
    return d.p95;
  case statistic::p99:
    return d.p99;
  case statistic::p999:
    return d.p999;
  default:
    return std::nullopt;
  }
}

template <class Value>
measurement statistic_of(const basic_distribution<Value>& d, statistic s, double bound) {
  if (d.count == 0)
    return nothing();
  if (const auto share = percentile_share(s)) {
    const auto value = percentile_of(d, s);
    if (!value)
      return nothing(
          fmt::format("{} values; {} needs {}", d.count, to_string(s), values_needed(*share)));
    return {.value = static_cast<double>(*value), .bound = bound};
  }
  return {.value = s == statistic::mean  ? d.mean
                   : s == statistic::min ? static_cast<double>(d.min)
                                         : static_cast<double>(d.max),
          .bound = bound};
}

measurement share(std::uint64_t part, std::uint64_t whole, std::string_view of) {
  if (whole == 0)
    return nothing(fmt::format("there were no {}", of));
  return {.value = static_cast<double>(part) / static_cast<double>(whole)};
}

measurement of_link(const run_summary::link_row& r, const std::string& name) {
  if (name == "throughput")
    return r.throughput ? measurement{.value = r.throughput} : nothing();
  const auto part = name == "loss"         ? r.lost
                    : name == "dropped"    ? r.dropped
                    : name == "duplicated" ? r.duplicated
                    : name == "reordered"  ? r.reordered
                    : name == "corrupt"    ? r.corrupt
                                           : std::nullopt;
  if (!part || !r.sent)
    return nothing("an end of the link did not report");
  if (name == "dropped")
    return share(*part, *r.sent + *part, "samples to send");
  return share(*part, *r.sent, "frames sent");
}

measurement of_sink(const run_summary::outcome_row& r, const std::string& name) {
  std::uint64_t part = 0, whole = 0;
  for (std::size_t o = 0; o < r.counts.size(); ++o) {
    whole += r.counts[o];
    part += to_string(static_cast<outcome>(o)) == name ? r.counts[o] : 0;
  }
  return share(part, whole, "samples outside the warm-up");
}

measurement of_sensor(const run_summary::sensor_row& r, const std::string& name) {
  if (name == "rate")
    return r.rate ? measurement{.value = r.rate} : nothing("there were less than two samples");
  return share(name == "skipped" ? r.skipped : r.failed, r.slots, "samples outside the warm-up");
}

measurement measure(const expected_figure& e, statistic of, const run_summary& s) {
  const auto bounded = [&](const distribution& d, std::int64_t bound) {
    return statistic_of(d, of, static_cast<double>(bound));
  };
  switch (e.kind) {
  case figure_kind::path:
    if (const auto* r = find_row(s.paths, [&](auto& x) { return x.path == e.target; }))
      return bounded(r->end_to_end, r->bound_ns);
    break;
  case figure_kind::step:
    if (const auto* r =
            find_row(s.steps, [&](auto& x) { return x.place == e.target && x.step == e.name; }))
      return bounded(r->durations, r->bound_ns);
    break;
  case figure_kind::value:
    if (const auto* r =
            find_row(s.values, [&](auto& x) { return x.place == e.target && x.name == e.name; }))
      return statistic_of(r->figures, of, 0);
    break;
  case figure_kind::link:
    if (const auto* r = find_row(s.links, [&](auto& x) { return x.name == e.target; }))
      return of_link(*r, e.name);
    break;
  case figure_kind::sink:
    if (const auto* r = find_row(s.sinks, [&](auto& x) { return x.sink == e.target; }))
      return of_sink(*r, e.name);
    break;
  case figure_kind::sensor:
    if (const auto* r = find_row(s.sensors, [&](auto& x) { return x.sensor == e.target; }))
      return of_sensor(*r, e.name);
    break;
  }
  return nothing();
}

} // namespace

std::string_view to_string(expectation_verdict v) noexcept {
  static constexpr std::array<std::string_view, 4> names{"passed", "failed", "undecidable",
                                                         "not-applicable"};
  return names[static_cast<std::size_t>(v)];
}

run_summary::expectation_row judge(const expected_figure& e, const run_summary& s) {
  run_summary::expectation_row row{.metric = e.metric, .condition = e.condition, .unit = e.unit};
  if (!e.inapplicable.empty()) {
    row.verdict = expectation_verdict::not_applicable;
    row.note = e.inapplicable;
    return row;
  }
  const auto wanted = parse_condition(e.condition, e.unit);
  if (!wanted) { // a store that no PeerNet of this version wrote
    row.note = wanted.error().message;
    return row;
  }
  auto m = measure(e, wanted->of, s);
  row.measured = m.value;
  row.bound = m.bound;
  row.note = std::move(m.missing);
  if (!m.value)
    return row;
  const auto distance = std::fabs(*m.value - wanted->limit);
  if (distance < m.bound)
    row.note = fmt::format("{} from the limit", show_figure(e.unit, distance));
  else
    row.verdict =
        wanted->holds(*m.value) ? expectation_verdict::passed : expectation_verdict::failed;
  return row;
}

} // namespace peernet
