// SPDX-License-Identifier: MIT
#include "runtime/config/graph_check.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

/// The base with further lines at its end; they begin in line 26.
reading with_more(std::string_view lines) {
  return read_text(std::string(base_text) + std::string(lines));
}

} // namespace

BOOST_AUTO_TEST_SUITE(graph_check_test)

BOOST_AUTO_TEST_CASE(a_link_to_no_stage_is_a_mistake_with_the_nearest_name) {
  expect_one(read_text(base_with("to = \"detector\"", "to = \"detektor\"")), 21, 6,
             "links.uplink.to: there is no stage \"detektor\"; did you mean \"detector\"?");
  const auto r = read_text(base_with("to = \"detector\"", "to = \"elsewhere\""));
  BOOST_TEST(to_string(r.errors).find("there is no stage \"elsewhere\"; valid are: camera, ") !=
             std::string::npos);
  BOOST_TEST(r.errors.size() == 2u, to_string(r.errors)); // and nothing arrives at the detector
}

BOOST_AUTO_TEST_CASE(a_link_or_node_where_a_stage_is_needed_is_named_as_such) {
  expect_one(with_more("[links.more]\nfrom = \"camera\"\nto = \"downlink\"\n"), 28, 6,
             "\"downlink\" is a link, not a stage");
  expect_one(with_more("[links.more]\nfrom = \"camera\"\nto = \"robot\"\n"), 28, 6,
             "\"robot\" is a node, not a stage");
}

BOOST_AUTO_TEST_CASE(nothing_comes_out_of_a_sink_or_goes_into_a_sensor) {
  expect_one(with_more("[links.more]\nfrom = \"actuator\"\nto = \"detector\"\n"), 27, 8,
             "is a sink; a trace ends there");
  expect_one(with_more("[links.more]\nfrom = \"detector\"\nto = \"camera\"\n"), 28, 6,
             "is a sensor; a trace begins there");
}

BOOST_AUTO_TEST_CASE(stages_that_nothing_reaches_or_leaves_are_named) {
  expect_one(with_more("[sinks.second]\nnode = \"robot\"\n"), 26, 8,
             "sinks.second: nothing ever arrives here; add a link with to = \"second\"");
  expect_one(with_more("[sensors.second]\nnode = \"robot\"\ntype = \"bytes\"\nsize = \"1B\"\n"
                       "rate = \"1Hz\"\n"),
             26, 10, "sensors.second: what comes out goes nowhere");
  const auto r = with_more("[inference.second]\nnode = \"cloud\"\nmodel = \"echo\"\n");
  BOOST_TEST(r.errors.size() == 2u, to_string(r.errors));
}

BOOST_AUTO_TEST_CASE(a_scenario_without_sensors_or_sinks_is_refused) {
  const auto r = read_text("[scenario]\nduration = \"1s\"\n");
  const auto all = to_string(r.errors);
  BOOST_TEST(r.errors.size() == 2u, all);
  BOOST_TEST(all.find("sensors: there is none") != std::string::npos);
  BOOST_TEST(all.find("sinks: there is none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cycle_is_printed_as_one) {
  expect_one(with_more("[links.back]\nfrom = \"detector\"\nto = \"detector\"\n"), 26, 8,
             "closes a cycle, detector->detector, ");
  expect_one(with_more("[inference.second]\nnode = \"cloud\"\nmodel = \"echo\"\n"
                       "[links.there]\nfrom = \"detector\"\nto = \"second\"\n"
                       "[links.back]\nfrom = \"second\"\nto = \"detector\"\n"),
             32, 8, "closes a cycle, detector->second->detector, ");
}

BOOST_AUTO_TEST_CASE(a_diamond_is_no_cycle) {
  const auto r = with_more("[links.shortcut]\nfrom = \"camera\"\nto = \"actuator\"\n");
  BOOST_TEST(r.ok(), to_string(r.errors));
}

BOOST_AUTO_TEST_CASE(two_links_with_the_same_ends_are_refused) {
  expect_one(with_more("[links.twin]\nfrom = \"camera\"\nto = \"detector\"\n"), 26, 8,
             "links.uplink has the same ends");
}

BOOST_AUTO_TEST_CASE(pairs_need_equally_many_copies) {
  const auto text = base_with("to = \"detector\"", "to = \"detector\"\npair = true");
  BOOST_TEST(read_text(text).ok()); // one to one
  expect_one(read_text(text, {"sensors.camera.count=3"}), 22, 8,
             "\"camera\" has 3, \"detector\" has 1");
  const std::vector<std::string> shared{"sensors.camera.count=3", "inference.detector.count=3"};
  expect_one(read_text(text, shared), 22, 8, "3 workers share one queue; dispatch = \"all\"");
  auto all = shared;
  all.push_back("inference.detector.dispatch=all");
  BOOST_TEST(read_text(text, all).ok());
}

BOOST_AUTO_TEST_SUITE_END()
