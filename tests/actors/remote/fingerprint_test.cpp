// SPDX-License-Identifier: MIT
#include "actors/remote/fingerprint.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(fingerprint_test)

BOOST_AUTO_TEST_CASE(is_written_as_ssh_writes_it) {
  fingerprint f; // SHA-256 of nothing: printf '' | openssl dgst -sha256 -binary | base64
  constexpr unsigned char empty[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                     0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                     0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                     0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
  for (std::size_t i = 0; i < f.bytes.size(); ++i)
    f.bytes[i] = std::byte{empty[i]};
  BOOST_TEST(to_string(f) == "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
}

BOOST_AUTO_TEST_CASE(every_one_is_read_back) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    fingerprint f;
    for (auto& b : f.bytes)
      b = static_cast<std::byte>(random());
    const auto read = parse_fingerprint(to_string(f));
    BOOST_REQUIRE(read.ok());
    BOOST_TEST((*read == f));
  }
}

BOOST_AUTO_TEST_CASE(whatever_else_is_refused) {
  const auto good = to_string(fingerprint{});
  const std::string bad[] = {"",
                             "SHA256:",
                             good.substr(7),
                             good.substr(0, good.size() - 1),
                             good + "A",
                             "sha256:" + good.substr(7),
                             good.substr(0, good.size() - 1) + "B", // bits that mean nothing
                             good.substr(0, good.size() - 1) + "="};
  for (const auto& text : bad) {
    const auto read = parse_fingerprint(text);
    BOOST_REQUIRE_MESSAGE(!read.ok(), text);
    BOOST_TEST((read.error().code == errc::bad_scenario));
    BOOST_TEST(read.error().message.find("SHA256:") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
