// SPDX-License-Identifier: MIT
#include "runtime/config/clock_reader.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;
using namespace std::chrono_literals;

namespace {

struct mistake {
  std::string text;
  std::uint32_t column;
  std::string_view fragment;
};

/// Puts `keys` into [clock], which begins in line 5.
std::string with_clock(const std::string& keys) {
  return base_with("\n[nodes.robot]", "\n[clock]\n" + keys + "\n[nodes.robot]");
}

/// Gives the robot a test clock, in line 5.
std::string with_test_clock(const std::string& keys) {
  return base_with("[nodes.robot]", "[nodes.robot]\ntest-clock = { " + keys + " }");
}

clock_error test_clock(const std::string& keys) {
  return read_right(with_test_clock(keys)).nodes[0].test_clock;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_reader_test)

BOOST_AUTO_TEST_CASE(every_key_of_clocks_is_read) {
  const auto s =
      read_right(with_clock("interval = \"20ms\"\nmax-bound = \"250us\"\nmethod = \"system\""));
  BOOST_TEST((s.clocks == clock_settings{20ms, 250us, clock_method::system}));
  BOOST_TEST((read_right(with_clock("method = \"both\"")).clocks.method == clock_method::both));
  BOOST_TEST((read_right(with_clock("method = \"probe\"")).clocks == clock_settings{}));
}

BOOST_AUTO_TEST_CASE(clocks_have_defaults) {
  for (const auto& text : {std::string(base_text), with_clock("")}) {
    const auto s = read_right(text);
    BOOST_TEST((s.clocks.interval == 50ms));
    BOOST_TEST(!s.clocks.max_bound);
    BOOST_TEST((s.clocks.method == clock_method::probe));
    BOOST_TEST(s.nodes[0].test_clock.none());
  }
}

BOOST_AUTO_TEST_CASE(bounds_of_clocks_are_included) {
  for (const auto* interval : {"1ms", "10s"})
    BOOST_TEST(read_text(with_clock("interval = \"" + std::string(interval) + "\"")).ok());
  for (const auto* bound : {"1ns", "24h"})
    BOOST_TEST(read_text(with_clock("max-bound = \"" + std::string(bound) + "\"")).ok());
}

BOOST_AUTO_TEST_CASE(each_mistake_in_clocks_is_named_in_its_place) {
  const mistake table[] = {
      {"interval = 50", 12, "clock.interval: \"50\" is not a duration: the unit is missing"},
      {"interval = \"50\"", 12, "the unit is missing"},
      {"interval = \"0s\"", 12, "must be from 1ms to 10s, not 0s"},
      {"interval = \"999999ns\"", 12, "must be from 1ms to 10s"},
      {"interval = \"10001ms\"", 12, "must be from 1ms to 10s"},
      {"interval = \"-50ms\"", 12, "must be from 1ms to 10s, not -50ms"},
      {"interval = \"20Hz\"", 12, "unknown unit \"Hz\""},
      {"interval = true", 12, "must be a text with number and unit"},
      {"max-bound = 1", 13, "clock.max-bound: \"1\" is not a duration: the unit is missing"},
      {"max-bound = \"0s\"", 13, "must be above 0s"},
      {"max-bound = \"-1ms\"", 13, "must be above 0s"},
      {"max-bound = \"25h\"", 13, "at most 86400s"},
      {"method = \"prob\"", 10, "there is no \"prob\"; did you mean \"probe\"?"},
      {"method = \"ntp\"", 10, "there is no \"ntp\"; valid are: probe, system, both"},
      {"method = 1", 10, "must be a text in quotes, not a whole number"},
      {"max-bond = \"1ms\"", 1, "unknown key \"max-bond\" in [clock]; did you mean \"max-bound\"?"},
      {"bound.max = \"1ms\"", 1, "unknown key \"bound\" in [clock]"},
  };
  for (const auto& m : table)
    BOOST_TEST_CONTEXT(m.text) {
      expect_one(read_text(with_clock(m.text)), 5, m.column, m.fragment);
    }
  expect_one(read_text("clock = 3\n" + std::string(base_text)), 1, 9,
             "clock: must be a table, [clock], not a whole number");
  expect_one(read_text(base_with("[scenario]", "[clocks]\n[scenario]")), 1, 2,
             "unknown table [clocks]; did you mean \"clock\"?");
}

BOOST_AUTO_TEST_CASE(every_key_of_a_test_clock_is_read) {
  const auto all = test_clock("offset = \"-250ms\", drift = \"40ppm\", step = { at = \"5s\", by = "
                              "\"2ms\" }, wander = { amplitude = \"50us\", period = \"10s\" }");
  BOOST_TEST((all == clock_error{-250ms, 40, clock_step{5s, 2ms}, clock_wander{50us, 10s}}));
  const auto step = test_clock("step = { by = \"1ns\", at = \"0s\" }");
  BOOST_TEST((step == clock_error{.step = clock_step{0s, 1ns}}));
  const auto wander = test_clock("wander = { period = \"10ms\", amplitude = \"0s\" }");
  BOOST_TEST((wander == clock_error{.wander = clock_wander{0s, 10ms}}));
  BOOST_TEST(test_clock("").none());
}

BOOST_AUTO_TEST_CASE(keys_of_clocks_can_be_set) {
  const auto s = read_right(base_text, {"clock.interval=1s", "nodes.robot.test-clock.step.at=1s",
                                        "nodes.robot.test-clock.step.by=2ms"});
  BOOST_TEST((s.clocks.interval == 1s));
  BOOST_TEST((s.nodes[0].test_clock == clock_error{.step = clock_step{1s, 2ms}}));
}

BOOST_AUTO_TEST_CASE(each_mistake_in_a_test_clock_is_named_in_its_place) {
  const mistake table[] = {
      {"drift = 40", 24, "test-clock.drift: \"40\" is not a frequency error: the unit is missing"},
      {"skew = \"1ms\"", 16, "unknown key \"skew\" in [nodes.robot.test-clock]"},
      {"stepp = \"1ms\"", 16, "did you mean \"step\"?"},
      {"step = \"2ms\"", 23, "must be a table, { at = \"5s\", by = \"2ms\" }, not a text"},
      {"step = { at = \"5s\" }", 16, "nodes.robot.test-clock.step.by: is missing (how far"},
      {"step = { by = \"5s\" }", 16, "nodes.robot.test-clock.step.at: is missing (when"},
      {"step = { at = \"-1ns\", by = \"2ms\" }", 30, "must be from 0s to"},
      {"step = { at = 5, by = \"2ms\" }", 30, "the unit is missing"},
      {"step = { at = \"5s\", by = 2 }", 41, "the unit is missing"},
      {"step = { at = \"5s\", by = \"25h\" }", 41, "must be above 0s and at most 86400s"},
      {"step = { at = \"5s\", by = \"-1ms\" }", 41, "must be above 0s"},
      {"step = { at = \"5s\", by = \"2ms\", on = 1 }", 48,
       "unknown key \"on\" in [nodes.robot.test-clock.step]"},
      {"wander = \"50us\"", 25, "must be a table, { amplitude = \"50us\", period = \"10s\" }"},
      {"wander = { amplitude = \"50us\" }", 16, "test-clock.wander.period: is missing (of one"},
      {"wander = { period = \"10s\" }", 16, "test-clock.wander.amplitude: is missing (how far"},
      {"wander = { amplitude = \"-1us\", period = \"10s\" }", 39, "must be from 0s to"},
      {"wander = { amplitude = 50, period = \"10s\" }", 39, "the unit is missing"},
      {"wander = { amplitude = \"1us\", period = \"9ms\" }", 55, "must be from 10ms to"},
      {"wander = { amplitude = \"1us\", period = \"0s\" }", 55, "must be from 10ms to"},
      {"wander = { amplitude = \"1us\", period = 10 }", 55, "the unit is missing"},
      {"wander = { amplitude = \"1us\", perod = \"1s\", period = \"1s\" }", 46,
       "unknown key \"perod\" in [nodes.robot.test-clock.wander]; did you mean \"period\"?"},
  };
  for (const auto& m : table)
    BOOST_TEST_CONTEXT(m.text) {
      expect_one(read_text(with_test_clock(m.text)), 5, m.column, m.fragment);
    }
}

BOOST_AUTO_TEST_SUITE_END()
