// SPDX-License-Identifier: MIT
#include "runtime/clocks/window.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr double granularity = 2; // ns

offset_bounds exchange(std::int64_t t) {
  return {t, 500, t + 1000, -500, 1000};
}

} // namespace

BOOST_AUTO_TEST_SUITE(window_test)

BOOST_AUTO_TEST_CASE(a_quarter_of_a_windows_length_helps_it_on_either_side) {
  BOOST_TEST(overlap_of(8 * second) == 2 * second);
}

BOOST_AUTO_TEST_CASE(a_strip_is_loosened_for_rates_that_change_over_all_that_it_covers) {
  const std::vector some{exchange(0), exchange(second - 1000)};
  BOOST_TEST(strip_of(some, 0).slack() == granularity);
  BOOST_TEST(strip_of(some, 1e-6).slack() == granularity + 250);
  BOOST_TEST(strip_of(some, 1e-6, 0, second).slack() == granularity + 250);
  BOOST_TEST(strip_of(some, 1e-6, -second, 3 * second).slack() == granularity + 1000);
}

BOOST_AUTO_TEST_CASE(all_exchanges_are_in_the_strip) {
  const auto contradiction = offset_bounds{second, -9000, second + 1, -10'000, 1000};
  BOOST_TEST(strip_of(std::vector{exchange(0), exchange(3 * second)}, 0).margin() >= 500);
  BOOST_TEST(strip_of(std::vector{exchange(0), contradiction, exchange(3 * second)}, 0).margin() <
             0);
}

BOOST_AUTO_TEST_SUITE_END()
