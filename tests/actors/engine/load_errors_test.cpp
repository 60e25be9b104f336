// SPDX-License-Identifier: MIT
#include "actors/engine/load_errors.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(load_errors_test)

BOOST_AUTO_TEST_CASE(each_error_is_a_line_and_none_is_there_twice) {
  load_errors sut;
  BOOST_TEST(sut.none());
  sut.add({"sensors.a", {errc::not_found, "no file"}});
  sut.add({"sinks.b", {errc::unreadable, "no folder"}});
  sut.add({"sensors.a", {errc::not_found, "no file"}});
  BOOST_TEST(!sut.none());
  BOOST_TEST(sut.all().size() == 2u);
  BOOST_TEST(sut.joined().message == "sensors.a: no file\nsinks.b: no folder");
  BOOST_CHECK(sut.joined().code == errc::not_found);
}

BOOST_AUTO_TEST_CASE(the_users_mistakes_go_before_ours) {
  load_errors sut;
  sut.add({"", {errc::internal, "oops"}});
  BOOST_TEST(sut.joined().message == "oops"); // of no key
  BOOST_CHECK(sut.joined().code == errc::internal);
  sut.add({"sinks.b", {errc::unreadable, "no folder"}});
  BOOST_CHECK(sut.joined().code == errc::unreadable);
}

BOOST_AUTO_TEST_SUITE_END()
