// SPDX-License-Identifier: MIT
#include "runtime/trace/statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace peernet;

namespace {

std::vector<std::int64_t> one_to(std::int64_t n) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1);
  return values;
}

} // namespace

BOOST_AUTO_TEST_SUITE(statistics_test)

BOOST_AUTO_TEST_CASE(a_percentile_needs_ten_values_beyond_it) {
  BOOST_TEST(values_needed(0.5) == 20u);
  BOOST_TEST(values_needed(0.9) == 100u);
  BOOST_TEST(values_needed(0.95) == 200u);
  BOOST_TEST(values_needed(0.99) == 1000u);
  BOOST_TEST(values_needed(0.999) == 10000u);
  BOOST_TEST(!percentile(one_to(19), 0.5).has_value());
  BOOST_TEST(percentile(one_to(20), 0.5).value() == 10);
  BOOST_TEST(!percentile(one_to(99), 0.9).has_value());
  BOOST_TEST(percentile(one_to(100), 0.9).value() == 90);
  BOOST_TEST(!percentile(one_to(999), 0.99).has_value());
  BOOST_TEST(percentile(one_to(1000), 0.99).value() == 990);
}

BOOST_AUTO_TEST_CASE(percentiles_are_nearest_ranks) {
  BOOST_TEST(percentile(one_to(21), 0.5).value() == 11);
  BOOST_TEST(percentile(one_to(101), 0.9).value() == 91); // ceil(90.9)
  BOOST_TEST(percentile(one_to(110), 0.9).value() == 99);
}

BOOST_AUTO_TEST_CASE(a_distribution_is_exact_in_any_order) {
  std::vector<std::int64_t> values{5, -1, 3};
  const auto d = distribution_of(values);
  BOOST_TEST(d.count == 3u);
  BOOST_TEST(d.min == -1);
  BOOST_TEST(d.max == 5);
  BOOST_TEST(d.mean == 7.0 / 3);
  BOOST_TEST(!d.p50.has_value());
  std::vector<std::int64_t> none;
  BOOST_TEST(distribution_of(none).count == 0u);
}

BOOST_AUTO_TEST_CASE(the_tails_are_given_where_there_are_values_enough) {
  auto values = one_to(10'000);
  const auto d = distribution_of(values);
  BOOST_TEST(d.p95.value() == 9'500);
  BOOST_TEST(d.p999.value() == 9'990);
  values = one_to(9'999);
  BOOST_TEST(!distribution_of(values).p999.has_value());
  values = one_to(199);
  BOOST_TEST(!distribution_of(values).p95.has_value());
}

BOOST_AUTO_TEST_CASE(plain_numbers_keep_their_fractions) {
  std::vector<double> values(20, 0.5);
  values.push_back(7.25);
  const auto d = distribution_of(values);
  BOOST_TEST(d.p50.value() == 0.5);
  BOOST_TEST(d.max == 7.25);
}

BOOST_AUTO_TEST_SUITE_END()
