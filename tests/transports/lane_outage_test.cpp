// SPDX-License-Identifier: MIT
// What a lane tells of a channel that loses its connection.
#include "tests/transports/sending_lane.hpp"
#include "transports/lane_sender.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr auto reset = "10.0.0.5:7447: Connection reset by peer";

} // namespace

BOOST_AUTO_TEST_SUITE(lane_outage_test)

BOOST_AUTO_TEST_CASE(an_outage_is_told_once_with_its_reason_and_so_is_its_end) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  for (int outage = 0; outage < 2; ++outage) {
    l.send(0);
    BOOST_TEST(l.node.events.take().first.empty());
    l.channel->lose_connection(reset);
    for (std::uint64_t n = 1; n < 4; ++n)
      l.send(n);
    auto events = l.node.events.take().first;
    BOOST_REQUIRE(events.size() == 1u);
    BOOST_TEST((events[0].how == severity::warning && events[0].what == "connection lost"));
    for (const auto* said : {"uplink", "10.0.0.5:7447", "Connection reset by peer"})
      BOOST_TEST(events[0].detail.find(said) != std::string::npos, said);
    l.channel->recover();
    for (std::uint64_t n = 4; n < 7; ++n)
      l.send(n);
    events = l.node.events.take().first;
    BOOST_REQUIRE(events.size() == 1u);
    BOOST_TEST((events[0].how == severity::info));
    BOOST_TEST(events[0].detail.find("uplink") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_outage_that_no_sample_met_is_told_all_the_same) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  l.channel->lose_connection(reset);
  l.channel->recover();
  l.send(0);
  const auto events = l.node.events.take().first;
  BOOST_REQUIRE(events.size() == 2u);
  BOOST_TEST((events[0].what == "connection lost" && events[1].what == "connection stands again"));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_with_the_run_is_no_event) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  l.send(0);
  l.sut->finish(clock::machine_now() + test_deadline);
  l.channel->lose_connection(reset);
  l.send(1);
  BOOST_TEST(l.node.events.take().first.empty());
}

BOOST_AUTO_TEST_SUITE_END()
