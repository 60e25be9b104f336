// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/skip.hpp"
#include "transports/probes/probe_socket.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <poll.h>
#include <vector>

using namespace peernet;

namespace {

probe_socket bound(const std::string& host) {
  auto s = probe_socket::bind(host, 0);
  if (!s)
    BOOST_FAIL(s.error().message);
  return *std::move(s);
}

probe_socket::received next(probe_socket& s, std::span<std::byte> into) {
  pollfd p{s.descriptor(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&p, 1, static_cast<int>(std::chrono::milliseconds(test_deadline).count())) ==
                1);
  const auto got = s.receive(into);
  BOOST_REQUIRE(got.has_value());
  return *got;
}

void exchange_over(const std::string& host) {
  auto a = bound(host), b = bound(host);
  BOOST_TEST(a.where().host() == host);
  BOOST_TEST(a.where().port() != b.where().port());
  const std::array<std::byte, 5> said{std::byte{1}, std::byte{2}, std::byte{3}};
  const auto before = wall_clock_ns();
  BOOST_TEST(a.send(said, b.where()));
  std::array<std::byte, 3> heard{};
  const auto got = next(b, heard);
  const auto after = wall_clock_ns();
  BOOST_TEST(got.size == said.size()); // although not all of it fits
  BOOST_TEST((heard[2] == said[2]));
  BOOST_TEST((got.from == a.where()));
  BOOST_REQUIRE(got.wall_ns.has_value());
  BOOST_TEST(*got.wall_ns >= before);
  BOOST_TEST(*got.wall_ns <= after);
  BOOST_TEST(!b.receive(heard).has_value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe_socket_test)

BOOST_AUTO_TEST_CASE(a_datagram_arrives_with_sender_size_and_the_kernels_stamp) {
  exchange_over("127.0.0.1");
}

BOOST_AUTO_TEST_CASE(the_same_over_ipv6) {
  if (!probe_socket::bind("::1", 0).ok())
    return skip_test("IPv6 on loopback");
  exchange_over("::1");
}

BOOST_AUTO_TEST_CASE(a_wildcard_is_refused_because_replies_could_come_from_elsewhere) {
  for (const auto* host : {"0.0.0.0", "::"}) {
    const auto s = probe_socket::bind(host, 0);
    BOOST_REQUIRE(!s.ok());
    BOOST_TEST((s.error().code == errc::bad_scenario));
    BOOST_TEST(s.error().message.find(host) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_address_of_another_machine_or_a_port_in_use_is_refused_by_name) {
  const auto elsewhere = probe_socket::bind("192.0.2.1", 0); // reserved for documentation
  BOOST_REQUIRE(!elsewhere.ok());
  BOOST_TEST((elsewhere.error().code == errc::io));
  BOOST_TEST(elsewhere.error().message.find("192.0.2.1") != std::string::npos);
  const auto first = bound("127.0.0.1");
  const auto second = probe_socket::bind("127.0.0.1", first.where().port());
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().message.find(std::to_string(first.where().port())) !=
             std::string::npos);
  BOOST_TEST((probe_socket::bind("not an address", 0).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(addresses_are_equal_only_with_host_port_and_family) {
  const auto at = [](const char* host, std::uint16_t port) {
    return *udp_address::resolve(host, port);
  };
  BOOST_TEST((at("127.0.0.1", 5) == at("127.0.0.1", 5)));
  BOOST_TEST(!(at("127.0.0.1", 5) == at("127.0.0.1", 6)));
  BOOST_TEST(!(at("127.0.0.1", 5) == at("127.0.0.2", 5)));
  BOOST_TEST((at("::1", 5) == at("::1", 5)));
  BOOST_TEST(!(at("::1", 5) == at("::2", 5)));
  BOOST_TEST(!(at("::1", 5) == at("::ffff:127.0.0.1", 5)));
  BOOST_TEST(!(at("::1", 5) == at("127.0.0.1", 5)));
  BOOST_TEST((udp_address::resolve("::1", 5, AF_INET).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_datagram_to_nobody_leaves_no_trouble_behind) {
  auto a = bound("127.0.0.1"), b = bound("127.0.0.1");
  const auto nobody = [] { return bound("127.0.0.1").where(); }(); // closed again
  const std::array<std::byte, 1> said{};
  std::array<std::byte, 1> heard{};
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(a.send(said, nobody)); // the refusals that come back touch nothing
  BOOST_TEST(a.send(said, b.where()));
  BOOST_TEST((next(b, heard).from == a.where()));
  BOOST_TEST(!a.receive(heard).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
