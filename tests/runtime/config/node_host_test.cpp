// SPDX-License-Identifier: MIT
#include "runtime/config/node_host.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace peernet;

namespace {

/// Checks that `text` is refused with itself and the remedy in the message.
void expect_refused(const std::string& text, std::string_view remedy) {
  const auto host = parse_node_host(text);
  BOOST_TEST_CONTEXT(text) {
    BOOST_REQUIRE(!host.ok());
    BOOST_TEST((host.error().code == errc::bad_scenario));
    BOOST_TEST(host.error().message.starts_with("\"" + text + "\" "), host.error().message);
    BOOST_TEST(host.error().message.find(remedy) != std::string::npos, host.error().message);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(node_host_test)

BOOST_AUTO_TEST_CASE(addresses_and_names_are_read_with_a_port_or_without) {
  struct {
    const char* text;
    const char* name;
    std::uint16_t port;
    const char* printed;
  } const table[] = {
      {"10.0.0.5:8000", "10.0.0.5", 8000, "10.0.0.5:8000"},
      {"10.0.0.5", "10.0.0.5", default_node_port, "10.0.0.5:7447"},
      {"[fd00::5]:1", "fd00::5", 1, "[fd00::5]:1"},
      {"[::1]", "::1", default_node_port, "[::1]:7447"},
      {"cloud", "cloud", default_node_port, "cloud:7447"},
      {"Robot_2.lab.example-1.org:65535", "Robot_2.lab.example-1.org", 65535,
       "Robot_2.lab.example-1.org:65535"},
      {"2nd", "2nd", default_node_port, "2nd:7447"},
  };
  for (const auto& t : table) {
    const auto host = parse_node_host(t.text);
    BOOST_REQUIRE_MESSAGE(host.ok(), t.text);
    BOOST_TEST((*host == node_host{t.name, t.port}), t.text);
    BOOST_TEST(to_string(*host) == t.printed);
    BOOST_TEST((*parse_node_host(to_string(*host)) == *host));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused_with_the_right_form) {
  const std::string long_label(64, 'a');
  for (const std::string& text :
       {std::string{}, std::string{"10.0.0.256"}, std::string{"10.0.0"}, std::string{"7447"},
        std::string{":7447"}, std::string{"my robot"}, std::string{"a..b"}, std::string{".a"},
        std::string{"a."}, std::string{"-a"}, std::string{"a-"}, std::string{"http://cloud"},
        std::string{"cloud/1"}, std::string{"bücher"}, std::string{"*"}, long_label,
        "a." + long_label, std::string(127, 'a') + std::string(127, 'a')})
    expect_refused(text,
                   text == "http://cloud" ? "right port" : "\"10.0.0.5\", \"cloud.lab:7447\"");
  std::string long_name = "a";
  while (long_name.size() < 254)
    long_name += ".a";
  expect_refused(long_name, "\"cloud.lab:7447\"");
}

BOOST_AUTO_TEST_CASE(ipv6_stands_in_brackets) {
  expect_refused("fe80::1", "write \"[fe80::1]:7447\"");
  expect_refused("::1", "write \"[::1]:7447\"");
  for (const auto* text : {"[10.0.0.5]:7447", "[fe80::1:7447", "[]", "[", "[fe80::1%eth0]"})
    expect_refused(text, "\"[fd00::5]:7447\"");
}

BOOST_AUTO_TEST_CASE(a_port_is_a_number_from_1_to_65535) {
  for (const auto* text : {"cloud:", "cloud:0", "cloud:65536", "cloud:-1", "cloud:+1", "cloud:http",
                           "cloud: 1", "cloud:1 ", "cloud:1:2", "[::1]7447", "[::1]:", "[::1]x"})
    expect_refused(text, "write for example \":7447\" (ports go from 1 to 65535)");
}

BOOST_AUTO_TEST_CASE(ip_addresses_are_bare) {
  for (const auto* text : {"10.0.0.5", "::1", "fd00::5"})
    BOOST_TEST(is_ip_address(text), text);
  for (const auto* text : {"", "cloud", "10.0.0.5:7447", "[::1]", "10.0.0", "fe80::1%eth0"})
    BOOST_TEST(!is_ip_address(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
