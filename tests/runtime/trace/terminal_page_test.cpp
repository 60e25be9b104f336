// SPDX-License-Identifier: MIT
#include "runtime/trace/terminal_page.hpp"
#include "tests/runtime/trace/printed.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(terminal_page_test)

BOOST_AUTO_TEST_CASE(a_character_is_a_column_however_many_bytes_it_has) {
  BOOST_TEST(columns_of("") == 0u);
  BOOST_TEST(columns_of("abc") == 3u);
  BOOST_TEST(columns_of("±µ…") == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_cut_between_characters) {
  BOOST_TEST(clip("abc", 3) == "abc");
  BOOST_TEST(clip("abcd", 3) == "ab…");
  BOOST_TEST(clip("±µ±µ", 3) == "±µ…");
}

BOOST_AUTO_TEST_CASE(a_column_is_as_wide_as_its_widest_cell_within_its_limits) {
  const auto width = [](const std::vector<std::string>& cells) {
    return widest(
        cells, [](const std::string& c) { return c; }, 2, 5);
  };
  BOOST_TEST(width({}) == 2u);
  BOOST_TEST(width({"a", "µµµ"}) == 3u);
  BOOST_TEST(width({"abcdef"}) == 5u);
}

BOOST_AUTO_TEST_CASE(a_sentence_is_broken_between_words_and_goes_on_below_its_mark) {
  terminal_page page;
  const std::string word(40, 'w');
  page.sentence(" ! ", word + " " + word + " " + word);
  page.sentence("", std::string(150, 'x') + " y");
  const auto all = lines(page.text());
  const std::array wanted{" ! " + word + " " + word, "   " + word, std::string(150, 'x'),
                          std::string("   y")};
  BOOST_TEST(all == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_mark_counts_by_its_columns) {
  terminal_page page;
  page.sentence(" · ", std::string(50, 'a') + " " + std::string(46, 'b')); // 100 columns
  BOOST_TEST(lines(page.text()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_line_ends_in_blanks) {
  terminal_page page;
  page.print("{:<9}\n\n  \nend\n", "a");
  BOOST_TEST(page.text() == "a\n\n\nend\n");
}

BOOST_AUTO_TEST_SUITE_END()
