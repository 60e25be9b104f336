// SPDX-License-Identifier: MIT
// The entry point of every test program. A test that finds a tool or a right missing calls
// `skip_test` (skip.hpp), and ctest shows the file as skipped.
#define BOOST_TEST_NO_MAIN
#include "tests/support/skip.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>

int main(int argc, char** argv) {
  const auto failed = boost::unit_test::unit_test_main([] { return true; }, argc, argv);
  if (failed == 0 && peernet::skipped_tests() > 0)
    return 77;
  return failed;
}
