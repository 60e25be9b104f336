// SPDX-License-Identifier: MIT
#include "runtime/core/port_range.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(port_range_test)

BOOST_AUTO_TEST_CASE(ranges_of_ports_are_read_and_printed) {
  for (const auto* text : {"7500-7599", "1-65535", "7500"})
    BOOST_TEST(to_string(*parse_port_range(text)) == text);
  BOOST_TEST((*parse_port_range("7500-7599") == port_range{.first = 7500, .last = 7599}));
  BOOST_TEST((*parse_port_range("7500") == port_range{.first = 7500, .last = 7500}));
  BOOST_TEST((*parse_port_range("7500-7500") == port_range{.first = 7500, .last = 7500}));
  BOOST_TEST(!parse_port_range("7500")->any());
  BOOST_TEST(port_range{}.any());
  BOOST_TEST(to_string(port_range{}) == "any");
}

BOOST_AUTO_TEST_CASE(what_is_no_range_of_ports_is_named_with_an_example) {
  for (const std::string text :
       {"", "-", "0", "0-10", "7500-", "-7500", "7599-7500", "65536", "7500-65536", "7500-7599-1",
        "7500 - 7599", " 7500", "7500x", "+7500", "any", "7500-0x1d50", "99999999999999999999"}) {
    const auto read = parse_port_range(text);
    BOOST_REQUIRE_MESSAGE(!read.ok(), text);
    BOOST_TEST((read.error().code == errc::bad_scenario));
    BOOST_TEST(read.error().message.find("\"" + text + "\"") != std::string::npos);
    BOOST_TEST(read.error().message.find("7500-7599") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_first_free_port_of_a_range_is_taken) {
  std::vector<std::uint16_t> tried;
  const auto free_from = [&](std::uint16_t free) {
    return [&tried, free](std::uint16_t port) -> result<int> {
      tried.push_back(port);
      return port >= free ? result<int>{port} : error{errc::io, "in use"};
    };
  };
  BOOST_TEST(*first_free({.first = 7500, .last = 7509}, free_from(7502)) == 7502);
  BOOST_CHECK((tried == std::vector<std::uint16_t>{7500, 7501, 7502}));
  BOOST_TEST(*first_free({.first = 65534, .last = 65535}, free_from(65535)) == 65535);
  tried.clear();
  BOOST_TEST(*first_free({}, free_from(0)) == 0); // the system chooses
  BOOST_TEST(tried.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_range_without_a_free_port_is_named_with_the_remedy) {
  int tried = 0;
  const auto taken = [&](std::uint16_t port) -> result<int> {
    ++tried;
    return error{errc::io, std::to_string(port) + " is in use"};
  };
  const auto none = first_free({.first = 65530, .last = 65535}, taken);
  BOOST_REQUIRE(!none.ok());
  BOOST_TEST((none.error().code == errc::busy));
  BOOST_TEST(none.error().message ==
             "no port of 65530-65535 is free; widen --ports (65535 is in use)");
  BOOST_TEST(tried == 6);
  // Where any would do, there is nothing to widen.
  BOOST_TEST(first_free({}, taken).error().message == "0 is in use");
}

BOOST_AUTO_TEST_CASE(what_no_other_port_would_mend_ends_the_search) {
  int tried = 0;
  const auto broken = [&](std::uint16_t) -> result<int> {
    return ++tried < 3 ? error{errc::io, "in use"} : error{errc::unsupported, "no encryption"};
  };
  const auto failed = first_free({.first = 7500, .last = 7599}, broken);
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST((failed.error().code == errc::unsupported));
  BOOST_TEST(failed.error().message == "no encryption");
  BOOST_TEST(tried == 3);
}

BOOST_AUTO_TEST_SUITE_END()
