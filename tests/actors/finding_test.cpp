// SPDX-License-Identifier: MIT
#include "actors/finding.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>

using namespace peernet;

namespace {

using grade = finding::grade;

} // namespace

BOOST_AUTO_TEST_SUITE(finding_test)

BOOST_AUTO_TEST_CASE(the_worst_comes_first_and_columns_stand_below_each_other) {
  const diagnosis d{exit_code::node_lost,
                    {{grade::good, "this machine", "fine", ""},
                     {grade::untried, "link up", "not tried without node b", ""},
                     {grade::look, "node a", "slow", "make it quick"},
                     {grade::bad, "node b", "broken", "mend it", exit_code::node_lost},
                     {grade::good, "node a", "fine, too", ""}}};
  BOOST_TEST(print(d) == "NOT READY: 1 to mend, 1 worth a look, 1 not tried\n"
                         "\n"
                         "✗ node b        broken\n"
                         "                → mend it\n"
                         "! node a        slow\n"
                         "                → make it quick\n"
                         "– link up       not tried without node b\n"
                         "✓ this machine  fine\n"
                         "✓ node a        fine, too\n");
}

BOOST_AUTO_TEST_CASE(a_run_that_can_begin_is_ready_whatever_is_worth_a_look) {
  BOOST_TEST(print({exit_code::passed, {{grade::good, "a", "fine", ""}}}) ==
             "READY\n\n✓ a  fine\n");
  BOOST_TEST(print({exit_code::passed, {{grade::look, "a", "slow", "hurry"}}})
                 .find("READY, 1 worth a look\n") == 0u);
}

BOOST_AUTO_TEST_CASE(long_lines_are_broken_between_words_and_no_unit_leaves_its_figure) {
  std::string what = "±";
  for (int i = 0; i < 40; ++i)
    what += " word 1.41 µs";
  const auto text =
      print({exit_code::passed,
             {{grade::look, "a name of some length", what, what + " " + std::string(120, 'x')}}});
  std::istringstream lines(text);
  std::size_t longest = 0, count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto width = static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
    if (line.find("xxx") == std::string::npos)
      longest = std::max(longest, width);
    BOOST_TEST(line.find("1.41") == line.find("1.41 µs"), line);
    BOOST_TEST((line.empty() || line.back() != ' '), line);
    if (count > 2)
      BOOST_TEST(line.find_first_not_of(' ') >= 25u, line);
  }
  BOOST_TEST(longest <= 100u);
  BOOST_TEST(longest > 85u);
  BOOST_TEST(count > 10u);
}

BOOST_AUTO_TEST_CASE(what_is_too_long_for_its_column_has_a_line_of_its_own) {
  const std::string key = "inference." + std::string(40, 'd') + ".path";
  BOOST_TEST(print({exit_code::bad_scenario,
                    {{grade::bad, key, "gone", "find it", exit_code::bad_scenario},
                     {grade::good, "a", "fine", ""}}}) ==
             "NOT READY: 1 to mend\n\n✗ " + key + "\n" + std::string(32, ' ') + "gone\n" +
                 std::string(32, ' ') + "→ find it\n✓ a" + std::string(29, ' ') + "fine\n");
}

BOOST_AUTO_TEST_SUITE_END()
