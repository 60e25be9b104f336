// SPDX-License-Identifier: MIT
#include "actors/clock.hpp"
#include "tests/support/actor_fixture.hpp"

using namespace peernet;

BOOST_FIXTURE_TEST_SUITE(clock_test, actor_fixture)

BOOST_AUTO_TEST_CASE(a_probe_is_answered_with_two_stamps_of_the_node_s_clock) {
  const peernet::clock own(clock_error{.offset = std::chrono::hours{1}, .drift_ppm = 0});
  const auto probes = spawn(actors::clock, actors::clock_config{.source = own});
  const auto before = to_ns(own.now());
  const auto a = ask_for<std::int64_t, std::int64_t, std::int64_t>(probes, probe_atom::value,
                                                                   std::int64_t{42});
  const auto after = to_ns(own.now());
  BOOST_REQUIRE(a->ok());
  const auto [t1, t2, t3] = *a->value;
  BOOST_TEST(t1 == 42);
  BOOST_TEST(before <= t2);
  BOOST_TEST(t2 <= t3);
  BOOST_TEST(t3 <= after);
}

BOOST_AUTO_TEST_SUITE_END()
