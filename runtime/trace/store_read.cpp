// SPDX-License-Identifier: MIT
// The reading half of the store: rows back into structs.
#include "runtime/trace/store.hpp"

#include <algorithm>

namespace peernet {

result<layout> store::read_layout() {
  layout shape;
  auto node = db_.prepare("SELECT name, host, pid, clock, clock_domain FROM node ORDER BY id");
  while (node.next())
    shape.nodes.push_back({.name = node.text(0),
                           .host = node.text(1),
                           .pid = node.integer(2),
                           .clock = node.number<clock_id>(3),
                           .clock_domain = node.text(4)});
  auto place =
      db_.prepare("SELECT name, kind, from_stage, to_stage, transport FROM place ORDER BY id");
  while (place.next())
    shape.places.push_back({.name = place.text(0),
                            .kind = place.number<place_kind>(1),
                            .from = place.text(2),
                            .to = place.text(3),
                            .transport = place.text(4)});
  auto route = db_.prepare("SELECT parent, place, copy, node FROM route ORDER BY id");
  while (route.next())
    shape.routes.push_back({.parent = route.number<route_id>(0),
                            .place = route.number<place_id>(1),
                            .copy = route.number<std::uint16_t>(2),
                            .node = route.number<node_id>(3)});
  auto sensor = db_.prepare("SELECT route FROM sensor ORDER BY id");
  while (sensor.next())
    shape.sensors.push_back(sensor.number<route_id>(0));
  auto value = db_.prepare("SELECT name FROM value_name ORDER BY id");
  while (value.next())
    shape.values.push_back(value.text(0));
  auto step_name = db_.prepare("SELECT name FROM step WHERE id >= ? ORDER BY id");
  step_name.with(step::user);
  while (step_name.next())
    shape.user_steps.push_back(step_name.text(0));
  if (auto done = db_.check(); !done)
    return done.error();
  return shape;
}

result<std::vector<link_end>> store::read_link_ends() {
  std::vector<link_end> ends;
  auto q = db_.prepare("SELECT * FROM link_end ORDER BY link, lane, side");
  while (q.next())
    ends.push_back({.link = q.number<place_id>(0),
                    .lane = q.number<std::uint16_t>(1),
                    .node = q.number<node_id>(3),
                    .side = q.number<link_side>(2),
                    .final = q.integer(4) != 0,
                    .sent = q.number<std::uint64_t>(5),
                    .dropped = q.number<std::uint64_t>(6),
                    .received = q.number<std::uint64_t>(7),
                    .unique = q.number<std::uint64_t>(8),
                    .duplicated = q.number<std::uint64_t>(9),
                    .reordered = q.number<std::uint64_t>(10),
                    .corrupt = q.number<std::uint64_t>(11),
                    .foreign = q.number<std::uint64_t>(12),
                    .bytes = q.number<std::uint64_t>(13),
                    .highest = q.number<std::uint64_t>(14)});
  auto counts = db_.prepare("SELECT * FROM link_count ORDER BY link, lane, side, name");
  while (counts.next()) {
    const auto of = std::ranges::find_if(ends, [&](const link_end& e) {
      return e.link == counts.number<place_id>(0) && e.lane == counts.number<std::uint16_t>(1) &&
             e.side == counts.number<link_side>(2);
    });
    if (of != ends.end())
      of->counts.push_back({counts.text(3), counts.number<std::uint64_t>(4)});
  }
  if (auto done = db_.check(); !done)
    return done.error();
  return ends;
}

result<std::vector<reported_count>> store::read_counts() {
  std::vector<reported_count> counts;
  auto q = db_.prepare("SELECT kind, node, place, copy, count FROM reported_count");
  while (q.next())
    counts.push_back({.kind = q.number<count_kind>(0),
                      .node = q.number<node_id>(1),
                      .place = q.number<place_id>(2),
                      .copy = q.number<std::uint16_t>(3),
                      .count = q.number<std::uint64_t>(4)});
  if (auto done = db_.check(); !done)
    return done.error();
  return counts;
}

result<std::vector<record_origin>> store::read_origins() {
  std::vector<record_origin> origins;
  auto q = db_.prepare("SELECT kind, what, route, copy, begin_node, end_node, begin_clock, "
                       "end_clock, warmup FROM origin ORDER BY id");
  while (q.next())
    origins.push_back({.kind = q.number<record_kind>(0),
                       .what = q.number<std::uint16_t>(1),
                       .route = q.number<route_id>(2),
                       .copy = q.number<std::uint16_t>(3),
                       .begin_node = q.number<node_id>(4),
                       .end_node = q.number<node_id>(5),
                       .begin_clock = q.number<clock_id>(6),
                       .end_clock = q.number<clock_id>(7),
                       .warmup = q.integer(8) != 0});
  if (auto done = db_.check(); !done)
    return done.error();
  return origins;
}

result<std::vector<bool>> store::read_lost_nodes() {
  std::vector<bool> lost;
  auto q = db_.prepare("SELECT lost FROM node ORDER BY id");
  while (q.next())
    lost.push_back(q.integer(0) != 0);
  if (auto done = db_.check(); !done)
    return done.error();
  return lost;
}

result<std::vector<expected_figure>> store::read_expectations() {
  std::vector<expected_figure> all;
  auto q = db_.prepare("SELECT metric, condition, kind, target, figure, unit, inapplicable "
                       "FROM expectation ORDER BY id");
  while (q.next())
    all.push_back({.metric = q.text(0),
                   .condition = q.text(1),
                   .kind = q.number<figure_kind>(2),
                   .target = q.text(3),
                   .name = q.text(4),
                   .unit = q.number<figure_unit>(5),
                   .inapplicable = q.text(6)});
  if (auto done = db_.check(); !done)
    return done.error();
  return all;
}

result<std::string> store::read_run(std::string_view key) {
  std::string value;
  auto q = db_.prepare("SELECT value FROM run_entry WHERE key = ?");
  q.with(key);
  if (q.next())
    value = q.text(0);
  if (auto done = db_.check(); !done)
    return done.error();
  return value;
}

} // namespace peernet
