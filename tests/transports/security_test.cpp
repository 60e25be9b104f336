// SPDX-License-Identifier: MIT
#include "transports/security.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstring>
#include <set>
#include <span>
#include <string>

using namespace peernet;

namespace {

std::string fresh() {
  auto made = make_run_secret();
  BOOST_REQUIRE(made.ok());
  return *std::move(made);
}

const std::string known(run_secret_bytes, 's');

} // namespace

BOOST_AUTO_TEST_SUITE(security_test)

BOOST_AUTO_TEST_CASE(no_two_runs_have_the_same_secret) {
  std::set<std::string> secrets;
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 1000; ++i) {
    const auto secret = fresh();
    BOOST_REQUIRE(secret.size() == run_secret_bytes);
    BOOST_TEST(secrets.insert(secret).second);
    BOOST_TEST(numbers.insert(wire_run_number(secret)).second);
  }
}

BOOST_AUTO_TEST_CASE(every_byte_of_a_secret_is_drawn) {
  std::array<std::set<char>, run_secret_bytes> values;
  for (int i = 0; i < 100; ++i) {
    const auto secret = fresh();
    for (std::size_t b = 0; b < secret.size(); ++b)
      values[b].insert(secret[b]);
  }
  for (const auto& seen : values)
    BOOST_TEST(seen.size() > 32u); // of 100 draws out of 256; below by chance: less than 1e-20
}

BOOST_AUTO_TEST_CASE(deriving_twice_gives_the_same) {
  const auto secret = fresh();
  BOOST_TEST(derive(secret, "a purpose", 32) == derive(secret, "a purpose", 32));
  BOOST_TEST(wire_run_number(secret) == wire_run_number(secret));
}

BOOST_AUTO_TEST_CASE(purpose_secret_and_length_each_change_what_is_derived) {
  const auto secret = fresh(), other = fresh();
  const auto key = derive(secret, "a purpose", 32);
  BOOST_TEST(key.size() == 32u);
  BOOST_TEST(key != derive(secret, "another purpose", 32));
  BOOST_TEST(key != derive(secret, "", 32));
  BOOST_TEST(key != derive(other, "a purpose", 32));
  // A shorter key is no prefix of a longer one: knowing the one tells nothing of the other.
  BOOST_TEST(key.substr(0, 16) != derive(secret, "a purpose", 16));
  BOOST_TEST(derive(secret, "a purpose", 64).size() == 64u);
}

BOOST_AUTO_TEST_CASE(nothing_derived_shows_the_secret) {
  const auto key = derive(known, "a purpose", 32);
  BOOST_TEST(key.find(known.substr(0, 4)) == std::string::npos);
  BOOST_TEST(key != std::string(32, '\0'));
}

BOOST_AUTO_TEST_CASE(the_run_number_is_the_same_on_every_node_of_every_build) {
  // Computed with another BLAKE2b (Python's hashlib), so the order of bytes is pinned too.
  BOOST_TEST(wire_run_number(known) == 0xaa32716f2f32124du);
}

BOOST_AUTO_TEST_CASE(a_key_pair_is_the_same_on_every_node_of_every_build) {
  // derive() gives the secret half; X25519 by another implementation (RFC 7748 in Python) the open.
  const auto pair = derive_key_pair(known, "a purpose");
  const key_pair::key open{0x71, 0x01, 0x63, 0xd7, 0x21, 0x13, 0x38, 0x7d, 0x02, 0x20, 0x37,
                           0x5a, 0x1c, 0x64, 0x21, 0x86, 0xb3, 0xb1, 0x55, 0xbf, 0x5b, 0x6d,
                           0x95, 0x37, 0x3c, 0x35, 0x4e, 0x36, 0xf4, 0x63, 0xb7, 0x21};
  BOOST_TEST(pair.open == open, boost::test_tools::per_element());
  const auto secret = derive(known, "a purpose", pair.secret.size());
  BOOST_TEST(std::memcmp(pair.secret.data(), secret.data(), secret.size()) == 0);
}

BOOST_AUTO_TEST_CASE(purpose_and_secret_each_change_both_halves_of_a_key_pair) {
  const auto pair = derive_key_pair(known, "a purpose");
  for (const auto& other :
       {derive_key_pair(known, "another purpose"), derive_key_pair(fresh(), "a purpose")}) {
    BOOST_TEST((pair.open != other.open));
    BOOST_TEST((pair.secret != other.secret));
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_verified_only_unchanged_and_with_the_right_key) {
  const message_key key(known, "a purpose");
  std::string text = "forty-two bytes that somebody may not bend";
  const auto bytes = std::as_bytes(std::span{text});
  const auto mac = key.authenticate(bytes);
  BOOST_TEST(key.verify(bytes, mac));
  BOOST_TEST(message_key(known, "a purpose").verify(bytes, mac));
  BOOST_TEST(!message_key(known, "another purpose").verify(bytes, mac));
  BOOST_TEST(!message_key(fresh(), "a purpose").verify(bytes, mac));
  BOOST_TEST(!key.verify(bytes.first(bytes.size() - 1), mac));
  for (std::size_t bit = 0; bit < 8 * mac.size(); ++bit) {
    auto other = mac;
    other[bit / 8] ^= std::byte{1} << (bit % 8);
    BOOST_TEST(!key.verify(bytes, other));
  }
  for (auto& c : text) {
    c ^= 1;
    BOOST_TEST(!key.verify(bytes, mac));
    c ^= 1;
  }
}

BOOST_AUTO_TEST_CASE(the_mac_is_the_same_on_every_node_of_every_build) {
  // derive() is pinned above; the key is BLAKE2b-16, the mac SipHash-2-4 with 128 bits, both
  // computed with other implementations (Python's hashlib, and the reference text of SipHash).
  const auto mac =
      message_key(known, "a purpose").authenticate(std::as_bytes(std::span{"nine byte", 9}));
  std::uint64_t halves[2];
  std::memcpy(halves, mac.data(), sizeof halves);
  BOOST_TEST(halves[0] == 0xf3c0236e7150af6eu);
  BOOST_TEST(halves[1] == 0x9e41389b52fed35fu);
}

BOOST_AUTO_TEST_SUITE_END()
