// SPDX-License-Identifier: MIT
#include "runtime/config/packet_level.hpp"
#include "tests/runtime/config/impaired_scenario.hpp"

#include <boost/test/data/test_case.hpp>

using namespace peernet;
namespace data = boost::unit_test::data;

namespace {

const std::string loss = "level = \"packet\", loss = \"1%\"";

} // namespace

BOOST_AUTO_TEST_SUITE(packet_level_test)

BOOST_DATA_TEST_CASE(packets_of_every_transport_that_sends_some_may_get_lost,
                     data::make({"tcp", "zmq-tcp", "udp", "caf"}), transport) {
  const auto r =
      read_lossy(with_impair(loss + ", duplicate = \"1%\", corrupt = \"1%\"", transport));
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  BOOST_TEST(at_packet_level(r.scenario.links[0]));
  BOOST_TEST(has_packet_level(r.scenario));
}

BOOST_AUTO_TEST_CASE(without_the_word_it_is_samples) {
  const auto s = read_right(base_text, {"links.uplink.impair={ delay = \"1ms\" }"});
  BOOST_TEST(!at_packet_level(s.links[0]));
  BOOST_TEST(!has_packet_level(s));
}

BOOST_AUTO_TEST_CASE(a_level_alone_is_an_impairment_that_does_nothing) {
  BOOST_TEST(
      has_packet_level(read_right(base_text, {"links.uplink.impair={ level = \"packet\" }"})));
}

BOOST_DATA_TEST_CASE(what_sends_no_packets_is_refused, data::make({"shm", "zmq-ipc"}), transport) {
  expect_one(read_lossy(with_impair(loss, transport)), 22, 20,
             "links.uplink.impair.level: \"" + std::string(transport) + "\" sends no packets");
}

BOOST_AUTO_TEST_CASE(within_a_node_no_packet_leaves_it) {
  expect_one(read_lossy(with_impair(loss), {"inference.detector.node=robot"}), 22, 20,
             "both ends are on node \"robot\"");
  expect_one(
      read_lossy(with_impair(loss), {"inference.detector.node=robot", "links.uplink.force=true"}),
      22, 20, "both ends are on node \"robot\"");
}

BOOST_AUTO_TEST_CASE(nodes_that_do_not_start_here_are_refused) {
  const auto away =
      std::vector<std::string>{"nodes.cloud.host=10.0.0.5:7447", "links.downlink.transport=tcp"};
  const auto all = to_string(read_lossy(with_impair(loss), away).errors);
  BOOST_TEST(all.find("links.uplink.impair.level: node \"cloud\" does not start on this machine") !=
                 std::string::npos,
             all);
  BOOST_TEST(all.find("links.downlink: links at packet level give node \"robot\" a network of its "
                      "own, from which no way leads to node \"cloud\"") != std::string::npos,
             all);
}

BOOST_AUTO_TEST_CASE(addresses_of_nodes_with_networks_of_their_own_are_refused) {
  const auto r = read_lossy(with_impair(loss), {"nodes.robot.addresses={ lan = \"10.0.0.5\" }"});
  BOOST_REQUIRE(r.errors.size() == 1u);
  BOOST_TEST(r.errors[0].message.find("nodes.robot.addresses") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(links_over_caf_between_two_nodes_share_their_fate) {
  const auto both = [&](const std::string& down) {
    return read_lossy(with_impair(loss, "caf"),
                      {"links.downlink.transport=caf", "links.downlink.impair=" + down});
  };
  BOOST_TEST(both("{ level = \"packet\", delay = \"9ms\" }").ok()); // the way back is another
  const auto mixed = both("{ delay = \"9ms\" }");
  BOOST_REQUIRE(mixed.errors.size() == 1u);
  BOOST_TEST(mixed.errors[0].message.find("share one connection") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_way_back_is_the_link_that_leads_there) {
  const auto s = read_right(base_text, {"links.uplink.impair={ level = \"packet\" }",
                                        "links.downlink.impair={ level = \"packet\" }"});
  BOOST_TEST(way_back_of(s, s.links[0]) == &s.links[1]);
  BOOST_TEST(way_back_of(s, s.links[1]) == &s.links[0]);
  const auto alone = read_right(base_text, {"links.uplink.impair={ level = \"packet\" }",
                                            "links.downlink.impair={ delay = \"1ms\" }"});
  BOOST_TEST(!way_back_of(alone, alone.links[0]));
}

BOOST_AUTO_TEST_CASE(the_step_emulate_is_not_to_be_expected) {
  const auto r =
      read_lossy(with_impair(loss), {"expect.metrics={ \"uplink.emulate\" = \"p50 < 1s\" }"});
  BOOST_TEST(r.ok(), to_string(r.errors));
}

BOOST_AUTO_TEST_SUITE_END()
