// SPDX-License-Identifier: MIT
#include "actors/engine/direct_connections.hpp"
#include "tests/actors/engine/rig.hpp"

using namespace peernet;

namespace {

using pairs = std::set<std::pair<node_id, node_id>>;

enum : node_id { robot, cloud, edge };

/// Camera on robot, detector on cloud, actuator on edge.
std::string three_nodes(const std::string& camera, const std::string& uplink,
                        const std::string& downlink) {
  return R"([scenario]
samples = 5
[nodes.robot]
[nodes.cloud]
[nodes.edge]
[sensors.camera]
node = "robot"
type = "bytes"
size = "100B"
)" + camera +
         R"(
[inference.detector]
node = "cloud"
model = "echo"
[sinks.actuator]
node = "edge"
[links.uplink]
from = "camera"
to = "detector"
)" + uplink +
         R"(
[links.downlink]
from = "detector"
to = "actuator"
)" + downlink;
}

pairs direct(const std::string& toml) {
  const auto g = read_plan(toml);
  return direct_connections(*g.what, *g.whole);
}

const std::string open_loop_sensor = "rate = \"10Hz\"\n";
const std::string closed_loop_sensor = "arrival = \"closed-loop\"\nin-flight = 1\n";
const std::string tcp = "transport = \"zmq-tcp\"\n", over_caf = "transport = \"caf\"\n";

scenario started(node_start first, node_start second) {
  scenario s;
  for (const auto& [name, start] : {std::pair{"robot", first}, std::pair{"cloud", second}}) {
    s.nodes.emplace_back().name = name;
    s.nodes.back().start = start;
  }
  return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(direct_connections_test)

BOOST_AUTO_TEST_CASE(what_has_a_way_of_its_own_needs_none) {
  BOOST_TEST(direct(three_nodes(open_loop_sensor, tcp, tcp)).empty());
}

BOOST_AUTO_TEST_CASE(a_link_over_caf_joins_its_two_nodes) {
  BOOST_TEST((direct(three_nodes(open_loop_sensor, over_caf, tcp)) == pairs{{robot, cloud}}));
  BOOST_TEST((direct(three_nodes(open_loop_sensor, tcp, over_caf)) == pairs{{cloud, edge}}));
  BOOST_TEST((direct(three_nodes(open_loop_sensor, over_caf, over_caf)) ==
              pairs{{robot, cloud}, {cloud, edge}}));
}

BOOST_AUTO_TEST_CASE(a_closed_loop_joins_its_sensor_with_wherever_a_sample_may_end) {
  BOOST_TEST(
      (direct(three_nodes(closed_loop_sensor, tcp, tcp)) == pairs{{robot, cloud}, {robot, edge}}));
}

BOOST_AUTO_TEST_CASE(a_node_needs_no_connection_with_itself) {
  auto toml = three_nodes(closed_loop_sensor, over_caf + "force = true\n", over_caf);
  for (const auto* other : {"cloud", "edge"})
    for (std::size_t at; (at = toml.find("node = \"" + std::string(other))) != toml.npos;)
      toml.replace(at, 8 + std::string(other).size(), "node = \"robot");
  BOOST_TEST(direct(toml).empty());
}

BOOST_AUTO_TEST_CASE(children_of_one_coordinator_need_not_meet) {
  const auto s = started(node_start::child, node_start::child);
  BOOST_TEST(!meeting_of(s, robot, cloud).has_value());
}

BOOST_AUTO_TEST_CASE(who_has_a_machine_of_its_own_listens) {
  for (const auto remote : {node_start::daemon, node_start::join}) {
    for (const auto& s : {started(node_start::child, remote), started(remote, node_start::child)}) {
      const node_id there = s.nodes[0].start == remote ? robot : cloud;
      for (const auto& m : {meeting_of(s, robot, cloud), meeting_of(s, cloud, robot)}) {
        BOOST_REQUIRE(m.has_value());
        BOOST_TEST(m->listens == there);
        BOOST_TEST(m->dials == 1u - there);
        BOOST_TEST(m->network.empty()); // the one that the coordinator reached it on
      }
    }
    const auto m = meeting_of(started(remote, node_start::daemon), robot, cloud);
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(m->listens == robot);
    BOOST_TEST(m->dials == cloud);
  }
}

BOOST_AUTO_TEST_CASE(children_with_a_link_over_caf_at_packet_level_meet_where_its_packets_pass) {
  const auto at = [](const std::string& uplink) {
    const auto g = read_plan(three_nodes(open_loop_sensor, uplink, tcp));
    return meeting_of(*g.what, robot, cloud);
  };
  const auto met = at(over_caf + "impair = { level = \"packet\", loss = \"1%\" }\n");
  BOOST_REQUIRE(met.has_value());
  BOOST_TEST(met->listens == cloud);
  BOOST_TEST(met->dials == robot);
  BOOST_TEST(met->network == "over:uplink");
  BOOST_TEST(!at(tcp + "impair = { level = \"packet\", loss = \"1%\" }\n").has_value());
  BOOST_TEST(!at(over_caf).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
