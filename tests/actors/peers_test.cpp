// SPDX-License-Identifier: MIT
#include "actors/peers.hpp"
#include "tests/support/actor_fixture.hpp"

using namespace peernet;

BOOST_FIXTURE_TEST_SUITE(peers_test, actor_fixture)

BOOST_AUTO_TEST_CASE(a_peer_is_found_until_the_table_is_cleared) {
  peer_table peers;
  BOOST_TEST(!peers.find(3));
  const auto idle =
      spawn([](caf::event_based_actor*) -> caf::behavior { return {[](quit_atom) {}}; });
  const auto peer = caf::actor_cast<node_actor>(idle);
  peers.add(3, peer);
  BOOST_CHECK(peers.find(3) == peer);
  BOOST_TEST(!peers.find(4));
  peers.clear();
  BOOST_TEST(!peers.find(3));
}

BOOST_AUTO_TEST_SUITE_END()
