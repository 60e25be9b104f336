// SPDX-License-Identifier: MIT
#include "runtime/core/nearest.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using peernet::nearest_name;

BOOST_AUTO_TEST_SUITE(nearest_test)

BOOST_AUTO_TEST_CASE(finds_what_was_meant) {
  const std::vector<std::string> names{"camera", "detector", "drop-oldest", "drop-newest"};
  BOOST_TEST(nearest_name("camrea", names) == "camera"); // neighbours swapped
  BOOST_TEST(nearest_name("detectr", names) == "detector");
  BOOST_TEST(nearest_name("drop-older", names) == "drop-oldest");
}

BOOST_AUTO_TEST_CASE(says_nothing_when_nothing_is_near) {
  const std::vector<std::string> names{"camera"};
  BOOST_TEST(nearest_name("actuator", names).empty());
  BOOST_TEST(nearest_name("", names).empty());
  BOOST_TEST(nearest_name(std::string(1'000'000, 'a'), names).empty());
  BOOST_TEST(nearest_name("camera", {}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
