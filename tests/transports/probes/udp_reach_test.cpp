// SPDX-License-Identifier: MIT
#include "transports/probes/udp_reach.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr duration longest = 1s;

stamp at(duration t) {
  return stamp_from_ns(1'000'000'000'000) + t;
}

/// Behind an opening burst that was answered.
struct answered_burst {
  answered_burst() {
    sut.begin_burst(0);
    sut.end_burst(40);
  }
  udp_reach sut;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(udp_reach_test, answered_burst)

BOOST_AUTO_TEST_CASE(at_first_nobody_is_reached) {
  BOOST_TEST(!udp_reach{}.passes());
}

BOOST_AUTO_TEST_CASE(each_burst_counts_for_itself) {
  BOOST_TEST(sut.passes());
  sut.begin_burst(40);
  sut.end_burst(40);
  BOOST_TEST(!sut.passes());
  sut.begin_burst(40);
  sut.end_burst(40 + udp_reach::enough - 1);
  BOOST_TEST(!sut.passes());
  sut.begin_burst(50);
  sut.end_burst(50 + udp_reach::enough);
  BOOST_TEST(sut.passes());
}

BOOST_AUTO_TEST_CASE(steadily_the_age_of_the_last_answer_counts) {
  sut.look(at(0s), at(-1h), longest); // the burst is no reason to miss answers
  BOOST_TEST(sut.passes());
  sut.look(at(1s), at(-1h), longest);
  BOOST_TEST(sut.passes());
  sut.look(at(1100ms), at(-1h), longest);
  BOOST_TEST(!sut.passes());
  sut.look(at(1200ms), at(1150ms), longest);
  BOOST_TEST(sut.passes());
  sut.look(at(2150ms), at(1150ms), longest);
  BOOST_TEST(sut.passes());
  sut.look(at(2151ms), at(1150ms), longest);
  BOOST_TEST(!sut.passes());
}

BOOST_AUTO_TEST_CASE(who_did_not_answer_the_burst_must_answer_first) {
  sut.begin_burst(40);
  sut.end_burst(41);
  sut.look(at(0s), at(-10ms), longest);
  sut.look(at(100ms), at(-10ms), longest);
  BOOST_TEST(!sut.passes());
  sut.look(at(200ms), at(150ms), longest);
  BOOST_TEST(sut.passes());
}

BOOST_AUTO_TEST_CASE(without_any_answer_nobody_is_reached) {
  sut.look(at(0s), {}, longest);
  sut.look(at(2s), {}, longest);
  BOOST_TEST(!sut.passes());
}

BOOST_AUTO_TEST_SUITE_END()
