// SPDX-License-Identifier: MIT
#include "runtime/core/address.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(address_test)

BOOST_AUTO_TEST_CASE(addresses_that_only_this_machine_can_reach_are_loopback) {
  for (const auto* address : {"127.0.0.1", "127.0.0.2", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1",
                              "::ffff:127.0.0.1", "::ffff:127.9.9.9"})
    BOOST_TEST(is_loopback(address), address);
}

BOOST_AUTO_TEST_CASE(everything_else_may_leave_the_machine) {
  for (const auto* address :
       {"", "10.0.0.5", "128.0.0.1", "126.255.255.255", "1.0.0.127", "0.0.0.0", "::", "::2",
        "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fe80::1%lo", "localhost", "127.0.0.1:80",
        "127.1", "127.0.0.1 ", "[::1]", "/run/peernet/1.zmq"})
    BOOST_TEST(!is_loopback(address), address);
}

BOOST_AUTO_TEST_CASE(one_address_may_be_written_in_many_ways) {
  BOOST_TEST(same_address("fd00::5", "FD00:0:0::0005"));
  BOOST_TEST(same_address("10.0.0.5", "10.0.0.5"));
  BOOST_TEST(same_address("10.0.0.5", "::ffff:10.0.0.5"));
  BOOST_TEST(same_address("cloud.lab", "cloud.lab"));
  BOOST_TEST(!same_address("fd00::5", "fd00::6"));
  BOOST_TEST(!same_address("10.0.0.5", "10.0.0.6"));
  BOOST_TEST(!same_address("10.0.0.5", "::10.0.0.5"));
  BOOST_TEST(!same_address("10.0.0.5", "cloud.lab"));
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_stands_in_brackets_before_a_port) {
  BOOST_TEST(bracketed("::1") == "[::1]");
  BOOST_TEST(bracketed("10.0.0.5") == "10.0.0.5");
}

BOOST_AUTO_TEST_SUITE_END()
