// SPDX-License-Identifier: MIT
#include "runtime/config/understudies.hpp"
#include "runtime/config/writer.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

/// Two machines beside a child, with settings that none of them could have anywhere else.
constexpr std::string_view lab = R"([scenario]
duration = "1s"
[nodes.robot]
[nodes.cloud]
host = "10.0.0.5"
addresses = { wifi = "192.168.7.5" }
[nodes.edge]
start = "join"
test-clock = { offset = "1s" }
[sensors.camera]
node = "robot"
type = "video"
path = "0"
rate = "10Hz"
count = 2
[sensors.probe]
node = "edge"
type = "external"
rate = "10Hz"
[inference.detector]
node = "cloud"
model = "haar"
path = "cascade.xml"
queue = { size = 3 }
[sinks.wall]
node = "edge"
type = "save-images"
frames = "probe"
[links.up]
from = "camera"
to = "detector"
network = "wifi"
codec = "jpeg"
[links.on]
from = "detector"
to = "wall"
transport = "caf"
[links.by]
from = "probe"
to = "wall"
[expect.metrics]
"detector.objects" = "mean > 1"
)";

reading read_lab() {
  auto r =
      read_scenario_text(lab, "lab.toml", ".", {}, catalogue::builtin(), {.look_for_files = false});
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  return r;
}

/// It must be right itself: nodes read it again.
scenario reread(const scenario& s) {
  auto r = read_scenario_text(write_scenario(s, catalogue::builtin()), "lab.toml", ".", {},
                              catalogue::builtin(), {.look_for_files = false});
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  return r.scenario;
}

} // namespace

BOOST_AUTO_TEST_SUITE(understudies_test)

BOOST_AUTO_TEST_CASE(nothing_missing_changes_nothing_but_expectations) {
  const auto before = read_lab().scenario;
  auto after = with_understudies(before, {});
  BOOST_TEST(after.expectations.empty());
  after.expectations = before.expectations;
  BOOST_TEST((after == before));
}

BOOST_AUTO_TEST_CASE(a_missing_node_is_played_by_a_child_that_does_nothing) {
  const auto s = reread(with_understudies(read_lab().scenario, {.nodes = {"cloud"}}));
  const auto& cloud = s.nodes[1];
  BOOST_TEST((cloud.start == node_start::child));
  BOOST_TEST((cloud.host.empty() && cloud.addresses.empty()));
  BOOST_TEST(s.inference[0].type == "dummy");
  BOOST_TEST(s.inference[0].queue.size == 3u);
  BOOST_TEST(s.links[0].network == "");
  BOOST_TEST(s.links[0].codecs.empty());
  BOOST_TEST(s.links[1].transport == "zmq-tcp");
  BOOST_TEST(s.sensors[0].type == "video"); // elsewhere
  BOOST_TEST((s.nodes[2].start == node_start::join));
}

BOOST_AUTO_TEST_CASE(the_plan_stays_what_it_was) {
  const auto before = make_plan(read_lab().scenario);
  const auto after = make_plan(
      reread(with_understudies(read_lab().scenario, {.nodes = {"cloud", "edge", "robot"}})));
  BOOST_REQUIRE(before.ok() && after.ok());
  BOOST_TEST((before->nodes == after->nodes));
  BOOST_REQUIRE_EQUAL(before->lanes.size(), after->lanes.size());
  for (std::size_t i = 0; i < before->lanes.size(); ++i)
    BOOST_TEST((before->lanes[i].link == after->lanes[i].link &&
                before->lanes[i].local == after->lanes[i].local));
  BOOST_TEST(before->instances.size() == after->instances.size());
}

BOOST_AUTO_TEST_CASE(a_missing_stage_is_replaced_where_it_is) {
  const auto s = reread(with_understudies(read_lab().scenario, {.stages = {"camera", "wall"}}));
  BOOST_TEST(s.sensors[0].type == "bytes");
  BOOST_TEST(s.sensors[0].count == 2u);
  BOOST_TEST(s.sensors[0].rate_hz == 10.0);
  BOOST_TEST(s.sinks[0].type == "discard");
  BOOST_TEST(s.inference[0].type == "haar");
  BOOST_TEST(s.nodes[1].host == "10.0.0.5");
}

BOOST_AUTO_TEST_CASE(a_missing_link_or_address_leaves_the_way_that_is_always_there) {
  auto s = reread(with_understudies(read_lab().scenario, {.links = {"on"}}));
  BOOST_TEST(s.links[1].transport == "zmq-tcp");
  BOOST_TEST(s.links[0].network == "wifi");
  s = reread(with_understudies(read_lab().scenario, {.addresses = {{"cloud", "wifi"}}}));
  BOOST_TEST(s.nodes[1].addresses.empty());
  BOOST_TEST(s.links[0].network == "");
  BOOST_TEST(s.links[1].transport == "caf");
}

BOOST_AUTO_TEST_SUITE_END()
