// SPDX-License-Identifier: MIT
#include "transports/security.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
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

BOOST_AUTO_TEST_SUITE_END()
