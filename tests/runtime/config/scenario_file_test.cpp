// SPDX-License-Identifier: MIT
#include "runtime/config/scenario_file.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/runtime/config/ordinary_user.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace peernet;

namespace {

std::string refusal(const std::string& path) {
  const auto text = load_small_text(path);
  BOOST_REQUIRE(!text.ok());
  return text.error().message;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scenario_file_test)

BOOST_AUTO_TEST_CASE(what_is_no_scenario_file_is_refused_with_the_reason) {
  const temp_folder folder;
  BOOST_TEST(refusal(folder / "absent.toml") == "there is no such file");
  BOOST_TEST(holds(refusal(folder.path().string()), "is a folder"));
  BOOST_REQUIRE_EQUAL(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  BOOST_TEST(holds(refusal(folder / "pipe"), "is not a regular file")); // and nobody waits for it
  BOOST_TEST(holds(refusal("/dev/zero"), "is not a regular file"));
}

BOOST_AUTO_TEST_CASE(messages_say_what_it_should_have_been) {
  const temp_folder folder;
  const auto other = load_small_text(folder.path().string(), "hosts file");
  BOOST_REQUIRE(!other.ok());
  BOOST_TEST(other.error().message == "is a folder; name a hosts file (.toml) in it");
  BOOST_TEST(holds(refusal(folder.path().string()), "name a scenario file (.toml)"));
  BOOST_TEST(holds(check_text("", "hosts file")->message, "what a hosts file looks like"));
  BOOST_TEST(holds(check_text("")->message, "what a scenario file looks like"));
}

BOOST_AUTO_TEST_CASE(a_large_file_is_refused_before_it_is_read) {
  const temp_folder folder;
  std::ofstream(folder / "big.toml") << "";
  BOOST_REQUIRE_EQUAL(::truncate((folder / "big.toml").c_str(), std::int64_t{1} << 40), 0);
  BOOST_TEST(holds(refusal(folder / "big.toml"), "larger than 1 MiB"));
}

BOOST_AUTO_TEST_CASE(a_file_of_just_the_limit_is_read_whole) {
  const temp_folder folder;
  std::ofstream(folder / "full.toml") << std::string(max_scenario_bytes, '#');
  const auto text = load_small_text(folder / "full.toml");
  BOOST_REQUIRE(text.ok());
  BOOST_TEST(text->size() == max_scenario_bytes);
  BOOST_TEST(!check_text(*text));
  BOOST_TEST(check_text(*text + "#").has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_read_says_so) {
  const temp_folder folder;
  std::ofstream(folder / "locked.toml") << base_text;
  BOOST_REQUIRE_EQUAL(::chmod(folder.path().c_str(), 0711), 0);
  BOOST_REQUIRE_EQUAL(::chmod((folder / "locked.toml").c_str(), 0), 0);
  const ordinary_user user;
  BOOST_TEST(holds(refusal(folder / "locked.toml"), "Permission denied"));
}

BOOST_AUTO_TEST_CASE(an_empty_text_is_refused) {
  for (const auto* text : {"", "\n", " \t\r\n\n"})
    expect_one(read_text(text), 0, 0, "is empty");
}

BOOST_AUTO_TEST_CASE(a_binary_text_is_refused_in_its_place) {
  using namespace std::string_view_literals;
  expect_one(read_text("a = 1\nb\0 = 2\n"sv), 2, 2, "zero byte");
  expect_one(read_text("\x7f"
                       "ELF\x02\x01\x01\0\0\0"sv),
             1, 8, "zero byte");
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_is_refused_in_its_place) {
  expect_one(read_text("# caf\xe9\n"), 1, 6, "not UTF-8");                  // Latin-1
  expect_one(read_text("# \xc3\xa9\n# \xc0\xaf\n"), 2, 3, "not UTF-8");     // overlong
  expect_one(read_text("# \xe0\x80\xaf\n"), 1, 3, "not UTF-8");             // overlong
  expect_one(read_text("# \xed\xa0\x80\n"), 1, 3, "not UTF-8");             // a surrogate
  expect_one(read_text("# \xf4\x90\x80\x80\n"), 1, 3, "not UTF-8");         // above U+10FFFF
  expect_one(read_text("# \xe2\x82"), 1, 3, "not UTF-8");                   // cut short
  BOOST_TEST(!check_text("# caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\xa4\x96\n")); // é € and a robot
}

BOOST_AUTO_TEST_SUITE_END()
