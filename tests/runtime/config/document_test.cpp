// SPDX-License-Identifier: MIT
#include "runtime/config/document.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i)
    text += part;
  return text;
}

syntax_error error_of(const std::string& text) {
  const auto parsed = parse_document(text, 0);
  const auto* e = std::get_if<syntax_error>(&parsed);
  BOOST_REQUIRE_MESSAGE(e, "no error in " << text.substr(0, 60));
  return *e;
}

bool is_right(const std::string& text) {
  return std::holds_alternative<document_table>(parse_document(text, 0));
}

} // namespace

BOOST_AUTO_TEST_SUITE(document_test)

BOOST_AUTO_TEST_CASE(keys_keep_their_order_and_know_their_places) {
  const auto parsed =
      parse_document("zebra = 1\n[table]\n  inner = \"text\"\napple.pie = 2.5\n", 3);
  const auto& root = std::get<document_table>(parsed);
  BOOST_REQUIRE_EQUAL(root.entries.size(), 2u);
  BOOST_TEST(root.entries[0].key == "zebra");
  const auto& table = *root.find("table")->value.as<document_table>();
  const auto& inner = *table.find("inner");
  BOOST_TEST(*inner.value.as<std::string>() == "text");
  BOOST_TEST(inner.where.where.line == 3u);
  BOOST_TEST(inner.where.where.column == 3u);
  BOOST_TEST(inner.value.where.where.column == 11u);
  BOOST_TEST(inner.value.where.source == 3u);
  const auto& pie = *table.find("apple")->value.as<document_table>()->find("pie");
  BOOST_TEST(*pie.value.as<double>() == 2.5);
  BOOST_TEST(!root.find("apple"));
}

BOOST_AUTO_TEST_CASE(every_kind_of_value_has_a_name) {
  const auto parsed =
      parse_document("a=true\nb=1\nc=1.5\nd='x'\ne=[1]\nf={}\ng=1979-05-27\nh=07:32:00\n", 0);
  const auto& root = std::get<document_table>(parsed);
  std::string kinds;
  for (const auto& e : root.entries)
    kinds += std::string(kind_of(e.value)) + "; ";
  BOOST_TEST(kinds == "true or false; a whole number; a number; a text; a list; a table; a date; "
                      "a date; ");
}

BOOST_AUTO_TEST_CASE(a_syntax_error_has_its_place) {
  BOOST_TEST(error_of("a = 1\nb = = 2\n").where.line == 2u);
  BOOST_TEST(error_of("a = 1\na = 2\n").where.line == 2u);
  BOOST_TEST(!error_of("[a\n").message.empty());
}

BOOST_AUTO_TEST_CASE(a_syntax_error_is_one_line_whatever_the_text_holds) {
  const auto read = parse_document("a = tru\nb = 1", 0);
  const auto* wrong = std::get_if<syntax_error>(&read);
  BOOST_REQUIRE(wrong);
  BOOST_TEST(wrong->message.find("tru") != std::string::npos, wrong->message);
  BOOST_TEST(wrong->message.find('\n') == std::string::npos, wrong->message);
}

BOOST_AUTO_TEST_CASE(endless_keys_and_nesting_are_refused_before_they_eat_the_stack) {
  const auto key = repeated("a.", 500'000) + "a";
  for (const auto& text :
       {key + " = 1\n", "[" + key + "]\n", "[[" + key + "]]\n", "x = { " + key + " = 1 }\n",
        "x = \"\"\"a\"\"\"\"\"\n" + key + " = 1\n", "x = '\\'\n" + key + " = 1\n",
        "x = [ { " + key + " = 1 } ]\n", repeated("\"a\" . ", 500'000) + "a = 1\n"})
    BOOST_TEST(error_of(text).message == "a key has more than 16 parts");
  error_of("x = " + repeated("[", 500'000));
  error_of("x = " + repeated("{a=", 300'000));
  std::string staircase; // the deepest that is let through to the library
  for (int i = 0; i < 250; ++i)
    staircase += "{" + repeated("a.", 15) + "a = ";
  const auto deep = error_of("x = " + staircase + "1" + repeated("}", 250) + "\n");
  BOOST_TEST(deep.message == "tables and lists are nested more than 32 deep");
  BOOST_TEST(is_right("x = " + repeated("[", 31) + repeated("]", 31) + "\n"));
}

BOOST_AUTO_TEST_CASE(dots_outside_of_keys_do_not_count) {
  const auto dots = repeated("1.5, ", 100) + repeated(".", 100);
  BOOST_TEST(is_right("a = \"" + dots + "\"\nb = '" + dots + "' # " + dots + "\n"));
  BOOST_TEST(is_right("a = \"\"\"\n" + dots + "\\\"\"\"\"\nb = '''" + dots + "'''\n"));
  BOOST_TEST(is_right("a = [" + repeated("1.5, ", 100) + "]\n"));
  BOOST_TEST(is_right(repeated("a.", 15) + "a = 1\n"));
}

BOOST_AUTO_TEST_SUITE_END()
