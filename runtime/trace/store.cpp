// SPDX-License-Identifier: MIT
#include "runtime/trace/store.hpp"

#include "runtime/trace/schema.hpp"

#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace peernet {

namespace {

/// A write-ahead log with synchronous = normal: a commit survives the death of the process, and the
/// database the death of the machine. Large pages and few checkpoints: rows only come at the end,
/// so that a small cache will do.
void tune(sql_database& db) {
  db.execute("PRAGMA page_size = 16384");
  db.execute("PRAGMA journal_mode = WAL");
  db.execute("PRAGMA synchronous = NORMAL");
  db.execute("PRAGMA wal_autocheckpoint = 2000");
  db.execute("PRAGMA cache_size = -4096"); // kiB
}

/// What is read again and again may stay; what is sorted goes to a file when it is more: a run of
/// an hour must not need memory in proportion.
void tune_for_reading(sql_database& db) {
  db.execute("PRAGMA cache_size = -65536");
  db.execute("PRAGMA temp_store = FILE");
}

void write_names(sql_database& db) {
  auto step_name = db.prepare("INSERT INTO step VALUES (?, ?)");
  for (std::uint16_t i = 0; i <= static_cast<std::uint16_t>(step::notice); ++i)
    step_name.run(i, to_string(static_cast<step>(i)));
  auto outcome_name = db.prepare("INSERT INTO outcome_name VALUES (?, ?)");
  for (int i = 0; i < outcome_count; ++i)
    outcome_name.run(i, to_string(static_cast<outcome>(i)));
}

record_origin origin_of(const record& r) noexcept {
  return {.kind = r.kind,
          .what = r.what,
          .route = r.route,
          .copy = r.copy,
          .begin_node = r.begin_node,
          .end_node = r.end_node,
          .begin_clock = r.begin_clock,
          .end_clock = r.end_clock,
          .warmup = (r.flags & record_warmup) != 0};
}

} // namespace

std::size_t store::origin_hash::operator()(const record_origin& o) const noexcept {
  // Three words hold all fields; multiplied by odd constants, folded from the top.
  const auto a = std::uint64_t{o.route} << 32 | std::uint64_t{o.what} << 16 | o.copy;
  const auto b = std::uint64_t{o.begin_node} << 48 | std::uint64_t{o.end_node} << 32 |
                 std::uint64_t{o.begin_clock} << 16 | o.end_clock;
  const auto c = static_cast<std::uint64_t>(o.kind) << 1 | (o.warmup ? 1 : 0);
  const auto mixed =
      (a * 0x9e3779b97f4a7c15u) ^ (b * 0xbf58476d1ce4e5b9u) ^ (c * 0x94d049bb133111ebu);
  return mixed ^ (mixed >> 32);
}

result<store> store::create(const std::filesystem::path& path) {
  const auto file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
  if (file < 0 && errno == EEXIST)
    return error{errc::io, path.string() + " exists already; name another folder for the results"};
  if (file < 0)
    return error{errc::io, "cannot create " + path.string() + ": " + std::strerror(errno)};
  ::close(file);
  auto db = sql_database::open(path.string(), sql_open::read_write);
  if (!db)
    return db.error();
  tune(*db);
  {
    sql_transaction all(*db);
    db->execute("PRAGMA application_id = " + std::to_string(schema::application_id));
    db->execute("PRAGMA user_version = " + std::to_string(schema::version));
    db->execute(schema::tables);
    db->execute(schema::views);
    write_names(*db);
    if (auto done = all.commit(); !done)
      return done.error();
  }
  store made(std::move(*db));
  if (auto done = made.write_segments({}); !done)
    return done.error();
  made.prepare_writing();
  if (auto done = made.db_.check(); !done)
    return done.error();
  return made;
}

result<store> store::open(const std::filesystem::path& path, access mode) {
  if (!std::filesystem::exists(path))
    return error{errc::not_found, path.string() + " does not exist"};
  auto db = sql_database::open(path.string(),
                               mode == access::read ? sql_open::read_only : sql_open::read_write);
  if (!db)
    return db.error();
  const auto id = db->query_integer("PRAGMA application_id");
  const auto version = db->query_integer("PRAGMA user_version");
  if (auto done = db->check(); !done)
    return done.error();
  if (id != schema::application_id)
    return error{errc::unreadable, path.string() + " is not a run of PeerNet"};
  if (version != schema::version)
    return error{errc::unreadable, path.string() + " has version " +
                                       std::to_string(version.value_or(0)) +
                                       " of the format, this program reads version " +
                                       std::to_string(schema::version)};
  tune_for_reading(*db);
  store opened(std::move(*db));
  if (mode == access::finish)
    opened.prepare_writing();
  if (auto done = opened.db_.check(); !done)
    return done.error();
  return opened;
}

void store::prepare_reading() {
  tune_for_reading(db_);
}

void store::prepare_writing() {
  insert_origin_ = db_.prepare("INSERT INTO origin VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert_span_ = db_.prepare("INSERT INTO span VALUES (?, ?, ?, ?, ?)");
  insert_sample_ = db_.prepare("INSERT INTO sample VALUES (?, ?, ?, ?, ?)");
  insert_sent_ = db_.prepare("INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?)");
  insert_fate_ = db_.prepare("INSERT INTO fate VALUES (?, ?, ?, ?)");
  insert_value_ = db_.prepare("INSERT INTO \"values\" VALUES (?, ?, ?, ?, ?)");
  load_origins();
}

void store::load_origins() {
  origins_.clear();
  if (const auto known = read_origins())
    for (std::size_t i = 0; i < known->size(); ++i)
      origins_.emplace((*known)[i], static_cast<std::int64_t>(i));
}

std::int64_t store::number_of(const record& r) {
  const auto origin = origin_of(r);
  const auto [it, is_new] =
      origins_.try_emplace(origin, static_cast<std::int64_t>(origins_.size()));
  if (is_new)
    insert_origin_.run(it->second, origin.kind, origin.what, origin.route, origin.copy,
                       origin.begin_node, origin.end_node, origin.begin_clock, origin.end_clock,
                       origin.warmup);
  return it->second;
}

result<void> store::append(std::span<const record> records) {
  sql_transaction all(db_);
  for (const auto& r : records) {
    const auto origin = number_of(r);
    switch (r.kind) {
    case record_kind::span:
      insert_span_.run(r.trace, origin, r.output, r.begin_ns, r.end_ns);
      break;
    case record_kind::sample:
      if (r.end_ns == never_sensed)
        insert_sample_.run(r.trace, origin, r.begin_ns, std::nullopt, r.amount);
      else
        insert_sample_.run(r.trace, origin, r.begin_ns, r.end_ns, r.amount);
      break;
    case record_kind::sent:
      insert_sent_.run(r.trace, origin, r.output, r.begin_ns, r.end_ns, r.amount);
      break;
    case record_kind::fate:
      insert_fate_.run(r.trace, origin, r.output, r.begin_ns);
      break;
    case record_kind::value:
      insert_value_.run(r.trace, origin, r.output, r.begin_ns, std::bit_cast<double>(r.amount));
      break;
    }
  }
  auto done = all.commit();
  if (!done)
    load_origins(); // those of this call were rolled back
  return done;
}

result<void> store::append_event(const run_event& e) {
  db_.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)")
      .run(e.time_ns, e.clock, e.node, e.severity, e.what, e.detail);
  return db_.check();
}

result<void> store::append_link_end(const link_end& e) {
  db_.prepare("REPLACE INTO link_end VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(e.link, e.lane, e.side, e.node, e.final, e.sent, e.dropped, e.received, e.unique,
           e.duplicated, e.reordered, e.corrupt, e.foreign, e.bytes, e.highest);
  for (const auto& c : e.counts)
    db_.prepare("REPLACE INTO link_count VALUES (?, ?, ?, ?, ?)")
        .run(e.link, e.lane, e.side, c.name, c.count);
  return db_.check();
}

result<void> store::append_counts(std::span<const reported_count> counts) {
  sql_transaction all(db_);
  auto replace = db_.prepare("REPLACE INTO reported_count VALUES (?, ?, ?, ?, ?)");
  for (const auto& c : counts)
    replace.run(c.kind, c.node, c.place, c.copy, c.count);
  return all.commit();
}

result<void> store::mark_node_lost(node_id node, bool tolerated) {
  db_.prepare("UPDATE node SET lost = ? WHERE id = ?").run(tolerated ? 2 : 1, node);
  return db_.check();
}

result<void> store::set_run(std::string_view key, std::string_view value) {
  db_.prepare("REPLACE INTO run_entry VALUES (?, ?)").run(key, value);
  return db_.check();
}

result<void> store::set_expectations(std::span<const expected_figure> all) {
  sql_transaction together(db_);
  db_.execute("DELETE FROM expectation");
  auto insert = db_.prepare("INSERT INTO expectation VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; const auto& e : all)
    insert.run(i++, e.metric, e.condition, e.kind, e.target, e.name, e.unit, e.inapplicable);
  return together.commit();
}

result<void> store::set_run_end(run_end end) {
  static constexpr std::array<std::string_view, 4> names{"completed", "interrupted", "node-lost",
                                                         "failed"};
  return set_run("ended", names[static_cast<std::size_t>(end)]);
}

result<void> store::set_layout(const layout& shape) {
  sql_transaction all(db_);
  for (const auto* table : {"node", "place", "route", "sensor", "value_name"})
    db_.execute(std::string("DELETE FROM ") + table);
  const auto first_user = static_cast<std::size_t>(step::user);
  db_.execute("DELETE FROM step WHERE id >= " + std::to_string(first_user));

  auto node = db_.prepare("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, 0)");
  for (std::size_t i = 0; const auto& n : shape.nodes)
    node.run(i++, n.name, n.host, n.pid, n.clock, n.clock_domain);
  auto place = db_.prepare("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; const auto& p : shape.places)
    place.run(i++, p.name, p.kind, p.from, p.to, p.transport);
  auto route = db_.prepare("INSERT INTO route VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; const auto& r : shape.routes)
    route.run(i++, r.parent, r.place, r.copy, r.node);
  auto sensor = db_.prepare("INSERT INTO sensor VALUES (?, ?)");
  for (std::size_t i = 0; const auto root : shape.sensors)
    sensor.run(i++, root);
  auto value = db_.prepare("INSERT INTO value_name VALUES (?, ?)");
  for (std::size_t i = 0; const auto& name : shape.values)
    value.run(i++, name);
  auto step_name = db_.prepare("INSERT INTO step VALUES (?, ?)");
  for (std::size_t i = first_user; const auto& name : shape.user_steps)
    step_name.run(i++, name);
  return all.commit();
}

} // namespace peernet
