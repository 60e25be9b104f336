// SPDX-License-Identifier: MIT
#include "transports/descriptor.hpp"
#include "transports/numeric_address.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(numeric_address_test)

BOOST_AUTO_TEST_CASE(addresses_of_both_kinds_are_read) {
  const auto four = numeric_address::read("127.0.0.1", 7788);
  BOOST_REQUIRE(four.ok());
  BOOST_TEST((four->v4() && four->port() == 7788 && four->host() == "127.0.0.1"));
  const auto six = numeric_address::read("fd00::5", 1);
  BOOST_REQUIRE(six.ok());
  BOOST_TEST((!six->v4() && six->port() == 1 && six->host() == "fd00::5"));
}

BOOST_AUTO_TEST_CASE(a_name_is_no_address_and_nobody_is_asked_for_it) {
  for (const auto* text : {"localhost", "", "10.0.0.500", "10.0.0.5:80", "[::1]"}) {
    const auto none = numeric_address::read(text, 1);
    BOOST_TEST(!none.ok(), text);
    if (!none.ok())
      BOOST_TEST(none.error().message == '"' + std::string(text) + "\" is no IP address");
  }
}

BOOST_AUTO_TEST_CASE(a_bound_socket_knows_where_it_is) {
  const descriptor s(::socket(AF_INET, SOCK_DGRAM, 0));
  const auto any = *numeric_address::read("127.0.0.1", 0);
  BOOST_REQUIRE(::bind(s.get(), any.get(), any.size) == 0);
  const auto at = numeric_address::of(s.get());
  BOOST_TEST((at.host() == "127.0.0.1" && at.port() > 0));
  BOOST_TEST(numeric_address::of(-1).port() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
