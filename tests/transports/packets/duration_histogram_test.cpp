// SPDX-License-Identifier: MIT
#include "transports/packets/duration_histogram.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(duration_histogram_test)

BOOST_AUTO_TEST_CASE(of_nothing_all_is_0) {
  BOOST_TEST(duration_histogram{}.percentile(0.5) == 0u);
  BOOST_TEST(duration_histogram{}.most() == 0u);
}

BOOST_AUTO_TEST_CASE(a_percentile_is_never_too_low_and_at_most_a_sixteenth_too_high) {
  for (const std::uint64_t scale : {1ull, 37ull, 1'000ull, 999'983ull, 1ull << 40}) {
    duration_histogram sut;
    for (std::uint64_t i = 1; i <= 1000; ++i)
      sut.add(duration{static_cast<std::int64_t>(i * scale)});
    for (const auto& [share, rank] : {std::pair{0.5, 500ull}, {0.99, 990ull}, {1.0, 1000ull}}) {
      const auto exact = rank * scale;
      BOOST_TEST(sut.percentile(share) >= exact);
      BOOST_TEST(sut.percentile(share) <= exact + exact / 16);
    }
    BOOST_TEST(sut.most() == 1000 * scale);
    BOOST_TEST(sut.count() == 1000u);
  }
}

BOOST_AUTO_TEST_CASE(below_0_counts_as_0_and_the_longest_still_fits) {
  duration_histogram sut;
  sut.add(duration{-5});
  BOOST_TEST(sut.percentile(1) == 0u);
  sut.add(duration::max());
  BOOST_TEST(sut.percentile(1) == static_cast<std::uint64_t>(duration::max().count()));
}

BOOST_AUTO_TEST_SUITE_END()
