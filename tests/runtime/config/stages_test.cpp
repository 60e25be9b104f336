// SPDX-License-Identifier: MIT
#include "runtime/config/stages.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

scenario with_copies(dispatch how) {
  scenario s;
  s.sensors.resize(1);
  s.sensors[0].name = "camera";
  s.sensors[0].count = 2;
  s.inference.resize(1);
  s.inference[0].name = "detector";
  s.inference[0].count = 3;
  s.inference[0].dispatch = how;
  s.sinks.resize(2);
  s.sinks[0].name = "actuator";
  s.sinks[1].name = "log";
  s.sinks[1].count = 4;
  return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(stages_test)

BOOST_AUTO_TEST_CASE(stages_come_in_the_order_of_the_graph_with_their_place_in_the_scenario) {
  const auto s = with_copies(dispatch::shared);
  const auto all = stages_of(s);
  BOOST_TEST_REQUIRE(all.size() == 4u);
  BOOST_TEST(all[0].path() == "sensors.camera");
  BOOST_TEST(all[1].path() == "inference.detector");
  BOOST_TEST(all[2].path() == "sinks.actuator");
  BOOST_TEST(all[3].path() == "sinks.log");
  BOOST_TEST(all[3].config == 1u);
  BOOST_TEST(all[3].stage == &s.sinks[1]);
}

BOOST_AUTO_TEST_CASE(only_what_takes_samples_has_a_queue) {
  const auto s = with_copies(dispatch::shared);
  const auto all = stages_of(s);
  BOOST_TEST(!all[0].queue);
  BOOST_TEST(all[1].queue == &s.inference[0].queue);
  BOOST_TEST(all[2].queue == &s.sinks[0].queue);
}

BOOST_AUTO_TEST_CASE(copies_are_instances_but_a_shared_inference_is_one_with_many_workers) {
  const auto shared = with_copies(dispatch::shared), each = with_copies(dispatch::all);
  const auto one = stages_of(shared), many = stages_of(each);
  BOOST_TEST(one[0].instances == 2u);
  BOOST_TEST(one[1].instances == 1u);
  BOOST_TEST(one[1].workers == 3u);
  BOOST_TEST(many[1].instances == 3u);
  BOOST_TEST(many[1].workers == 1u);
  BOOST_TEST(one[3].instances == 4u);
}

BOOST_AUTO_TEST_CASE(every_stage_is_a_plugin_of_its_kind) {
  BOOST_TEST((plugin_of(stage_kind::sensor) == plugin_kind::sensor));
  BOOST_TEST((plugin_of(stage_kind::inference) == plugin_kind::model));
  BOOST_TEST((plugin_of(stage_kind::sink) == plugin_kind::sink));
}

BOOST_AUTO_TEST_SUITE_END()
