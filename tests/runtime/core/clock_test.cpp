// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace std::chrono_literals;
using peernet::clock_error;
using peernet::duration;
using peernet::stamp;

BOOST_AUTO_TEST_SUITE(clock_test)

BOOST_AUTO_TEST_CASE(a_true_clock_is_the_machines) {
  const peernet::clock sut;
  const auto before = peernet::clock::machine_now();
  const auto now = sut.now();
  const auto after = peernet::clock::machine_now();
  BOOST_TEST((before <= now && now <= after));
  BOOST_TEST((sut.from_machine(now) == now && sut.to_machine(now) == now));
}

BOOST_AUTO_TEST_CASE(a_test_clock_has_the_offset_and_drift_it_was_given) {
  const auto made = peernet::clock::machine_now();
  const peernet::clock sut(clock_error{.offset = 250ms, .drift_ppm = 40});
  const auto a_minute_on = made + 60s;
  const auto error = sut.from_machine(a_minute_on) - a_minute_on;
  const auto expected = 250ms + 2400us; // 60 s × 40 ppm
  BOOST_TEST(std::abs((error - expected).count()) < 1'000'000 * 40e-6 + 1000);
}

BOOST_AUTO_TEST_CASE(mapping_there_and_back_is_exact_to_a_nanosecond) {
  const peernet::clock sut(clock_error{.offset = -3s, .drift_ppm = -100});
  for (const duration ahead : {duration{0}, duration{1ms}, duration{1h}}) {
    const auto t = peernet::clock::machine_now() + ahead;
    BOOST_TEST(std::abs((sut.to_machine(sut.from_machine(t)) - t).count()) <= 1);
  }
}

BOOST_AUTO_TEST_CASE(sleeping_ends_when_the_test_clock_says) {
  const peernet::clock sut(clock_error{.offset = 2h, .drift_ppm = 0});
  const auto until = sut.now() + 2ms;
  sut.sleep_until(until);
  BOOST_TEST((sut.now() >= until));
  sut.sleep_until(until - 1h); // passed: returns at once
}

BOOST_AUTO_TEST_CASE(clocks_of_one_machine_share_a_domain_and_test_clocks_none) {
  BOOST_TEST(peernet::clock().domain() == peernet::clock().domain());
  const peernet::clock a(clock_error{.offset = 1ms}), b(clock_error{.offset = 1ms});
  BOOST_TEST(a.domain() != peernet::clock().domain());
  BOOST_TEST(a.domain() != b.domain());
}

BOOST_AUTO_TEST_CASE(utc_names_sort_by_time) {
  BOOST_TEST(peernet::utc_compact(0) == "19700101T000000Z");
  BOOST_TEST(peernet::utc_compact(1'795'420'267'000'000'000) == "20261123T075107Z");
}

BOOST_AUTO_TEST_SUITE_END()
