// SPDX-License-Identifier: MIT
// The store's half that knows of clocks: exchanges and looks as they come in, and what they came
// to.
#include "runtime/trace/run_fact.hpp"
#include "runtime/trace/store.hpp"

#include <optional>

namespace peernet {

namespace {

void replace_segments(sql_database& db, std::span<const clock_segment> segments) {
  db.execute("DELETE FROM clock_segment");
  auto insert = db.prepare("INSERT INTO clock_segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const auto write = [&](const clock_segment& s) {
    insert.run(s.from, s.to, s.first_ns, s.last_ns, s.anchor_ns, s.offset_ns, s.drift, s.bound_ns,
               s.bound_growth, s.drift_bound, s.steady_first_ns, s.steady_last_ns);
  };
  write({}); // the reference clock's own
  for (const auto& s : segments)
    write(s);
}

severity severity_of(clock_notice::weight w) noexcept {
  switch (w) {
  case clock_notice::weight::note:
    return severity::info;
  case clock_notice::weight::warning:
    return severity::warning;
  case clock_notice::weight::error:
    break;
  }
  return severity::error;
}

void insert_notices(sql_database& db, std::span<const clock_notice> notices) {
  auto insert = db.prepare("INSERT INTO clock_notice VALUES (?, ?, ?, ?, ?, ?)");
  for (const auto& n : notices)
    insert.run(n.time_ns, n.clock, n.node, severity_of(n.how), n.what, n.detail);
}

} // namespace

result<void> store::append_probes(std::span<const probe> probes) {
  sql_transaction all(db_);
  auto insert = db_.prepare("INSERT INTO probe VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& p : probes)
    insert.run(p.local, p.remote, p.asker, p.answerer, p.t1, p.t2, p.t3, p.t4, p.phase, p.network,
               p.method);
  return all.commit();
}

result<void> store::append_looks(std::span<const clock_discipline> looks) {
  sql_transaction all(db_);
  auto insert = db_.prepare("INSERT INTO clock_look VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& l : looks)
    insert.run(l.clock, l.node, l.time_ns, l.wall_ns, l.synchronised, l.max_error_ns,
               l.estimated_error_ns, l.rate_ppb);
  return all.commit();
}

result<std::vector<probe>> store::read_probes() {
  std::vector<probe> probes;
  auto q = db_.prepare("SELECT * FROM probe ORDER BY rowid");
  while (q.next())
    probes.push_back({.local = q.number<clock_id>(0),
                      .remote = q.number<clock_id>(1),
                      .asker = q.number<node_id>(2),
                      .answerer = q.number<node_id>(3),
                      .t1 = q.integer(4),
                      .t2 = q.integer(5),
                      .t3 = q.integer(6),
                      .t4 = q.integer(7),
                      .phase = q.number<probe_phase>(8),
                      .network = q.text(9),
                      .method = q.text(10)});
  if (auto done = db_.check(); !done)
    return done.error();
  return probes;
}

result<std::vector<clock_discipline>> store::read_looks() {
  std::vector<clock_discipline> looks;
  auto q = db_.prepare("SELECT * FROM clock_look ORDER BY rowid");
  while (q.next())
    looks.push_back({.clock = q.number<clock_id>(0),
                     .node = q.number<node_id>(1),
                     .time_ns = q.integer(2),
                     .wall_ns = q.integer(3),
                     .synchronised = q.integer(4) != 0,
                     .max_error_ns = q.integer(5),
                     .estimated_error_ns = q.integer(6),
                     .rate_ppb = q.integer(7)});
  if (auto done = db_.check(); !done)
    return done.error();
  return looks;
}

result<std::vector<clock_segment>> store::read_segments() {
  std::vector<clock_segment> segments;
  auto q = db_.prepare("SELECT * FROM clock_segment ORDER BY from_clock, to_clock, first_ns");
  while (q.next())
    segments.push_back({.from = q.number<clock_id>(0),
                        .to = q.number<clock_id>(1),
                        .first_ns = q.integer(2),
                        .last_ns = q.integer(3),
                        .anchor_ns = q.integer(4),
                        .offset_ns = q.integer(5),
                        .drift = q.real(6),
                        .bound_ns = q.integer(7),
                        .bound_growth = q.real(8),
                        .drift_bound = q.real(9),
                        .steady_first_ns = q.integer(10),
                        .steady_last_ns = q.integer(11)});
  if (auto done = db_.check(); !done)
    return done.error();
  return segments;
}

result<void> store::write_segments(std::span<const clock_segment> segments) {
  sql_transaction all(db_);
  replace_segments(db_, segments);
  return all.commit();
}

result<void> store::write_clocks(const clock_estimates& all) {
  sql_transaction together(db_);
  replace_segments(db_, all.segments);
  for (const auto* table : {"clock_pair", "clock_loop", "clock_notice"})
    db_.execute(std::string("DELETE FROM ") + table);
  auto pair =
      db_.prepare("INSERT INTO clock_pair VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& p : all.pairs) {
    std::optional<std::int64_t> difference, bound;
    if (p.checked) {
      difference = p.checked->difference_ns;
      bound = p.checked->bound_ns;
    }
    pair.run(p.asker, p.answerer, p.network, p.method, p.shared, p.exchanges, p.bad_stamps,
             p.shortest_ns, p.median_ns, p.offset_ns, p.drift, p.bound_ns, p.worst_bound_ns,
             difference, bound);
  }
  auto loop = db_.prepare("INSERT INTO clock_loop VALUES (?, ?, ?, ?, ?)");
  for (const auto& l : all.loops)
    loop.run(l.nodes[0], l.nodes[1], l.nodes[2], l.residual_ns, l.bound_ns);
  insert_notices(db_, all.notices);
  return together.commit();
}

result<void> store::append_notices(std::span<const clock_notice> notices) {
  sql_transaction together(db_);
  insert_notices(db_, notices);
  return together.commit();
}

} // namespace peernet
