// SPDX-License-Identifier: MIT
// The views are the users' interface: names, columns, their order and their meaning.
#include "runtime/clocks/clock_map.hpp"
#include "runtime/trace/schema.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>

using namespace peernet;

namespace {

/// The robot's clock is the reference; the cloud's is 1000 ns ahead and gains 1 ns per 10 ns.
const clock_segment cloud_to_reference{.from = 1,
                                       .to = 0,
                                       .anchor_ns = 11'000,
                                       .offset_ns = -1'000,
                                       .drift = -0.1,
                                       .bound_ns = 7,
                                       .bound_growth = 0.01};
constexpr at_node robot{0, 0}, cloud{1, 1};

} // namespace

BOOST_AUTO_TEST_SUITE(schema_test)

BOOST_AUTO_TEST_CASE(the_views_have_the_agreed_columns_in_the_agreed_order) {
  hand_made_run run(pipeline_layout());
  const auto columns = [&](const std::string& view) {
    std::string names;
    for (const auto& n : run.rows("SELECT name FROM pragma_table_info('" + view + "')", 1))
      names += (names.empty() ? "" : ", ") + n;
    return names;
  };
  BOOST_TEST(columns("samples") ==
             "trace, sensor, copy, seq, intended_ns, sensed_ns, bytes, warmup");
  BOOST_TEST(columns("spans") == "trace, place, copy, step, begin_node, end_node, begin_ns, "
                                 "end_ns, duration_ns, bound_ns, warmup");
  BOOST_TEST(columns("outcomes") == "trace, sink, copy, outcome, place, warmup");
  BOOST_TEST(columns("links") ==
             "name, from_stage, to_stage, transport, sent, delivered, lost, duplicated, "
             "reordered, dropped, corrupt, bytes_sent, bytes_received");
  BOOST_TEST(columns("link_counts") == "name, side, what, count");
  BOOST_TEST(columns("clocks") == "node, time_ns, offset_ns, drift_ppb, bound_ns");
  BOOST_TEST(columns("clock_pairs") ==
             "asker, answerer, network, method, shared, exchanges, bad_stamps, min_rtt_ns, "
             "median_rtt_ns, offset_ns, drift_ppb, bound_ns, worst_bound_ns, "
             "least_squares_difference_ns");
  BOOST_TEST(columns("clock_loops") == "a, b, c, residual_ns, bound_ns");
  BOOST_TEST(columns("metrics") == "trace, place, name, value");
  BOOST_TEST(columns("events") == "time_ns, node, severity, what, detail");
  BOOST_TEST(columns("nodes") == "name, host, pid, clock");
  BOOST_TEST(columns("run") == "key, value");
  check_rows(run.rows("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name", 1),
             {"clock_loops", "clock_pairs", "clocks", "events", "link_counts", "links", "metrics",
              "nodes", "outcomes", "run", "samples", "spans"});
}

BOOST_AUTO_TEST_CASE(samples_tell_slot_and_sensor_and_map_times) {
  hand_made_run run(pipeline_layout());
  auto warm = make_sample(trace_id(0, 1).number(), 10, 20);
  warm.flags = record_warmup;
  warm.amount = 99;
  run.append({warm, make_sample(trace_id(0, 2).number(), 30, never_sensed)});
  check_rows(run.rows("SELECT * FROM samples ORDER BY trace", 8),
             {"1|camera|0|1|10|20|99|1", "2|camera|0|2|30|-|0|0"});
}

BOOST_AUTO_TEST_CASE(durations_are_in_the_references_seconds_and_one_across_has_the_sum_of_bounds) {
  hand_made_run run(pipeline_layout(1));
  BOOST_REQUIRE(run.db.write_segments(std::vector{cloud_to_reference}).ok());
  run.append({make_link(1, 1, robot, 10'000, cloud, 12'000),
              make_span(1, 2, step::infer, 12'000, 13'000, cloud)});
  // 12 000 there is 12 000 − 1000 − 0.1 × 1000 = 10 900 here, ± 7 + 0.01 × 1000.
  check_rows(run.rows("SELECT * FROM spans ORDER BY begin_ns", 11),
             {"1|uplink|0|link|robot|cloud|10000|10900|900|17|0",
              "1|detector|0|infer|cloud|cloud|10900|11800|900|0|0"});
}

BOOST_AUTO_TEST_CASE(a_direct_estimate_of_two_clocks_takes_precedence_between_them) {
  auto shape = pipeline_layout(1);
  shape.nodes[0].clock = 2;
  hand_made_run run(shape);
  const at_node other{0, 2};
  const clock_segment to_reference{.from = 2, .to = 0, .offset_ns = 5, .bound_ns = 100};
  const clock_segment direct{.from = 2, .to = 1, .offset_ns = 1'000, .bound_ns = 3};
  run.append({make_link(1, 1, other, 10'000, cloud, 12'000)});
  BOOST_REQUIRE(run.db.write_segments(std::vector{cloud_to_reference, to_reference}).ok());
  check_rows(run.rows("SELECT begin_ns, end_ns, duration_ns, bound_ns FROM spans", 4),
             {"10005|10900|895|117"});
  BOOST_REQUIRE(run.db.write_segments(std::vector{cloud_to_reference, to_reference, direct}).ok());
  check_rows(run.rows("SELECT begin_ns, end_ns, duration_ns, bound_ns FROM spans", 4),
             {"10005|10900|900|3"}); // 1000 of the cloud's
}

BOOST_AUTO_TEST_CASE(each_stamp_is_converted_by_the_segment_it_lies_in) {
  hand_made_run run(pipeline_layout(1));
  const clock_segment early{.from = 1, .to = 0, .last_ns = 99, .offset_ns = 1'000};
  const clock_segment late{.from = 1, .to = 0, .first_ns = 100, .offset_ns = 2'000};
  BOOST_REQUIRE(run.db.write_segments(std::vector{early, late}).ok());
  run.append({make_span(1, 2, step::infer, 99, 100, cloud)});
  check_rows(run.rows("SELECT begin_ns, end_ns, duration_ns FROM spans", 3), {"1099|2100|1"});
}

BOOST_AUTO_TEST_CASE(code_and_views_convert_alike) {
  auto random = random_source(7);
  const auto any_time = [&] { return static_cast<std::int64_t>(random.next() >> 28); }; // 69 s
  // Gaps, steps, directions that are missing, and a clock of which nothing is known.
  std::vector<clock_segment> segments;
  for (const auto& [from, to] : {std::pair<clock_id, clock_id>{1, 0}, {2, 0}, {1, 2}, {4, 1}})
    for (std::int64_t first = 0; first < any_time() + 10'000'000'000;) {
      const auto last = first + any_time() / 8;
      segments.push_back({.from = from,
                          .to = to,
                          .first_ns = first,
                          .last_ns = last,
                          .anchor_ns = first + any_time() / 16,
                          .offset_ns = any_time(),
                          .drift = (random.uniform() - 0.5) * 1e-3,
                          .bound_ns = any_time() >> 16,
                          .bound_growth = random.uniform() * 1e-5,
                          .drift_bound = random.uniform() * 1e-4,
                          .steady_first_ns = first - any_time() / 8,
                          .steady_last_ns = last + any_time() / 8});
      if (random.uniform() < 0.3)
        segments.back().forget_rate();
      first = last + 1 + (random.uniform() < 0.3 ? any_time() / 16 : 0);
    }
  hand_made_run run(pipeline_layout(1));
  BOOST_REQUIRE(run.db.write_segments(segments).ok());
  const clock_map clocks(segments);
  std::vector<record> records;
  for (std::uint64_t t = 0; t < 5000; ++t) {
    const at_node from{0, static_cast<clock_id>(random.between(0, 4))};
    const at_node to{1, static_cast<clock_id>(random.between(0, 4))};
    const auto begin = any_time();
    records.push_back(make_link(
        t, 1, from, begin, to, t % 2 ? any_time() : begin + (any_time() >> random.between(0, 20))));
  }
  run.append(records);
  auto q = run.db.database().prepare("SELECT begin_ns, end_ns, duration_ns, bound_ns FROM spans "
                                     "ORDER BY trace");
  const auto is = [&](int column, std::optional<std::int64_t> ns) {
    return q.is_null(column) ? !ns : ns && q.integer(column) == *ns;
  };
  const auto ns = [](const std::optional<mapped_ns>& m) {
    return m ? std::optional(m->ns) : std::nullopt;
  };
  auto differ = 0, known = 0;
  for (const auto& r : records) {
    BOOST_REQUIRE(q.next());
    const auto length = clocks.between(r.begin_clock, r.begin_ns, r.end_clock, r.end_ns);
    known += length.has_value();
    differ += !is(0, ns(clocks.to_reference(r.begin_clock, r.begin_ns))) ||
              !is(1, ns(clocks.to_reference(r.end_clock, r.end_ns))) || !is(2, ns(length)) ||
              !is(3, length ? std::optional(length->bound) : std::nullopt);
  }
  BOOST_TEST(differ == 0);
  BOOST_TEST((known > 1000 && known < 4500));
}

BOOST_AUTO_TEST_CASE(links_sum_their_lanes_and_know_losses_only_when_both_ends_told) {
  auto shape = pipeline_layout();
  shape.routes.push_back({no_route, 0, 1, 0}); // a second camera, second lane
  shape.routes.push_back({5, 3, 1, 1});
  shape.sensors.push_back(5);
  hand_made_run run(shape);
  const auto uplink = [&] {
    return run.rows("SELECT sent, delivered, lost, duplicated, reordered, dropped, corrupt, "
                    "bytes_sent, bytes_received FROM links WHERE name = 'uplink'",
                    9);
  };
  check_rows(uplink(), {"-|-|-|-|-|-|-|-|-"});
  link_end out{.link = 3, .lane = 0, .sent = 10, .dropped = 2, .bytes = 1000};
  link_end in{.link = 3,
              .lane = 0,
              .node = 1,
              .side = link_side::receiver,
              .received = 9,
              .unique = 8,
              .duplicated = 1,
              .reordered = 3,
              .corrupt = 4,
              .bytes = 900};
  BOOST_REQUIRE((run.db.append_link_end(out).ok() && run.db.append_link_end(in).ok()));
  check_rows(uplink(), {"10|8|-|1|3|2|4|1000|900"}); // lane 1 has not reported
  out.lane = in.lane = 1;
  in.final = false;
  BOOST_REQUIRE((run.db.append_link_end(out).ok() && run.db.append_link_end(in).ok()));
  check_rows(uplink(), {"20|16|-|2|6|4|8|2000|1800"}); // lane 1 may still receive
  in.final = true;
  BOOST_REQUIRE(run.db.append_link_end(in).ok());
  check_rows(uplink(), {"20|16|4|2|6|4|8|2000|1800"});
  const link_end network{
      .link = 3, .node = coordinator_node, .side = link_side::network, .counts = {{"lost", 5}}};
  BOOST_REQUIRE(run.db.append_link_end(network).ok());
  check_rows(uplink(), {"20|16|4|2|6|4|8|2000|1800"}); // it is neither end
  check_rows(run.rows("SELECT * FROM link_counts", 4), {"uplink|network|lost|5"});
  check_rows(run.rows("SELECT name, from_stage, to_stage, transport FROM links", 4),
             {"uplink|camera|detector|zmq-tcp", "downlink|detector|actuator|zmq-tcp"});
}

BOOST_AUTO_TEST_CASE(clocks_state_what_a_node_is_ahead_of_the_reference) {
  hand_made_run run(pipeline_layout(1));
  check_rows(run.rows("SELECT * FROM clocks", 5), {"robot|0|0|0.0|0", "cloud|-|-|-|-"});
  BOOST_REQUIRE(run.db.write_segments(std::vector{cloud_to_reference}).ok());
  check_rows(run.rows("SELECT node, time_ns, offset_ns, ROUND(drift_ppb), bound_ns FROM clocks", 5),
             {"robot|0|0|0.0|0", "cloud|10000|1000|100000000.0|7"});
}

BOOST_AUTO_TEST_CASE(metrics_events_nodes_and_run_say_what_was_told) {
  hand_made_run run(pipeline_layout(1));
  auto value = make_record(record_kind::value, 5, 1, 0, 10, 10);
  value.amount = std::bit_cast<std::int64_t>(65.5);
  run.append({value});
  check_rows(run.rows("SELECT * FROM metrics", 4), {"5|uplink|encoded-bytes|65.5"});
  BOOST_REQUIRE(run.db.append_event({.time_ns = 3, .what = "started", .detail = "2 nodes"}).ok());
  BOOST_REQUIRE(
      run.db.append_event({.time_ns = 4, .clock = 1, .node = 1, .severity = severity::error}).ok());
  check_rows(run.rows("SELECT * FROM events", 5),
             {"3|coordinator|info|started|2 nodes", "-|cloud|error||"});
  check_rows(run.rows("SELECT * FROM nodes", 4), {"robot|r|11|boot-a", "cloud|c|12|boot-b"});
  BOOST_REQUIRE((run.db.set_run("seed", "1").ok() && run.db.set_run("seed", "2").ok()));
  check_rows(run.rows("SELECT * FROM run", 2), {"seed|2"});
}

BOOST_AUTO_TEST_CASE(user_steps_carry_their_own_names) {
  hand_made_run run(pipeline_layout());
  run.append({make_span(1, 2, step::user, 1, 2), make_span(1, 2, step::postprocess, 1, 2)});
  check_rows(run.rows("SELECT step FROM spans", 1), {"plan", "postprocess"});
}

BOOST_AUTO_TEST_SUITE_END()
