// SPDX-License-Identifier: MIT
#include "actors/engine/networks.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

enum : node_id { robot, base, cloud, edge };

/// Two children and two remote nodes, one of each kind.
scenario mixed() {
  scenario s;
  for (const auto* name : {"robot", "base", "cloud", "edge"})
    s.nodes.emplace_back().name = name;
  s.nodes[cloud].start = node_start::daemon;
  s.nodes[edge].start = node_start::join;
  s.nodes[robot].addresses = {{"wifi", "192.168.7.2"}};
  s.nodes[cloud].addresses = {{"lan", "10.0.0.5"}, {"wifi", "192.168.7.5"}};
  return s;
}

const facing paths{
    {cloud, {.remote_address = "10.0.0.5", .local_address = "10.0.0.2"}},
    {edge, {.remote_address = "fd00::9", .local_address = "fd00::2"}},
};

std::string address_on(const std::vector<node_network>& all, const std::string& network) {
  for (const auto& n : all)
    if (n.network == network)
      return n.address;
  return "none";
}

} // namespace

BOOST_AUTO_TEST_SUITE(networks_test)

BOOST_AUTO_TEST_CASE(a_node_that_the_coordinator_does_not_start_is_remote) {
  const auto s = mixed();
  BOOST_TEST(!is_remote(s, robot));
  BOOST_TEST(is_remote(s, cloud));
  BOOST_TEST(is_remote(s, edge));
}

BOOST_AUTO_TEST_CASE(a_link_without_a_network_uses_the_one_that_reaches_the_receiver) {
  const auto s = mixed();
  const link_config l;
  BOOST_TEST(network_of_lane(s, robot, base, l) == "");
  BOOST_TEST(network_of_lane(s, robot, robot, l) == "");
  BOOST_TEST(network_of_lane(s, robot, cloud, l) == "");
  BOOST_TEST(network_of_lane(s, robot, edge, l) == "");
  BOOST_TEST(network_of_lane(s, cloud, edge, l) == "");
  BOOST_TEST(network_of_lane(s, edge, edge, l) == "");
  BOOST_TEST(network_of_lane(s, cloud, robot, l) == "to:cloud");
  BOOST_TEST(network_of_lane(s, edge, robot, l) == "to:edge");
}

BOOST_AUTO_TEST_CASE(a_link_at_packet_level_isolates_what_starts_here) {
  auto s = mixed();
  const link_config plain{.name = "down"};
  const link_config packets{.name = "up", .impair = impairment{.level = impair_level::packet}};
  BOOST_TEST(!is_isolated(s, robot));
  s.links = {packets, plain};
  BOOST_TEST(is_isolated(s, robot));
  BOOST_TEST(is_isolated(s, base));
  BOOST_TEST(!is_isolated(s, cloud));
  BOOST_TEST(network_of_lane(s, robot, base, packets) == "over:up");
  BOOST_TEST(network_towards(s, robot, base, packets) == "over:up");
  BOOST_TEST(network_of_lane(s, base, robot, plain) == "to:base"); // the receiver's end of a cable
  BOOST_TEST(network_towards(s, base, robot, plain) == "to:robot");
  BOOST_TEST(network_of_lane(s, robot, robot, plain) == "");
  BOOST_TEST(network_of_lane(s, cloud, edge, plain) == "");
  BOOST_TEST(address_on(resolve_networks(s, robot, paths), "to:cloud") == "none");
}

BOOST_AUTO_TEST_CASE(a_link_s_own_network_goes_before_every_rule) {
  const auto s = mixed();
  link_config l;
  l.network = "wifi";
  for (const auto from : {robot, base, cloud, edge})
    for (const auto to : {robot, cloud})
      BOOST_TEST(network_of_lane(s, from, to, l) == "wifi");
}

BOOST_AUTO_TEST_CASE(a_child_is_reached_on_the_loopback_and_on_what_faces_each_remote_node) {
  const auto s = mixed();
  const std::vector<node_network> expected{
      {"", "127.0.0.1"}, {"to:cloud", "10.0.0.2"}, {"to:edge", "fd00::2"}, {"wifi", "192.168.7.2"}};
  BOOST_TEST((resolve_networks(s, robot, paths) == expected));
  BOOST_TEST(resolve_networks(s, base, paths).size() == 3u);
  const std::vector<node_network> alone{{"", "127.0.0.1"}};
  BOOST_TEST((resolve_networks(s, base, {}) == alone));
}

BOOST_AUTO_TEST_CASE(a_remote_node_is_reached_where_the_coordinator_reached_it) {
  const auto s = mixed();
  const std::vector<node_network> expected{
      {"", "10.0.0.5"}, {"lan", "10.0.0.5"}, {"wifi", "192.168.7.5"}};
  BOOST_TEST((resolve_networks(s, cloud, paths) == expected));
  const std::vector<node_network> only{{"", "fd00::9"}};
  BOOST_TEST((resolve_networks(s, edge, paths) == only));
}

BOOST_AUTO_TEST_CASE(a_remote_node_that_nobody_reached_has_no_default_network) {
  const auto s = mixed();
  BOOST_TEST(address_on(resolve_networks(s, cloud, {}), "") == "none");
  BOOST_TEST(address_on(resolve_networks(s, cloud, {}), "lan") == "10.0.0.5");
}

BOOST_AUTO_TEST_CASE(every_lane_s_network_is_one_of_its_receiver) {
  const auto s = mixed();
  const link_config l;
  for (const auto from : {robot, base, cloud, edge})
    for (const auto to : {robot, base, cloud, edge})
      BOOST_TEST(address_on(resolve_networks(s, to, paths), network_of_lane(s, from, to, l)) !=
                 "none");
}

BOOST_AUTO_TEST_SUITE_END()
