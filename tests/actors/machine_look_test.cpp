// SPDX-License-Identifier: MIT
#include "actors/machine_look.hpp"
#include "runtime/config/reader.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// Two daemons at one address, and a link between them that needs one machine.
constexpr std::string_view two_daemons = R"([scenario]
samples = 1
[nodes.edge]
host = "lab:7447"
[nodes.cloud]
host = "lab:7448"
[sensors.camera]
node = "edge"
type = "bytes"
size = "1kB"
rate = "10Hz"
[sinks.wall]
node = "cloud"
[links.up]
from = "camera"
to = "wall"
transport = "zmq-ipc"
)";

machine_look look(std::uint16_t port, const std::string& clock) {
  return {.facts = {.clock_domain = clock},
          .who = "10.0.0.5:" + std::to_string(port),
          .at = {"10.0.0.5", port}};
}

std::vector<fault> check(const machine_looks& met) {
  const auto read = read_scenario_text(two_daemons, "test.toml", ".", {}, catalogue::builtin());
  BOOST_REQUIRE_MESSAGE(read.ok(), to_string(read.errors));
  return check_machines_met(read.scenario, met);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machine_look_test)

BOOST_AUTO_TEST_CASE(two_daemons_of_one_machine_are_what_such_a_link_needs) {
  BOOST_TEST(check({{0, look(7447, "boot")}, {1, look(7448, "boot")}}).empty());
  BOOST_TEST(check({}).empty());
  BOOST_TEST(check({{0, look(7447, "boot")}}).empty()); // of the other nothing is known
}

BOOST_AUTO_TEST_CASE(one_address_of_two_machines_is_told_with_link_and_remedy) {
  const auto wrong = check({{0, look(7447, "one boot")}, {1, look(7448, "another")}});
  BOOST_REQUIRE_EQUAL(wrong.size(), 1u);
  BOOST_TEST(wrong[0].key == "links.up.transport");
  BOOST_CHECK(wrong[0].why.code == errc::bad_scenario);
  BOOST_TEST(
      wrong[0].why.message ==
      "\"zmq-ipc\" works within one machine only, and \"edge\" (10.0.0.5:7447) and "
      "\"cloud\" (10.0.0.5:7448) are on two; these go between machines: zmq-tcp, tcp, caf, udp");
}

BOOST_AUTO_TEST_CASE(one_daemon_for_two_nodes_is_told_with_both) {
  const auto wrong = check({{0, look(7447, "boot")}, {1, look(7447, "boot")}});
  BOOST_REQUIRE_EQUAL(wrong.size(), 1u);
  BOOST_TEST(wrong[0].key == "nodes.cloud.host");
  BOOST_TEST(wrong[0].why.message.starts_with(
                 "leads to the daemon at 10.0.0.5:7447 that plays node \"edge\""),
             wrong[0].why.message);
}

BOOST_AUTO_TEST_SUITE_END()
