// SPDX-License-Identifier: MIT
#include "runtime/config/plan_queues.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

std::string closed(const std::string& more) {
  return base_with("rate = \"10Hz\"", "arrival = \"closed-loop\"\n" + more);
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_queues_test)

BOOST_AUTO_TEST_CASE(an_open_loop_leaves_queues_as_they_are) {
  const auto s = read_right(base_text);
  BOOST_TEST(s.inference[0].queue.size == 8u);
  BOOST_TEST(s.links[0].send_queue.size == 8u);
}

BOOST_AUTO_TEST_CASE(few_in_flight_leave_queues_as_they_are) {
  BOOST_TEST(read_right(closed("in-flight = 3")).inference[0].queue.size == 8u);
}

BOOST_AUTO_TEST_CASE(queues_take_what_closed_loops_have_in_flight) {
  const auto s = read_right(closed("in-flight = 20\ncount = 3"));
  BOOST_TEST(s.inference[0].queue.size == 60u);
  BOOST_TEST(s.sinks[0].queue.size == 60u);
  BOOST_TEST(s.links[1].send_queue.size == 60u);
  BOOST_TEST(s.links[0].send_queue.size == 20u); // each copy has a lane of its own
}

BOOST_AUTO_TEST_CASE(a_size_that_was_written_stays) {
  const auto text = closed("in-flight = 20");
  const auto s = read_right(text, {"inference.detector.queue.size=2",
                                   "links.downlink.send-queue={ size = 3, policy = \"block\" }",
                                   "sinks.actuator.queue.policy=drop-newest"});
  BOOST_TEST(s.inference[0].queue.size == 2u);
  BOOST_TEST(s.links[1].send_queue.size == 3u);
  BOOST_TEST(s.sinks[0].queue.size == 20u); // only the policy was
}

BOOST_AUTO_TEST_CASE(a_sample_counts_once_for_every_way_it_comes_by) {
  const auto s = read_right(closed("in-flight = 10") +
                            "[links.aside]\nfrom = \"camera\"\nto = \"actuator\"\n");
  BOOST_TEST(s.sinks[0].queue.size == 20u);
  BOOST_TEST(s.inference[0].queue.size == 10u);
}

BOOST_AUTO_TEST_CASE(no_queue_becomes_longer_than_one_may_be) {
  BOOST_TEST(read_right(closed("in-flight = 10000\ncount = 1000")).sinks[0].queue.size ==
             1'000'000u);
}

BOOST_AUTO_TEST_CASE(the_resolved_scenario_says_the_size_and_reads_back_alike) {
  const auto r = read_text(closed("in-flight = 20"));
  BOOST_REQUIRE(r.ok());
  const auto again = read_text(r.resolved);
  BOOST_REQUIRE_MESSAGE(again.ok(), to_string(again.errors));
  BOOST_TEST(again.scenario.inference[0].queue.size == 20u);
  BOOST_CHECK(again.scenario == r.scenario);
}

BOOST_AUTO_TEST_SUITE_END()
