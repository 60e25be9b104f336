// SPDX-License-Identifier: MIT
#include "runtime/core/utf8.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

using namespace peernet;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(utf8_test)

BOOST_AUTO_TEST_CASE(a_character_is_as_long_as_its_first_byte_says) {
  BOOST_TEST(utf8_length("a") == 1u);
  BOOST_TEST(utf8_length("\0"sv) == 1u);
  BOOST_TEST(utf8_length("\xC3\xA4") == 2u);         // ä
  BOOST_TEST(utf8_length("\xE2\x82\xAC") == 3u);     // €
  BOOST_TEST(utf8_length("\xF0\x9F\xA4\x96") == 4u); // a robot's face
}

BOOST_AUTO_TEST_CASE(only_the_first_character_is_looked_at) {
  BOOST_TEST(utf8_length("a\xFF") == 1u);
  BOOST_TEST(utf8_length("\xC3\xA4\xC3") == 2u);
}

BOOST_AUTO_TEST_CASE(the_first_and_last_character_of_each_length_count) {
  for (const auto text :
       {"\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv,
        "\xEF\xBF\xBF"sv, "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv})
    BOOST_TEST(utf8_length(text) == text.size());
}

BOOST_AUTO_TEST_CASE(what_is_no_character_has_no_length) {
  BOOST_TEST(utf8_length("") == 0u);
  for (const auto text : {"\x80"sv, "\xBF"sv, "\xFE"sv, "\xFF"sv})
    BOOST_TEST(utf8_length(text) == 0u); // no first byte
  for (const auto text : {"\xC3"sv, "\xE2\x82"sv, "\xF0\x9F\xA4"sv})
    BOOST_TEST(utf8_length(text) == 0u); // cut short
  for (const auto text : {"\xC3\x28"sv, "\xE2\x28\xAC"sv, "\xE2\x82\x28"sv, "\xF0\x9F\xA4\xC0"sv})
    BOOST_TEST(utf8_length(text) == 0u); // no continuation
  for (const auto text : {"\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x9F\xBF"sv, "\xF0\x8F\xBF\xBF"sv})
    BOOST_TEST(utf8_length(text) == 0u); // overlong
  for (const auto text : {"\xED\xA0\x80"sv, "\xED\xBF\xBF"sv})
    BOOST_TEST(utf8_length(text) == 0u); // surrogates
  for (const auto text : {"\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv})
    BOOST_TEST(utf8_length(text) == 0u); // above U+10FFFF
}

BOOST_AUTO_TEST_CASE(a_stranger_s_text_becomes_one_harmless_line) {
  BOOST_TEST(printable("plain, ünïcode → fine") == "plain, ünïcode → fine");
  BOOST_TEST(printable("a\nb\x1b[2Jc\x7f") == "a?b?[2Jc?");
  BOOST_TEST(printable("\xc2\x9b"
                       "31m") == "?31m");
  BOOST_TEST(printable("\xff\xc3") == "??");
  BOOST_TEST(printable(std::string(1000, 'x')) == std::string(500, 'x') + "…");
}

BOOST_AUTO_TEST_SUITE_END()
