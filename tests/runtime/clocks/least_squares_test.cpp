// SPDX-License-Identifier: MIT
#include "runtime/clocks/least_squares.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// At `t`, with an offset of 2 s and 40 ppm, both delays equal.
offset_bounds exchange(std::int64_t t, std::int64_t delay) {
  const auto offset = 2 * second + t / 25'000;
  return {t, offset + delay, t + 2 * delay, offset - delay, 2 * delay};
}

std::vector<offset_bounds> exchanges(int n) {
  std::vector<offset_bounds> all;
  for (int i = 0; i < n; ++i)
    all.push_back(exchange(i * ms, 10 * us + i % 20));
  return all;
}

const clock_segment estimate{
    .from = 0, .to = 1, .offset_ns = 2 * second, .drift = 40e-6, .bound_ns = 10 * us};

} // namespace

BOOST_AUTO_TEST_SUITE(least_squares_test)

BOOST_AUTO_TEST_CASE(equal_delays_give_the_truth) {
  const auto found = check_fastest(exchanges(400), estimate);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(std::abs(found->difference_ns) <= 2);
  BOOST_TEST(found->bound_ns == 10 * us);
  BOOST_TEST(found->offset_ns == 2 * second + found->time_ns / 25'000 + found->difference_ns);
}

BOOST_AUTO_TEST_CASE(slow_exchanges_have_no_say) {
  auto all = exchanges(400);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % 20 != 0) { // all but the fastest 5 %
      all[i].high += 5 * ms;
      all[i].round_trip += 5 * ms;
    }
  BOOST_TEST(std::abs(check_fastest(all, estimate)->difference_ns) <= 2);
}

BOOST_AUTO_TEST_CASE(an_estimate_that_is_wrong_differs_by_more_than_its_bound) {
  auto wrong = estimate;
  wrong.offset_ns -= 15 * us;
  const auto found = check_fastest(exchanges(400), wrong);
  BOOST_TEST(std::abs(found->difference_ns - 15 * us) <= 2);
  BOOST_TEST(found->difference_ns > found->bound_ns);
}

BOOST_AUTO_TEST_CASE(it_looks_where_the_segment_holds) {
  auto later = estimate;
  later.first_ns = 390 * ms;
  const auto found = check_fastest(exchanges(400), later);
  BOOST_TEST(found->time_ns == 390 * ms);
  BOOST_TEST(std::abs(found->difference_ns) <= 2);
}

BOOST_AUTO_TEST_CASE(of_few_exchanges_the_fastest_are_not_fast) {
  BOOST_TEST(!check_fastest(exchanges(39), estimate).has_value());
  BOOST_TEST(check_fastest(exchanges(40), estimate).has_value());
}

BOOST_AUTO_TEST_CASE(exchanges_of_one_moment_have_no_slope) {
  const auto found = check_fastest(std::vector(40, exchange(7 * ms, 10 * us)), estimate);
  BOOST_TEST(std::abs(found->difference_ns) <= 2);
}

BOOST_AUTO_TEST_SUITE_END()
