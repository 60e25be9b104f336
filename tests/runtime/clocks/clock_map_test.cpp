// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_map.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(clock_map_test)

BOOST_AUTO_TEST_CASE(the_reference_clock_needs_no_segment) {
  const clock_map sut;
  BOOST_TEST(sut.to_reference(0, 42)->ns == 42);
  BOOST_TEST(sut.to_reference(0, 42)->bound == 0);
  BOOST_TEST(!sut.to_reference(1, 42).has_value());
}

BOOST_AUTO_TEST_CASE(on_one_clock_a_difference_is_exact_even_without_an_estimate) {
  const clock_map sut;
  BOOST_TEST(sut.between(5, 10, 5, 30)->ns == 20);
  BOOST_TEST(sut.between(5, 10, 5, 30)->bound == 0);
  BOOST_TEST(!sut.between(5, 10, 6, 30).has_value());
}

BOOST_AUTO_TEST_CASE(several_segments_share_the_time_between_them) {
  const clock_map sut({{.from = 1, .to = 0, .first_ns = 100, .last_ns = 199, .offset_ns = 2},
                       {.from = 1, .to = 0, .last_ns = 99, .offset_ns = 1},
                       {.from = 1, .to = 0, .first_ns = 300, .offset_ns = 3},
                       {.from = 2, .to = 0, .offset_ns = 9}});
  BOOST_TEST(sut.to_reference(1, INT64_MIN / 2)->ns == INT64_MIN / 2 + 1);
  BOOST_TEST(sut.to_reference(1, 99)->ns == 100);
  BOOST_TEST(sut.to_reference(1, 100)->ns == 102);
  BOOST_TEST(!sut.to_reference(1, 200).has_value()); // a gap
  BOOST_TEST(sut.to_reference(1, 300)->ns == 303);
  BOOST_TEST(sut.to_reference(2, 0)->ns == 9);
}

BOOST_AUTO_TEST_CASE(a_direct_estimate_goes_before_the_way_across_the_reference) {
  std::vector<clock_segment> segments{{.from = 1, .to = 0, .offset_ns = 10, .bound_ns = 5},
                                      {.from = 2, .to = 0, .offset_ns = -10, .bound_ns = 6}};
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->ns == 80);
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->bound == 11);
  segments.push_back({.from = 1, .to = 2, .offset_ns = 21, .bound_ns = 1});
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->ns == 79);
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->bound == 1);
  BOOST_TEST(clock_map(segments).between(2, 0, 1, 100)->ns == 120); // only the other way is known
}

BOOST_AUTO_TEST_SUITE_END()
