// SPDX-License-Identifier: MIT
#include "transports/tcp/sealed_records.hpp"
#include "transports/tcp/tcp_greeting.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace peernet;

namespace {

const std::string key(32, 'k'), other_key(32, 'o');

tcp_challenge numbered(int first) {
  tcp_challenge c;
  for (auto& b : c)
    b = static_cast<std::byte>(first++);
  return c;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tcp_greeting_test)

BOOST_AUTO_TEST_CASE(the_bytes_of_a_greeting_never_change) {
  const auto g = make_greeting(tcp_word::answer, true, numbered(100));
  const std::string expected("PNa\1\1\0\0\0defghijklmnopqrs", 24);
  BOOST_TEST(std::string(reinterpret_cast<const char*>(g.data()), g.size()) == expected);
}

BOOST_AUTO_TEST_CASE(a_greeting_is_read_as_it_was_made) {
  for (const auto word : {tcp_word::hello, tcp_word::answer})
    for (const bool sealed : {false, true}) {
      const auto read = read_greeting(make_greeting(word, sealed, numbered(7)), word, sealed);
      BOOST_REQUIRE(read.ok());
      BOOST_TEST((*read == numbered(7)));
    }
}

BOOST_AUTO_TEST_CASE(a_greeting_changed_outside_of_its_challenge_is_refused) {
  for (std::size_t bit = 0; bit < 8 * 8; ++bit) {
    auto g = make_greeting(tcp_word::hello, true, numbered(7));
    g[bit / 8] ^= std::byte{1} << bit % 8;
    const auto read = read_greeting(g, tcp_word::hello, true);
    BOOST_REQUIRE_MESSAGE(!read.ok(), "bit " << bit);
    BOOST_TEST((read.error().code == errc::refused));
  }
}

BOOST_AUTO_TEST_CASE(the_reason_tells_versions_and_keys_apart) {
  const auto reason = [](tcp_greeting g, bool sealed) {
    return read_greeting(g, tcp_word::hello, sealed).error().message;
  };
  auto newer = make_greeting(tcp_word::hello, false, numbered(0));
  newer[3] = std::byte{9};
  BOOST_TEST(reason(newer, false).find("another version") != std::string::npos);
  BOOST_TEST(
      reason(make_greeting(tcp_word::hello, false, numbered(0)), true).find("does not encrypt") !=
      std::string::npos);
  BOOST_TEST(reason(make_greeting(tcp_word::hello, true, numbered(0)), false).find("no key here") !=
             std::string::npos);
  BOOST_TEST(
      reason(make_greeting(tcp_word::answer, false, numbered(0)), false).find("does not speak") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(challenges_are_fresh) {
  std::set<tcp_challenge> all;
  for (int i = 0; i < 1000; ++i)
    BOOST_REQUIRE(all.insert(fresh_challenge()).second);
}

BOOST_AUTO_TEST_CASE(a_proof_holds_for_its_side_its_key_and_its_challenges_only) {
  const tcp_agreement ours(key, numbered(1), numbered(50));
  const auto proof = ours.proof(tcp_word::answer);
  BOOST_TEST(tcp_agreement(key, numbered(1), numbered(50)).proves(proof, tcp_word::answer));
  BOOST_TEST(!ours.proves(proof, tcp_word::hello)); // nobody can send it back
  BOOST_TEST(!tcp_agreement(other_key, numbered(1), numbered(50)).proves(proof, tcp_word::answer));
  BOOST_TEST(!tcp_agreement(key, numbered(2), numbered(50)).proves(proof, tcp_word::answer));
  BOOST_TEST(!tcp_agreement(key, numbered(1), numbered(51)).proves(proof, tcp_word::answer));
}

BOOST_AUTO_TEST_CASE(each_connection_has_a_key_of_its_own) {
  std::set<std::string> keys;
  for (const auto& k : {key, other_key})
    for (const int hello : {1, 2})
      for (const int answer : {50, 51})
        BOOST_TEST(
            keys.insert(tcp_agreement(k, numbered(hello), numbered(answer)).record_key()).second);
  for (const auto& k : keys)
    BOOST_TEST((k.size() == record_key_bytes && k != key));
}

BOOST_AUTO_TEST_SUITE_END()
