// SPDX-License-Identifier: MIT
#include "runtime/config/diagnostic.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(diagnostic_test)

BOOST_AUTO_TEST_CASE(a_diagnostic_is_printed_as_compilers_do) {
  BOOST_TEST(to_string(diagnostic{{12, 8}, "a.toml", "no"}) == "a.toml:12:8: error: no");
  BOOST_TEST(to_string(diagnostic{{}, "a.toml", "no"}) == "a.toml: error: no");
  BOOST_TEST(to_string(diagnostic{{}, "--set a.b", "no"}) == "--set a.b: error: no");
  BOOST_TEST(to_string(diagnostic{{}, "", "no"}) == "error: no");
}

BOOST_AUTO_TEST_CASE(a_key_that_was_not_written_has_the_place_of_its_table) {
  sources places("a.toml");
  places.note("links.up", {{3, 1}, 0});
  places.note("links.up.to", {{4, 6}, 0});
  BOOST_TEST(places.find("links.up.to").where.line == 4u);
  BOOST_TEST(places.find("links.up.codec.quality").where.line == 3u);
  BOOST_TEST(places.find("nodes.robot").where.line == 0u);
}

BOOST_AUTO_TEST_CASE(mistakes_come_in_the_order_of_the_file_and_overrides_last) {
  sources places("a.toml");
  const auto set = places.add_override("a.b");
  mistakes wrong(places);
  wrong.add(origin{{}, set}, "set");
  wrong.add(origin{{9, 1}, 0}, "late");
  wrong.add(origin{{2, 7}, 0}, "early, right");
  wrong.add(origin{{2, 1}, 0}, "early, left");
  BOOST_TEST(to_string(wrong.list()) == "a.toml:2:1: error: early, left\n"
                                        "a.toml:2:7: error: early, right\n"
                                        "a.toml:9:1: error: late\n"
                                        "--set a.b: error: set\n");
}

BOOST_AUTO_TEST_CASE(a_hint_is_the_nearest_name_or_else_all_of_them) {
  const sources places("a.toml");
  const mistakes wrong(places);
  BOOST_TEST(wrong.hint("caemra", {"camera", "lidar"}) == "; did you mean \"camera\"?");
  BOOST_TEST(wrong.hint("x", {"camera", "lidar"}) == "; valid are: camera, lidar");
  BOOST_TEST(wrong.hint("x", {}) == "; there is none");
}

BOOST_AUTO_TEST_SUITE_END()
