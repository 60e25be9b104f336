// SPDX-License-Identifier: MIT
#include "runtime/plugin/known_types.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(known_types_test)

BOOST_AUTO_TEST_CASE(peernets_own_types_are_known_and_stay_the_same) {
  for (const auto& entry : catalogue::builtin().entries())
    BOOST_TEST(known_types().find(entry.kind, entry.name), entry.name);
  BOOST_TEST(&known_types() == &known_types());
  BOOST_TEST(mistakes_of_known_types().empty());
}

BOOST_AUTO_TEST_SUITE_END()
