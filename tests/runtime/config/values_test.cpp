// SPDX-License-Identifier: MIT
#include "runtime/config/values.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

result<option_value> read(const option_def& def, const std::string& toml) {
  const auto parsed = parse_document("v = " + toml, 0);
  const auto* table = std::get_if<document_table>(&parsed);
  BOOST_REQUIRE_MESSAGE(table, toml << " is no TOML");
  return read_value(def, table->find("v")->value);
}

template <class T>
void expect_value(const option_def& def, const std::string& toml, const T& expected) {
  const auto value = read(def, toml);
  BOOST_REQUIRE_MESSAGE(value.ok(), toml << ": " << why(value));
  BOOST_REQUIRE(std::holds_alternative<T>(*value));
  BOOST_TEST((std::get<T>(*value) == expected), toml);
  const auto again = read(def, print_value(def, *value));
  BOOST_REQUIRE_MESSAGE(again.ok(), print_value(def, *value));
  BOOST_TEST((*again == *value), print_value(def, *value));
}

void expect_refused(const option_def& def, const std::string& toml, std::string_view fragment) {
  const auto value = read(def, toml);
  BOOST_REQUIRE_MESSAGE(!value.ok(), toml << " was taken");
  BOOST_TEST(value.error().message.find(fragment) != std::string::npos,
             toml << ": " << value.error().message);
}

option_def of(option_kind kind) {
  return {.name = "v", .kind = kind};
}

} // namespace

BOOST_AUTO_TEST_SUITE(values_test)

BOOST_AUTO_TEST_CASE(every_kind_is_read_and_printed_back) {
  expect_value(of(option_kind::flag), "true", true);
  expect_value(of(option_kind::integer), "-3", std::int64_t{-3});
  expect_value(of(option_kind::integer), "9223372036854775807", INT64_MAX);
  expect_value(of(option_kind::number), "0.1", 0.1);
  expect_value(of(option_kind::number), "2", 2.0);
  expect_value(of(option_kind::number), "1e300", 1e300);
  expect_value(of(option_kind::text), "'a \"b\" \\ c'", std::string("a \"b\" \\ c"));
  expect_value(of(option_kind::text), "\"\"", std::string());
  expect_value(of(option_kind::text), "\"tab\\t line\\n \\u0001 \\u00e9 \\u007f\"",
               std::string("tab\t line\n \x01 \xc3\xa9 \x7f"));
  expect_value(of(option_kind::file), "\"a.xml\"", std::string("a.xml"));
  expect_value(of(option_kind::media), "0", std::string("0"));
  expect_value(of(option_kind::media), "\"rtsp://x\"", std::string("rtsp://x"));
  expect_value(of(option_kind::time_span), "\"1.5ms\"", duration{1500us});
  expect_value(of(option_kind::rate), "\"0.1Hz\"", 0.1);
  expect_value(of(option_kind::size), "\"1.5kB\"", std::int64_t{1500});
  expect_value(of(option_kind::size_range), "\"1kB\"", int_range{1000, 1000});
  expect_value(of(option_kind::size_range), "{ min = \"0B\", max = \"1MiB\" }",
               int_range{0, 1 << 20});
  expect_value(of(option_kind::percent), "\"7%\"", 0.07);
  expect_value(of(option_kind::ppm), "\"-40ppm\"", -40.0);
  expect_value(of(option_kind::numbers), "[1, 2.5]", std::vector{1.0, 2.5});
  expect_value(of(option_kind::texts), "['a', 'b']", std::vector<std::string>{"a", "b"});
  expect_value(of(option_kind::texts), "'a'", std::vector<std::string>{"a"});
}

BOOST_AUTO_TEST_CASE(a_bare_number_is_asked_for_its_unit) {
  expect_refused(of(option_kind::time_span), "20", "\"20\" is not a duration: the unit is missing");
  expect_refused(of(option_kind::rate), "2.5", "\"2.5\" is not a rate: the unit is missing");
  expect_refused(of(option_kind::size), "100", "\"1kB\"");
  expect_refused(of(option_kind::percent), "5", "\"1%\"");
  expect_refused(of(option_kind::ppm), "5", "\"40ppm\"");
}

BOOST_AUTO_TEST_CASE(the_wrong_kind_is_named) {
  expect_refused(of(option_kind::flag), "1", "must be true or false, not a whole number");
  expect_refused(of(option_kind::integer), "1.0", "must be a whole number, not a number");
  expect_refused(of(option_kind::number), "\"1\"", "must be a number, not a text");
  expect_refused(of(option_kind::number), "nan", "finite");
  expect_refused(of(option_kind::number), "-inf", "finite");
  expect_refused(of(option_kind::text), "[]", "must be a text in quotes, not a list");
  expect_refused(of(option_kind::text), "\"\\u0000\"", "zero character");
  expect_refused(of(option_kind::file), "\"\"", "must not be empty");
  expect_refused(of(option_kind::file), "3", "must be a text");
  expect_refused(of(option_kind::media), "-1", "must be a text");
  expect_refused(of(option_kind::time_span), "{}", "a text with number and unit, not a table");
  expect_refused(of(option_kind::texts), "[1]", "one of them must be a text");
  expect_refused(of(option_kind::numbers), "['x']", "one of them must be a number, not a text");
  expect_refused(of(option_kind::numbers), "3", "must be a list of numbers");
}

BOOST_AUTO_TEST_CASE(bounds_are_kept_and_stated_in_the_users_unit) {
  option_def def{.name = "v", .kind = option_kind::integer, .min = 4, .max = 32, .step = 4};
  expect_value(def, "32", std::int64_t{32});
  expect_refused(def, "33", "must be from 4 to 32 in steps of 4, not 33");
  expect_refused(def, "6", "in steps of 4, not 6");
  def = {.name = "v", .kind = option_kind::number, .min = 0.1, .max = 1, .above_min = true};
  expect_value(def, "1.0", 1.0);
  expect_refused(def, "0.1", "must be above 0.1 and at most 1, not 0.1");
  def = {.name = "v", .kind = option_kind::time_span, .min = 1e6};
  expect_refused(def, "\"10us\"", "must be at least 1ms, not 10us");
  def = {.name = "v", .kind = option_kind::size, .max = 1e6};
  expect_refused(def, "\"2MB\"", "must be at most 1MB, not 2MB");
  def = {.name = "v", .kind = option_kind::numbers, .length = 3};
  expect_refused(def, "[1, 2]", "must be a list of 3 numbers, not of 2");
}

BOOST_AUTO_TEST_CASE(files_folders_and_some_media_are_paths) {
  for (const auto kind : {option_kind::file, option_kind::folder})
    for (const auto* written : {"a.png", "0", "a://b"})
      BOOST_TEST(is_path(kind, written), written);
  for (const auto* written : {"a.avi", "/dev/video0", "0.avi", "frame-%03d.png"})
    BOOST_TEST(is_path(option_kind::media, written), written);
  for (const auto* written : {"0", "12", "rtsp://camera/stream"})
    BOOST_TEST(!is_path(option_kind::media, written), written);
  for (const auto kind : {option_kind::text, option_kind::sensor})
    BOOST_TEST(!is_path(kind, "a.png"));
}

BOOST_AUTO_TEST_SUITE_END()
