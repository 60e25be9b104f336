// SPDX-License-Identifier: MIT
#include "runtime/plugin/guarded.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(guarded_test)

BOOST_AUTO_TEST_CASE(what_the_body_gives_comes_through) {
  const auto number = guarded([]() -> result<int> { return 7; });
  BOOST_TEST(number.value() == 7);
  const auto refused = guarded([]() -> result<int> { return error{errc::refused, "no"}; });
  BOOST_CHECK(refused.error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(an_exception_becomes_an_error_with_its_text) {
  const auto done = guarded([]() -> result<void> { throw std::runtime_error("out of paper"); });
  BOOST_REQUIRE(!done.ok());
  BOOST_CHECK(done.error().code == errc::internal);
  BOOST_TEST(done.error().message == "out of paper");
}

BOOST_AUTO_TEST_CASE(anything_else_thrown_becomes_an_error_too) {
  const auto done = guarded([]() -> result<void> { throw 42; });
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().message.find("no std::exception") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
