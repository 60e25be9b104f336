// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "runtime/plugin/channel.hpp"
#include "transports/udp/datagram_seal.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace peernet;

namespace {

using bytes = std::vector<std::byte>;
using verdict = datagram_opener::verdict;

const std::string our_key(channel_key_bytes, 'k');
const std::string other_key(channel_key_bytes, 'o');

session_id session(unsigned char number) {
  session_id id;
  id.fill(std::byte{number});
  return id;
}

/// Room for a seal around `text`.
bytes around(std::string_view text) {
  bytes datagram(seal_bytes + text.size());
  std::ranges::copy(std::as_bytes(std::span{text}), datagram.begin() + seal_front);
  return datagram;
}

bytes seal(datagram_sealer& by, std::string_view text) {
  auto datagram = around(text);
  BOOST_REQUIRE(by.seal(datagram));
  return datagram;
}

std::string text_of(bytes& datagram) {
  const auto part = sealed_part(datagram);
  return {reinterpret_cast<const char*>(part.data()), part.size()};
}

verdict open(datagram_opener& by, bytes datagram) {
  return by.open(datagram);
}

std::string hex(const bytes& b) {
  std::string text;
  for (const auto byte : b) {
    text += "0123456789abcdef"[std::to_integer<int>(byte) >> 4];
    text += "0123456789abcdef"[std::to_integer<int>(byte) & 15];
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(datagram_seal_test)

BOOST_AUTO_TEST_CASE(what_one_end_seals_the_other_opens) {
  datagram_sealer sealer(our_key);
  datagram_opener opener(our_key);
  for (const auto* text : {"one", "",
                           "three, which is longer than a block of the cipher: 64 bytes, "
                           "and then some"}) {
    auto datagram = seal(sealer, text);
    BOOST_TEST((opener.open(datagram) == verdict::genuine));
    BOOST_TEST(text_of(datagram) == text);
  }
}

BOOST_AUTO_TEST_CASE(nothing_of_the_text_or_the_key_is_to_be_seen) {
  const std::string text = "a secret of more than a few bytes";
  datagram_sealer sealer(our_key);
  const auto datagram = seal(sealer, text);
  const std::string sent(reinterpret_cast<const char*>(datagram.data()), datagram.size());
  for (std::size_t i = 0; i + 4 <= text.size(); ++i)
    BOOST_TEST(sent.find(text.substr(i, 4)) == std::string::npos);
  BOOST_TEST(sent.find("kkkk") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(equal_texts_never_look_alike) {
  datagram_sealer one(our_key), other(our_key);
  const auto first = seal(one, "the same"), second = seal(one, "the same"),
             third = seal(other, "the same");
  const auto middle = [](const bytes& d) { return bytes(d.begin() + seal_front, d.end()); };
  BOOST_TEST((middle(first) != middle(second)));
  BOOST_TEST((middle(first) != middle(third)));
  BOOST_TEST(!std::equal(first.begin(), first.begin() + sizeof(session_id), third.begin()));
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_sealed_datagram_are_pinned) {
  datagram_sealer sealer(our_key, session(7), 5);
  // ChaCha20-Poly1305 of "PeerNet" with the derived key and nonce 5, computed apart from this code
  // with Python's hashlib.blake2b and RFC 8439's construction.
  BOOST_TEST(hex(seal(sealer, "PeerNet")) ==
             "0707070707070707070707070707070705000000000000002a09bfc5d901f9"
             "af89ea887eea3bbbdbbd3c53c04dc0ef");
}

BOOST_AUTO_TEST_CASE(a_changed_bit_anywhere_makes_it_foreign) {
  datagram_sealer sealer(our_key);
  const auto genuine = seal(sealer, "some text");
  for (std::size_t bit = 0; bit < genuine.size() * 8; ++bit) {
    datagram_opener opener(our_key);
    auto bent = genuine;
    bent[bit / 8] ^= std::byte{1} << (bit % 8);
    BOOST_REQUIRE((opener.open(bent) == verdict::foreign));
  }
}

BOOST_AUTO_TEST_CASE(too_little_to_be_sealed_is_foreign) {
  datagram_opener opener(our_key);
  for (std::size_t size = 0; size < seal_bytes; ++size)
    BOOST_TEST((open(opener, bytes(size)) == verdict::foreign));
}

BOOST_AUTO_TEST_CASE(another_key_opens_nothing) {
  datagram_sealer sealer(our_key);
  datagram_opener opener(other_key);
  BOOST_TEST((open(opener, seal(sealer, "text")) == verdict::foreign));
}

BOOST_AUTO_TEST_CASE(what_came_before_is_replayed_whatever_came_since) {
  datagram_sealer sealer(our_key);
  datagram_opener opener(our_key);
  std::vector<bytes> sent;
  for (int i = 0; i < 10; ++i)
    sent.push_back(seal(sealer, "text " + std::to_string(i)));
  for (const auto i : {3, 0, 9, 1}) // overtaking is fine
    BOOST_TEST((open(opener, sent[static_cast<std::size_t>(i)]) == verdict::genuine));
  for (const auto i : {3, 0, 9, 1})
    BOOST_TEST((open(opener, sent[static_cast<std::size_t>(i)]) == verdict::replayed));
  BOOST_TEST((open(opener, sent[2]) == verdict::genuine));
}

BOOST_AUTO_TEST_CASE(what_is_older_than_the_window_counts_as_replayed) {
  datagram_sealer sealer(our_key);
  datagram_opener opener(our_key);
  const auto old = seal(sealer, "old");
  for (std::uint64_t i = 0; i < sequence_tracker::window; ++i)
    BOOST_REQUIRE((open(opener, seal(sealer, "new")) == verdict::genuine));
  BOOST_TEST((open(opener, old) == verdict::replayed));
}

BOOST_AUTO_TEST_CASE(a_forged_number_does_not_move_the_window) {
  datagram_sealer sealer(our_key);
  datagram_opener opener(our_key);
  BOOST_TEST((open(opener, seal(sealer, "first")) == verdict::genuine));
  auto forged = seal(sealer, "second");
  const auto genuine = forged;
  std::fill_n(forged.begin() + sizeof(session_id), 8, std::byte{0xFF});
  BOOST_TEST((open(opener, forged) == verdict::foreign));
  BOOST_TEST((open(opener, genuine) == verdict::genuine));
}

BOOST_AUTO_TEST_CASE(sessions_stand_beside_each_other) {
  datagram_sealer one(our_key), other(our_key);
  datagram_opener opener(our_key);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((open(opener, seal(one, "one")) == verdict::genuine));
    BOOST_TEST((open(opener, seal(other, "other")) == verdict::genuine));
  }
}

BOOST_AUTO_TEST_CASE(strangers_sessions_take_no_place_and_genuine_ones_are_bounded) {
  datagram_opener opener(our_key);
  random_source random(1);
  bytes noise(100);
  for (std::size_t i = 0; i < datagram_opener::most_sessions + 10; ++i) {
    random.fill(noise);
    BOOST_REQUIRE((open(opener, noise) == verdict::foreign));
  }
  datagram_sealer first(our_key);
  BOOST_REQUIRE((open(opener, seal(first, "text")) == verdict::genuine));
  for (std::size_t i = 1; i < datagram_opener::most_sessions; ++i) {
    datagram_sealer another(our_key);
    BOOST_REQUIRE((open(opener, seal(another, "text")) == verdict::genuine));
  }
  datagram_sealer late(our_key);
  BOOST_TEST((open(opener, seal(late, "text")) == verdict::foreign));
  BOOST_TEST((open(opener, seal(first, "text")) == verdict::genuine));
}

BOOST_AUTO_TEST_CASE(a_number_is_never_used_twice) {
  datagram_sealer sealer(our_key, session(1), UINT64_MAX - 1);
  auto datagram = around("text");
  BOOST_TEST(sealer.seal(datagram));
  const auto before = datagram;
  BOOST_TEST(!sealer.seal(datagram));
  BOOST_TEST(!sealer.seal(datagram));
  BOOST_TEST((datagram == before));
}

BOOST_AUTO_TEST_CASE(an_answer_is_for_the_session_that_asked_and_nobody_else_can_make_it) {
  datagram_sealer asking(our_key), other(our_key);
  datagram_opener opener(our_key);
  auto question = seal(asking, "are you there?");
  BOOST_REQUIRE((opener.open(question) == verdict::genuine));
  auto answer = around("I am");
  opener.seal_answer(question, answer);
  auto again = around("I am");
  opener.seal_answer(question, again);
  BOOST_TEST((answer == again)); // one nonce, one text
  auto copy = answer;
  BOOST_TEST(!other.open_answer(copy));
  copy = answer;
  BOOST_TEST((opener.open(copy) == verdict::foreign)); // answers are no data
  copy = seal(asking, "data");
  BOOST_TEST(!asking.open_answer(copy)); // and data no answers
  copy.resize(seal_bytes - 1);
  BOOST_TEST(!asking.open_answer(copy));
  BOOST_TEST(asking.open_answer(answer));
  BOOST_TEST(text_of(answer) == "I am");
}

BOOST_AUTO_TEST_SUITE_END()
