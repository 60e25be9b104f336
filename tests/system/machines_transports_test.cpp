// SPDX-License-Identifier: MIT
// Every transport that leaves a machine, between two of them, over IPv4 and over IPv6: encrypted,
// and nothing lost where nothing is in its way.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/skip.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <tuple>

using namespace peernet;
using namespace std::literals;

namespace {

namespace data = boost::unit_test::data;

const std::vector<std::string> transports{"zmq-tcp", "tcp", "udp", "caf"};

/// Two machines joined by a cable "lan"; on it they have a second address each, of IPv6, the
/// network "six" of the scenario. Null where there are no networks to be made, or no IPv6.
std::unique_ptr<machines> two_machines() {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return nullptr;
  for (const auto& [name, other, address] :
       {std::tuple{"robot", "cloud", "fd77::1/64"}, std::tuple{"cloud", "robot", "fd77::2/64"}}) {
    const auto done =
        run_ip((*lab)[name].inside(), {"address", "add", address, "dev", "lan-"s + other, "nodad"});
    if (!done) {
      skip_test("IPv6 cannot be used in a network of the test's own: " + done.error().message);
      return nullptr;
    }
  }
  return lab;
}

void check_run(machines& lab, const std::string& transport, const std::string& network) {
  auto overrides = both_over(transport);
  for (const auto* more :
       {"nodes.robot.addresses.six=fd77::1", "nodes.cloud.addresses.six=fd77::2"})
    overrides.emplace_back(more);
  for (const auto* link : {"up", "down"})
    overrides.push_back("links."s + link + ".network=" + network);
  auto run = lab.run(echo_scenario, overrides);
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") == 100);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM links WHERE sent = 100 AND delivered = 100 AND "
                       "transport = '" +
                       transport + "'") == 2);
  lab.await_free();
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_transports_test)

BOOST_DATA_TEST_CASE(a_closed_loop_over_ipv4_and_over_ipv6, data::make(transports), transport) {
  auto lab = two_machines();
  if (!lab)
    return;
  for (const auto* network : {"lan", "six"})
    BOOST_TEST_CONTEXT(network) {
      const auto before = (*lab)["cloud"].received_over("lan");
      check_run(*lab, transport, network);
      BOOST_TEST((*lab)["cloud"].received_over("lan") - before > 100 * 1000u); // on the cable
    }
}

BOOST_AUTO_TEST_SUITE_END()
