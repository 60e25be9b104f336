// SPDX-License-Identifier: MIT
#include "runtime/trace/joined_trace.hpp"

#include <algorithm>

namespace peernet {

run_context::run_context(layout l, std::vector<clock_segment> segments,
                         std::vector<record_origin> o, std::vector<link_end> ends,
                         std::vector<bool> lost)
    : shape(std::move(l)),
      tree(shape),
      clocks(std::move(segments)),
      origins(std::move(o)),
      link_ends(std::move(ends)),
      lost_nodes(std::move(lost)) {}

namespace {

/// Every number stands for something: a database may come from anywhere.
bool sound(const layout& shape, const std::vector<record_origin>& origins) {
  for (std::size_t i = 0; i < shape.routes.size(); ++i) {
    const auto& r = shape.routes[i];
    if ((r.parent != no_route && r.parent >= i) || r.place >= shape.places.size())
      return false;
  }
  for (const auto root : shape.sensors)
    if (root >= shape.routes.size())
      return false;
  return std::all_of(origins.begin(), origins.end(), [&](const record_origin& o) {
    return o.route < shape.routes.size() && o.begin_node < shape.nodes.size() &&
           o.end_node < shape.nodes.size() &&
           (o.kind != record_kind::fate || o.what < outcome_count);
  });
}

} // namespace

result<std::unique_ptr<run_context>> run_context::load(store& s) {
  auto shape = s.read_layout();
  if (!shape)
    return shape.error();
  auto segments = s.read_segments();
  if (!segments)
    return segments.error();
  auto origins = s.read_origins();
  if (!origins)
    return origins.error();
  auto ends = s.read_link_ends();
  if (!ends)
    return ends.error();
  auto lost = s.read_lost_nodes();
  if (!lost)
    return lost.error();

  const auto last_trace = s.database().query_integer(
      "SELECT MAX(trace) FROM (SELECT MAX(trace) AS trace FROM span UNION ALL "
      "SELECT MAX(trace) FROM sample UNION ALL SELECT MAX(trace) FROM sent UNION ALL "
      "SELECT MAX(trace) FROM fate)");
  if (auto done = s.database().check(); !done)
    return done.error();
  const auto sensors =
      last_trace ? trace_id(static_cast<std::uint64_t>(*last_trace)).sensor() + 1 : 0;
  if (!sound(*shape, *origins) || sensors > shape->sensors.size())
    return error{errc::unreadable,
                 s.database().path() + " holds records of places that its layout does not have"};
  return std::make_unique<run_context>(std::move(*shape), std::move(*segments), std::move(*origins),
                                       std::move(*ends), std::move(*lost));
}

std::string run_context::step_name(std::uint16_t what) const {
  const auto first = static_cast<std::uint16_t>(step::user);
  if (what >= first && what - first < static_cast<int>(shape.user_steps.size()))
    return shape.user_steps[what - first];
  return std::string(to_string(static_cast<step>(what)));
}

trace_reader::trace_reader(store& s, const run_context& context)
    : context_(context),
      samples_(s.database().prepare(
          "SELECT trace, origin, intended_ns, sensed_ns, bytes FROM sample ORDER BY trace")),
      spans_(s.database().prepare(
          "SELECT trace, origin, output, begin_ns, end_ns FROM span ORDER BY trace")),
      sent_(s.database().prepare(
          "SELECT trace, origin, output, at_ns, bytes FROM sent ORDER BY trace")),
      fates_(s.database().prepare("SELECT trace, origin, output, at_ns FROM fate ORDER BY trace")) {
}

bool trace_reader::next(joined_trace& out) {
  std::optional<std::uint64_t> first;
  for (const auto* c : {&samples_, &spans_, &sent_, &fates_})
    if (c->more && (!first || c->trace() < *first))
      first = c->trace();
  if (!first)
    return false;
  const auto trace = *first;
  out.id = trace_id(trace);
  out.warmup = false;
  out.sample.reset();
  out.spans.clear();
  out.sent.clear();
  out.fates.clear();
  const auto origin = [&](const cursor& c) {
    const auto number = c.rows.number<std::uint32_t>(1);
    out.warmup = out.warmup || context_.origins[number].warmup;
    return number;
  };
  for (auto& c = samples_; c.at(trace); c.advance()) {
    const auto& o = context_.origins[origin(c)];
    out.sample = {.clock = o.begin_clock,
                  .intended_ns = c.rows.integer(2),
                  .sensed_ns = c.rows.is_null(3) ? std::nullopt : std::optional(c.rows.integer(3)),
                  .bytes = c.rows.integer(4)};
  }
  for (auto& c = spans_; c.at(trace); c.advance())
    out.spans.push_back({.origin = origin(c),
                         .output = c.rows.number<std::uint32_t>(2),
                         .begin_ns = c.rows.integer(3),
                         .end_ns = c.rows.integer(4)});
  for (auto& c = sent_; c.at(trace); c.advance())
    out.sent.push_back({.origin = origin(c),
                        .output = c.rows.number<std::uint32_t>(2),
                        .at_ns = c.rows.integer(3),
                        .bytes = c.rows.integer(4)});
  for (auto& c = fates_; c.at(trace); c.advance())
    out.fates.push_back({.origin = origin(c),
                         .output = c.rows.number<std::uint32_t>(2),
                         .at_ns = c.rows.integer(3)});
  return true;
}

} // namespace peernet
