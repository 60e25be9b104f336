// SPDX-License-Identifier: MIT
#include "transports/packets/lateness.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(lateness_test)

BOOST_AUTO_TEST_CASE(nothing_was_never_late) {
  BOOST_TEST(lateness{}.percentile(0.5) == 0u);
  BOOST_TEST(lateness{}.most() == 0u);
}

BOOST_AUTO_TEST_CASE(a_percentile_is_never_too_low_and_at_most_a_sixteenth_too_high) {
  for (const std::uint64_t scale : {1ull, 37ull, 1'000ull, 999'983ull, 1ull << 40}) {
    lateness l;
    for (std::uint64_t i = 1; i <= 1000; ++i)
      l.add(duration{static_cast<std::int64_t>(i * scale)});
    for (const auto& [share, rank] : {std::pair{0.5, 500ull}, {0.99, 990ull}, {1.0, 1000ull}}) {
      const auto exact = rank * scale;
      BOOST_TEST(l.percentile(share) >= exact);
      BOOST_TEST(l.percentile(share) <= exact + exact / 16);
    }
    BOOST_TEST(l.most() == 1000 * scale);
    BOOST_TEST(l.count() == 1000u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_early_is_in_time_and_what_is_very_late_still_fits) {
  lateness l;
  l.add(duration{-5});
  BOOST_TEST(l.percentile(1) == 0u);
  l.add(duration::max());
  BOOST_TEST(l.percentile(1) == static_cast<std::uint64_t>(duration::max().count()));
}

BOOST_AUTO_TEST_SUITE_END()
