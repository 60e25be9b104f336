// SPDX-License-Identifier: MIT
#include "runtime/trace/settle.hpp"
#include "tests/runtime/trace/hand_made.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr at_node robot{0, 0}, cloud{1, 0};

/// Settles what was appended and gives "sink|outcome|place" rows in order of trace and sink.
std::vector<std::string> settle(hand_made_run& run) {
  const auto context = run_context::load(run.db);
  BOOST_REQUIRE(context.ok());
  const auto done = settle_run(run.db, **context);
  BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
  return run.outcomes();
}

settlement totals(hand_made_run& run) {
  const auto context = run_context::load(run.db);
  BOOST_REQUIRE(context.ok());
  const settler rules(**context);
  settlement sums(**context);
  trace_reader traces(run.db, **context);
  joined_trace t;
  std::vector<ending> endings;
  while (traces.next(t)) {
    rules.settle(t, endings);
    sums.add(t, endings);
  }
  return sums;
}

void receiver_is_final(hand_made_run& run, place_id link, node_id node) {
  BOOST_REQUIRE(
      run.db.append_link_end({.link = link, .node = node, .side = link_side::receiver}).ok());
}

} // namespace

BOOST_AUTO_TEST_SUITE(settle_test)

BOOST_AUTO_TEST_CASE(a_skipped_slot_is_skipped_at_every_sink) {
  hand_made_run run(fan_out_layout());
  run.append({make_sample(1, 10, never_sensed), make_fate(1, 0, outcome::skipped, 12),
              make_sample(2, 20, never_sensed)}); // its fate got lost: the sample itself tells
  check_rows(settle(run), {"direct|skipped|camera", "final|skipped|camera", "direct|skipped|camera",
                           "final|skipped|camera"});
}

BOOST_AUTO_TEST_CASE(a_sensor_error_fails_the_sample_everywhere) {
  hand_made_run run(fan_out_layout());
  run.append({make_sample(1, 10, never_sensed), make_fate(1, 0, outcome::failed, 12)});
  check_rows(settle(run), {"direct|failed|camera", "final|failed|camera"});
}

BOOST_AUTO_TEST_CASE(each_sink_of_a_fan_out_has_its_own_outcome) {
  hand_made_run run(fan_out_layout());
  run.append({make_sample(1, 10, 11), make_fate(1, 2, outcome::delivered, 20),
              make_fate(1, 4, outcome::consumed, 30, cloud),
              // second sample: dropped on the way to one, delivered at the other
              make_sample(2, 20, 21), make_fate(2, 1, outcome::dropped, 22),
              make_fate(2, 6, outcome::delivered, 90)});
  check_rows(settle(run), {"direct|delivered|direct", "final|consumed|detector",
                           "direct|dropped|near", "final|delivered|final"});
}

BOOST_AUTO_TEST_CASE(an_arrival_by_either_way_of_a_diamond_delivers_and_the_second_is_a_duplicate) {
  hand_made_run run(diamond_layout());
  run.append({make_sample(1, 10, 11), make_fate(1, 2, outcome::failed, 15, cloud),
              make_fate(1, 8, outcome::delivered, 30), make_sample(2, 20, 21),
              make_fate(2, 8, outcome::delivered, 40), make_fate(2, 4, outcome::delivered, 45)});
  check_rows(settle(run), {"sink|delivered|sink", "sink|delivered|sink"});
  const auto sums = totals(run);
  BOOST_TEST(sums.sinks[0].duplicate == 1u);
  BOOST_TEST(sums.sinks[0].counts[0] == 2u);
}

BOOST_AUTO_TEST_CASE(of_several_terminal_events_the_earliest_counts) {
  hand_made_run run(diamond_layout());
  run.append({make_sample(1, 10, 11), make_fate(1, 2, outcome::consumed, 35, cloud),
              make_fate(1, 6, outcome::failed, 30, cloud)});
  check_rows(settle(run), {"sink|failed|right"});
}

BOOST_AUTO_TEST_CASE(times_are_compared_on_the_reference_clock) {
  auto shape = diamond_layout();
  shape.nodes[1].clock = 1;
  hand_made_run run(shape);
  const at_node ahead{1, 1}; // its clock is 1000 ahead
  BOOST_REQUIRE(
      run.db.write_segments(std::vector{clock_segment{.from = 1, .to = 0, .offset_ns = -1000}})
          .ok());
  run.append({make_sample(1, 10, 11), make_fate(1, 2, outcome::consumed, 1035, ahead),
              make_fate(1, 7, outcome::dropped, 50)});
  check_rows(settle(run), {"sink|consumed|left"});
}

BOOST_AUTO_TEST_CASE(expired_stands_against_a_later_arrival_which_is_late) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 10, 11), make_fate(1, 0, outcome::expired, 50),
              make_fate(1, 4, outcome::delivered, 60), make_sample(2, 20, 21),
              make_fate(2, 4, outcome::delivered, 55), make_fate(2, 0, outcome::expired, 60)});
  check_rows(settle(run), {"actuator|expired|camera", "actuator|delivered|actuator"});
  const auto sums = totals(run);
  BOOST_TEST(sums.sinks[0].late == 1u);
  BOOST_TEST(sums.sinks[0].duplicate == 0u);
}

BOOST_AUTO_TEST_CASE(expired_stands_where_the_arrival_cannot_be_dated) {
  auto shape = pipeline_layout();
  shape.nodes[0].clock = 5; // no estimate
  hand_made_run run(shape);
  run.append({make_sample(1, 10, 11), make_fate(1, 0, outcome::expired, 50),
              make_fate(1, 4, outcome::delivered, 40, {0, 5})});
  check_rows(settle(run), {"actuator|expired|camera"});
}

BOOST_AUTO_TEST_CASE(expired_goes_before_other_ends) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 10, 11), make_fate(1, 2, outcome::dropped, 30, cloud),
              make_fate(1, 0, outcome::expired, 50)});
  check_rows(settle(run), {"actuator|expired|camera"});
}

BOOST_AUTO_TEST_CASE(sent_and_never_received_is_lost_only_if_the_receiver_vouches) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 10, 11), make_sent(1, 1, 15, 1)});
  check_rows(settle(run), {"actuator|unfinished|uplink"}); // it never reported
  receiver_is_final(run, 3, 1);
  check_rows(settle(run), {"actuator|lost|uplink"});
  BOOST_REQUIRE(run.db.mark_node_lost(1).ok());
  check_rows(settle(run), {"actuator|unfinished|uplink"}); // it may have had it when it died
}

BOOST_AUTO_TEST_CASE(a_count_that_is_not_final_vouches_for_nothing) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 10, 11), make_sent(1, 1, 15, 1)});
  BOOST_REQUIRE(
      run.db.append_link_end({.link = 3, .node = 1, .side = link_side::receiver, .final = false})
          .ok());
  check_rows(settle(run), {"actuator|unfinished|uplink"});
}

BOOST_AUTO_TEST_CASE(what_was_received_and_not_ended_is_unfinished_where_it_was_last_seen) {
  hand_made_run run(pipeline_layout());
  receiver_is_final(run, 3, 1);
  receiver_is_final(run, 4, 0);
  run.append({make_sample(1, 10, 11), make_sent(1, 1, 15, 1), make_link(1, 1, robot, 15, cloud, 20),
              make_span(1, 2, step::queue, 20, 25, cloud), make_sample(2, 20, 21),
              make_span(2, 0, step::sense, 20, 21), // not even encoded
              make_sample(3, 30, 31), make_sent(3, 1, 35, 2), make_link(3, 1, robot, 35, cloud, 40),
              make_sent(3, 3, 60, 1, cloud)});
  check_rows(settle(run), {"actuator|unfinished|detector", "actuator|unfinished|camera",
                           "actuator|lost|downlink"});
}

BOOST_AUTO_TEST_CASE(a_sample_known_only_from_other_nodes_is_settled_too) {
  hand_made_run run(pipeline_layout());
  auto infer = make_span(7, 2, step::infer, 20, 25, cloud);
  infer.flags = record_warmup;
  run.append({infer});
  check_rows(settle(run), {"actuator|unfinished|detector"});
  check_rows(run.rows("SELECT trace, warmup FROM outcomes", 2), {"7|1"});
  BOOST_TEST(totals(run).warmup == 1u);
}

BOOST_AUTO_TEST_CASE(records_of_places_that_do_not_exist_are_refused) {
  for (const auto& wrong : {make_span(1, 99, step::infer, 1, 2),
                            make_span(trace_id(9, 0).number(), 0, step::sense, 1, 2),
                            make_record(record_kind::fate, 1, 0, 200, 1, 1)}) {
    hand_made_run run(pipeline_layout());
    run.append({wrong});
    const auto context = run_context::load(run.db);
    BOOST_REQUIRE(!context.ok());
    BOOST_TEST((context.error().code == errc::unreadable));
  }
}

BOOST_AUTO_TEST_SUITE_END()
