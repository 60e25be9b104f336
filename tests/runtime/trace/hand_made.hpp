// SPDX-License-Identifier: MIT
// Records and runs written by hand, small enough to know every answer.
#pragma once

#include "runtime/trace/finish.hpp"
#include "runtime/trace/store.hpp"
#include "tests/runtime/trace/scratch.hpp"
#include "tests/runtime/trace/synthetic_run.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// Where and when a record is made.
struct at_node {
  node_id node = 0;
  clock_id clock = 0;
};

inline record make_record(record_kind kind, std::uint64_t trace, route_id route, std::uint16_t what,
                          std::int64_t begin, std::int64_t end, at_node where = {}) {
  record r;
  r.trace = trace;
  r.kind = kind;
  r.route = route;
  r.what = what;
  r.begin_ns = begin;
  r.end_ns = end;
  r.begin_node = r.end_node = where.node;
  r.begin_clock = r.end_clock = where.clock;
  return r;
}

inline record make_sample(std::uint64_t trace, std::int64_t intended, std::int64_t sensed,
                          route_id root = 0) {
  return make_record(record_kind::sample, trace, root, 0, intended, sensed);
}

inline record make_span(std::uint64_t trace, route_id route, step s, std::int64_t begin,
                        std::int64_t end, at_node where = {}) {
  return make_record(record_kind::span, trace, route, static_cast<std::uint16_t>(s), begin, end,
                     where);
}

/// A span that begins at one place and ends at another.
inline record make_link(std::uint64_t trace, route_id route, at_node from, std::int64_t begin,
                        at_node to, std::int64_t end) {
  auto r = make_span(trace, route, step::link, begin, end, to);
  r.begin_node = from.node;
  r.begin_clock = from.clock;
  return r;
}

inline record make_sent(std::uint64_t trace, route_id route, std::int64_t at, std::int64_t sequence,
                        at_node where = {}) {
  return make_record(record_kind::sent, trace, route, 0, at, sequence, where);
}

inline record make_fate(std::uint64_t trace, route_id route, outcome o, std::int64_t at,
                        at_node where = {}) {
  return make_record(record_kind::fate, trace, route, static_cast<std::uint16_t>(o), at, at, where);
}

/// One sensor; its output goes straight to `direct`, and over `detector` to `final`.
inline layout fan_out_layout() {
  using kind = place_kind;
  return {.nodes = {{.name = "robot"}, {.name = "cloud"}},
          .places = {{.name = "camera", .kind = kind::sensor},
                     {.name = "detector", .kind = kind::inference},
                     {.name = "direct", .kind = kind::sink},
                     {.name = "final", .kind = kind::sink},
                     {.name = "near", .kind = kind::link, .from = "camera", .to = "direct"},
                     {.name = "up", .kind = kind::link, .from = "camera", .to = "detector"},
                     {.name = "down", .kind = kind::link, .from = "detector", .to = "final"}},
          .routes = {{no_route, 0, 0, 0},
                     {0, 4, 0, 0},
                     {1, 2, 0, 0},
                     {0, 5, 0, 1},
                     {3, 1, 0, 1},
                     {4, 6, 0, 0},
                     {5, 3, 0, 0}},
          .sensors = {0}};
}

/// Two ways to one sink: camera → left or right → sink.
inline layout diamond_layout() {
  using kind = place_kind;
  return {.nodes = {{.name = "robot"}, {.name = "cloud"}},
          .places = {{.name = "camera", .kind = kind::sensor},
                     {.name = "left", .kind = kind::inference},
                     {.name = "right", .kind = kind::inference},
                     {.name = "sink", .kind = kind::sink},
                     {.name = "a", .kind = kind::link, .from = "camera", .to = "left"},
                     {.name = "b", .kind = kind::link, .from = "camera", .to = "right"},
                     {.name = "c", .kind = kind::link, .from = "left", .to = "sink"},
                     {.name = "d", .kind = kind::link, .from = "right", .to = "sink"}},
          .routes = {{no_route, 0, 0, 0},
                     {0, 4, 0, 1},
                     {1, 1, 0, 1},
                     {2, 6, 0, 0},
                     {3, 3, 0, 0},
                     {0, 5, 0, 1},
                     {5, 2, 0, 1},
                     {6, 7, 0, 0},
                     {7, 3, 0, 0}},
          .sensors = {0}};
}

/// The value, or the end of the test with the error's message.
template <class T>
T require(result<T> r) {
  BOOST_REQUIRE_MESSAGE(r.ok(), why(r));
  return std::move(r.value());
}

/// A store in a folder of its own.
struct hand_made_run {
  explicit hand_made_run(const layout& shape) : db(require(store::create(folder / "run.db"))) {
    BOOST_REQUIRE(db.set_layout(shape).ok());
  }

  void append(const std::vector<record>& records) {
    const auto done = db.append(records);
    BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
  }

  /// Each row of a query as text, columns joined by "|", NULL as "-".
  std::vector<std::string> rows(const std::string& sql, int columns) {
    std::vector<std::string> all;
    auto q = db.database().prepare(sql);
    while (q.next()) {
      std::string row;
      for (int i = 0; i < columns; ++i)
        row += (i == 0 ? "" : "|") + (q.is_null(i) ? "-" : q.text(i));
      all.push_back(row);
    }
    const auto done = db.database().check();
    BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
    return all;
  }

  /// "sink outcome place" of every row of the view, in order of trace and sink.
  std::vector<std::string> outcomes() {
    return rows("SELECT sink, outcome, place FROM outcomes ORDER BY trace, sink", 3);
  }

  run_summary finish() { return require(finish_run(db)); }

  scratch_folder folder;
  store db;
};

inline void check_rows(const std::vector<std::string>& got, const std::vector<std::string>& want) {
  BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), want.begin(), want.end());
}

} // namespace peernet
