// SPDX-License-Identifier: MIT
#include "runtime/trace/books.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>

using namespace peernet;

namespace {

/// Records a whole run with losses and drops, lets `spoil` change something, and checks the books.
std::vector<std::string> audit(const std::function<void(store&, synthetic_run&)>& spoil) {
  synthetic_run source({.samples = 200, .warmup = 20, .loss = 0.1, .drop = 0.1});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  BOOST_REQUIRE((source.lost > 0 && source.dropped > 0));
  spoil(run.db, source);
  const auto context = run_context::load(run.db);
  BOOST_REQUIRE(context.ok());
  const settler rules(**context);
  settlement sums(**context);
  {
    trace_reader traces(run.db, **context);
    joined_trace t;
    std::vector<ending> endings;
    while (traces.next(t)) {
      rules.settle(t, endings);
      sums.add(t, endings);
    }
  }
  const auto found = check_books(run.db, **context, sums);
  BOOST_REQUIRE(found.ok());
  return *found;
}

/// Replaces one reported count.
auto counted(count_kind kind, node_id node, place_id place, std::uint64_t count) {
  return [=](store& s, synthetic_run&) {
    BOOST_REQUIRE(s.append_counts(std::vector{reported_count{kind, node, place, 0, count}}).ok());
  };
}

bool says(const std::vector<std::string>& found, const std::string& text) {
  for (const auto& f : found)
    if (f.find(text) != std::string::npos)
      return true;
  for (const auto& f : found)
    BOOST_TEST_MESSAGE("found: " << f);
  return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(books_test)

BOOST_AUTO_TEST_CASE(a_run_with_losses_and_drops_adds_up) {
  check_rows(audit([](auto&, auto&) {}), {});
}

BOOST_AUTO_TEST_CASE(a_sample_that_was_never_recorded_is_missed_at_sensor_and_sink) {
  const auto found = audit(counted(count_kind::intended, 0, 0, 201));
  BOOST_TEST(says(found, "sensor camera intended 201 samples, 200 are recorded"));
  BOOST_TEST(says(found, "200 outcomes at sink actuator for 201 intended samples"));
}

BOOST_AUTO_TEST_CASE(every_independent_count_is_compared) {
  BOOST_TEST(says(audit(counted(count_kind::arrivals, 0, 2, 7)), "sink actuator counted 7"));
  BOOST_TEST(
      says(audit(counted(count_kind::dropped, 1, 1, 999)), "detector counted 999 dropped samples"));
  BOOST_TEST(says(audit(counted(count_kind::emitted, 1, 0, 5)), "node cloud emitted 5 records"));
  BOOST_TEST(says(audit(counted(count_kind::overflowed, 0, 0, 3)),
                  "node robot lost 3 records because a buffer was full"));
  BOOST_TEST(says(audit([](store& s, auto&) {
                    BOOST_REQUIRE(s.append_link_end({.link = 3, .node = 0, .sent = 1}).ok());
                  }),
                  "link uplink counted 1 frames sent, 200 are recorded"));
  BOOST_TEST(
      says(audit([](store& s, auto&) {
             BOOST_REQUIRE(
                 s.append_link_end({.link = 4, .node = 0, .side = link_side::receiver, .unique = 2})
                     .ok());
           }),
           "link downlink counted 2 frames received"));
}

BOOST_AUTO_TEST_CASE(a_silent_part_is_named) {
  const auto found =
      audit([](store& s, auto&) { s.database().execute("DELETE FROM reported_count"); });
  BOOST_TEST(says(found, "sensor camera did not report"));
  BOOST_TEST(says(found, "sink actuator did not report"));
  BOOST_TEST(says(found, "node cloud did not report"));
}

BOOST_AUTO_TEST_CASE(what_a_lost_node_would_have_counted_is_not_missed) {
  const auto found = audit([](store& s, auto&) {
    s.database().execute("DELETE FROM reported_count WHERE node = 1");
    s.database().execute("DELETE FROM link_end WHERE node = 1");
    BOOST_REQUIRE(s.mark_node_lost(1).ok());
  });
  check_rows(found, {});
}

BOOST_AUTO_TEST_CASE(a_lost_sensor_and_sink_are_not_asked) {
  const auto found = audit([](store& s, auto&) {
    s.database().execute("DELETE FROM reported_count WHERE node = 0");
    s.database().execute("DELETE FROM link_end WHERE node = 0");
    BOOST_REQUIRE(s.mark_node_lost(0).ok());
  });
  check_rows(found, {});
}

BOOST_AUTO_TEST_CASE(a_run_that_was_cut_off_has_that_one_discrepancy) {
  const auto found = audit([](store& s, auto&) {
    s.database().execute("DELETE FROM reported_count");
    s.database().execute("DELETE FROM run_entry WHERE key = 'ended'");
  });
  BOOST_REQUIRE(found.size() == 1);
  BOOST_TEST(says(found, "cut off"));
}

BOOST_AUTO_TEST_CASE(a_local_hand_off_counts_without_frames_on_record) {
  auto shape = fan_out_layout(); // "near" begins and ends on the robot, "up" goes to the cloud
  shape.places[4].transport = "local";
  hand_made_run run(shape);
  run.append({make_sample(1, 1, 2), make_fate(1, 2, outcome::delivered, 3),
              make_fate(1, 4, outcome::consumed, 3, {1, 0})});
  for (const place_id link : {4, 5})
    BOOST_REQUIRE(
        (run.db.append_link_end({.link = link, .node = 0, .sent = 1}).ok() &&
         run.db.append_link_end({.link = link, .node = 0, .side = link_side::receiver, .unique = 1})
             .ok()));
  BOOST_REQUIRE(run.db
                    .append_counts(std::vector<reported_count>{{count_kind::intended, 0, 0, 0, 1},
                                                               {count_kind::arrivals, 0, 2, 0, 1},
                                                               {count_kind::arrivals, 0, 3, 0, 0},
                                                               {count_kind::emitted, 0, 0, 0, 2},
                                                               {count_kind::emitted, 1, 0, 0, 1}})
                    .ok());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  check_rows(run.finish().problems, {"link up counted 1 frames sent, 0 are recorded",
                                     "link up counted 1 frames received, 0 are recorded"});
  check_rows(run.rows("SELECT transport, sent, delivered, lost FROM links WHERE name = 'near'", 4),
             {"local|1|1|0"});
}

BOOST_AUTO_TEST_CASE(of_many_alike_the_first_are_told_and_the_rest_counted) {
  using kind = place_kind;
  layout shape{.nodes = {{.name = "robot"}},
               .places = {{.name = "camera", .kind = kind::sensor},
                          {.name = "sink", .kind = kind::sink},
                          {.name = "l", .kind = kind::link}}};
  hand_made_run run = [&] {
    for (std::uint16_t copy = 0; copy < 50; ++copy) {
      const auto first = static_cast<route_id>(shape.routes.size());
      shape.sensors.push_back(first);
      shape.routes.insert(shape.routes.end(),
                          {{no_route, 0, copy, 0}, {first, 2, copy, 0}, {first + 1, 1, 0, 0}});
    }
    return hand_made_run(shape);
  }();
  BOOST_REQUIRE(run.db
                    .append_counts(std::vector<reported_count>{{count_kind::arrivals, 0, 1, 0, 0},
                                                               {count_kind::emitted, 0, 0, 0, 0}})
                    .ok());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  const auto problems = run.finish().problems;
  BOOST_TEST(std::ranges::count_if(problems, [](const auto& p) {
               return p.find("did not report how many samples it intended") != p.npos;
             }) == 4);
  BOOST_TEST(says(problems, "and 47 more like \"sensor camera[0] did not report"));
}

BOOST_AUTO_TEST_CASE(copies_are_told_apart_by_number) {
  using kind = place_kind;
  const layout shape{.nodes = {{.name = "robot"}},
                     .places = {{.name = "camera", .kind = kind::sensor},
                                {.name = "sink", .kind = kind::sink},
                                {.name = "l", .kind = kind::link}},
                     .routes = {{no_route, 0, 0, 0},
                                {0, 2, 0, 0},
                                {1, 1, 0, 0},
                                {no_route, 0, 1, 0},
                                {3, 2, 1, 0},
                                {4, 1, 0, 0}},
                     .sensors = {0, 3}};
  hand_made_run run(shape);
  const auto first = trace_id(0, 0).number(), second = trace_id(1, 0).number();
  run.append({make_sample(first, 1, 2), make_fate(first, 2, outcome::delivered, 3),
              make_sample(second, 1, 2, 3), make_fate(second, 5, outcome::delivered, 3)});
  BOOST_REQUIRE(run.db
                    .append_counts(std::vector<reported_count>{{count_kind::intended, 0, 0, 0, 1},
                                                               {count_kind::intended, 0, 0, 1, 2},
                                                               {count_kind::arrivals, 0, 1, 0, 2},
                                                               {count_kind::emitted, 0, 0, 0, 4}})
                    .ok());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  check_rows(run.finish().problems, {"sensor camera[1] intended 2 samples, 1 are recorded",
                                     "2 outcomes at sink sink for 3 intended samples"});
}

BOOST_AUTO_TEST_SUITE_END()
