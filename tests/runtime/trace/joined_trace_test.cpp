// SPDX-License-Identifier: MIT
#include "runtime/trace/joined_trace.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(joined_trace_test)

BOOST_AUTO_TEST_CASE(records_come_together_by_trace_in_whatever_order_they_were_stored) {
  hand_made_run run(pipeline_layout());
  run.append({make_fate(3, 4, outcome::delivered, 90), make_span(1, 0, step::sense, 10, 11)});
  run.append({make_sent(1, 1, 12, 7), make_sample(1, 10, 11), make_span(2, 0, step::lag, 20, 21)});
  run.append({make_span(1, 2, step::infer, 30, 40, {1, 0}), make_sample(3, 30, never_sensed)});
  const auto context = require(run_context::load(run.db));
  trace_reader traces(run.db, *context);
  joined_trace t;

  BOOST_REQUIRE(traces.next(t));
  BOOST_TEST(t.id.number() == 1u);
  BOOST_REQUIRE(t.sample.has_value());
  BOOST_TEST(t.sample->intended_ns == 10);
  BOOST_TEST(t.sample->sensed_ns.value() == 11);
  BOOST_REQUIRE(t.spans.size() == 2);
  BOOST_TEST(context->origins[t.spans[1].origin].end_node == 1);
  BOOST_TEST(t.spans[1].end_ns == 40);
  BOOST_REQUIRE(t.sent.size() == 1);
  BOOST_TEST(t.sent[0].at_ns == 12);
  BOOST_TEST(t.fates.empty());

  BOOST_REQUIRE(traces.next(t));
  BOOST_TEST(t.id.number() == 2u);
  BOOST_TEST(!t.sample.has_value());
  BOOST_TEST(t.spans.size() == 1u);

  BOOST_REQUIRE(traces.next(t));
  BOOST_TEST(t.id.number() == 3u);
  BOOST_TEST(!t.sample->sensed_ns.has_value());
  BOOST_TEST(t.fates.size() == 1u);
  BOOST_TEST(!traces.next(t));
  BOOST_TEST(run.db.database().check().ok());
}

BOOST_AUTO_TEST_CASE(one_warm_up_record_marks_the_whole_trace) {
  hand_made_run run(pipeline_layout());
  auto warm = make_span(1, 0, step::sense, 10, 11);
  warm.flags = record_warmup;
  run.append({make_sample(1, 10, 11), warm, make_sample(2, 20, 21)});
  const auto context = require(run_context::load(run.db));
  trace_reader traces(run.db, *context);
  joined_trace t;
  BOOST_TEST((traces.next(t) && t.warmup));
  BOOST_TEST((traces.next(t) && !t.warmup));
}

BOOST_AUTO_TEST_CASE(steps_have_names) {
  hand_made_run run(pipeline_layout());
  const auto context = require(run_context::load(run.db));
  BOOST_TEST(context->step_name(static_cast<std::uint16_t>(step::send_queue)) == "send-queue");
  BOOST_TEST(context->step_name(static_cast<std::uint16_t>(step::user)) == "plan");
  BOOST_TEST(context->step_name(static_cast<std::uint16_t>(step::user) + 1) == "user");
}

BOOST_AUTO_TEST_SUITE_END()
