// SPDX-License-Identifier: MIT
// Clocks that do not run straight: what happened is reported by name and time, and every bound
// still holds.
#include "runtime/core/units.hpp"
#include "tests/support/clock_truth.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// "by +5.00 ms against robot, within 1.20 s": the duration behind a word; ns.
std::int64_t duration_behind(const std::string& text, const std::string& word) {
  const auto begin = text.find(word);
  BOOST_REQUIRE_MESSAGE(begin != std::string::npos, "no \"" << word << "\" in: " << text);
  auto figure = text.substr(begin + word.size());
  figure.resize(std::min({figure.find(','), figure.find(" against"), figure.size()}));
  std::erase_if(figure, [](char c) { return c == ' ' || c == '+'; });
  const auto parsed = parse_duration(figure);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), "no duration: " << figure << " in: " << text);
  return to_ns(*parsed);
}

/// How far an event's own time may be off: it names a stretch of time, whose middle it is given at,
/// on a clock that is known with a bound.
std::int64_t uncertainty(run_database& db, const std::string& detail) {
  return db.number("SELECT MAX(c.bound_ns + CAST(c.bound_growth * ABS(n.time_ns - c.anchor_ns) AS "
                   "INTEGER)) FROM clock_notice n JOIN clock_segment c ON c.from_clock = n.clock "
                   "AND c.to_clock = 0 AND n.time_ns BETWEEN c.first_ns AND c.last_ns "
                   "WHERE n.detail = '" +
                   detail + "'") +
         duration_behind(detail, "within ") * 51 / 100; // half of it, which was rounded
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_events_test)

BOOST_AUTO_TEST_CASE(a_clock_that_steps_is_found_with_time_and_size_and_the_bounds_hold) {
  constexpr std::int64_t at = 1'000'000'000, by = 20'000'000;
  run_process run(
      endless_scenario,
      set_with_room({"scenario.duration=2500ms", "nodes.cloud.test-clock.offset=2s",
                     "nodes.cloud.test-clock.drift=30ppm",
                     "nodes.cloud.test-clock.step={ at = \"1s\", by = \"20ms\" }",
                     "nodes.robot.test-clock.offset=-1s", "nodes.robot.test-clock.drift=-15ppm"}));
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID"); // wider bounds are no reason to mistrust them
  auto db = run.database();
  const clock_truth truth(db,
                          {{"cloud", {.offset = 2s, .drift_ppm = 30, .step = clock_step{1s, 20ms}}},
                           {"robot", {.offset = -1s, .drift_ppm = -15}}});
  const auto crossings = check_crossings(db, truth);
  BOOST_TEST_REQUIRE(crossings.size() == 500u);
  BOOST_TEST(crossings.front().begin < truth.start() + at);
  BOOST_TEST(crossings.back().begin > truth.start() + at);
  BOOST_TEST(check_durations(db, truth) > crossings.size()); // within nodes, too
  BOOST_TEST(check_probes(db, truth) > 0u);

  // It shows in the courses beside both others, and is told once: by the name of who did it.
  const auto events = db.rows("SELECT detail, time_ns, severity, node FROM events "
                              "WHERE what = 'clock step'");
  BOOST_TEST_REQUIRE(events.size() == 1u);
  const auto& e = events.front();
  const auto& detail = e[0];
  BOOST_TEST(detail.starts_with("clock of cloud stepped by +"), detail);
  BOOST_TEST(detail.find(" against coordinator and robot, within ") != std::string::npos, detail);
  BOOST_TEST(e[2] == "warning");
  BOOST_TEST(e[3] == "cloud");
  BOOST_TEST(std::abs(std::stoll(e[1]) - (truth.start() + at)) <= uncertainty(db, detail),
             detail << ", " << std::stoll(e[1]) - truth.start() << " ns from the start");
  // The size is what remains between what both sides leave open.
  BOOST_TEST(std::abs(duration_behind(detail, " by ") - by) < by / 4, detail);
  BOOST_TEST(run.out().find("clock step, clock of cloud stepped by") != std::string::npos,
             run.out());
  // Away from the step its size is no longer in the bound.
  const auto narrow = std::ranges::count_if(crossings, [](auto& c) { return c.bound < by / 4; });
  BOOST_TEST(narrow > 0);
}

BOOST_AUTO_TEST_CASE(a_clock_that_wanders_is_found_and_the_bounds_hold) {
  run_process run(
      endless_scenario,
      set_with_room({"scenario.duration=4s", "sensors.probe.rate=50Hz",
                     "nodes.cloud.test-clock.offset=2s", "nodes.cloud.test-clock.drift=-20ppm",
                     "nodes.cloud.test-clock.wander={ amplitude = \"300us\", period = \"4s\" }"}));
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID");
  auto db = run.database();
  const clock_truth truth(
      db, {{"cloud", {.offset = 2s, .drift_ppm = -20, .wander = clock_wander{300us, 4s}}}});
  BOOST_TEST(check_crossings(db, truth).size() == 400u);
  BOOST_TEST(check_durations(db, truth) > 400u);
  BOOST_TEST(check_probes(db, truth) > 0u);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'clock wander' AND node = 'cloud' "
                       "AND detail LIKE 'cloud against coordinator%'") > 0);
}

BOOST_AUTO_TEST_CASE(a_step_that_no_probe_saw_makes_an_expectation_undecidable) {
  // Each asks once when the run begins and then no more until the burst behind it: from there on
  // every delay is uncertain by half the step. The smallest is reported far below 0, and nothing
  // says that it is not above.
  run_process run(
      endless_scenario,
      set_with_room({"scenario.duration=2s",
                     "nodes.cloud.test-clock.step={ at = \"1500ms\", by = \"1s\" }",
                     "clock.interval=10s", "expect.metrics={ \"down.link\" = [\"min > 0ms\"] }"}));
  run.expect_end(4, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 11) == "UNDECIDABLE", run.out());
  auto db = run.database();
  const clock_truth truth(db, {{"cloud", {.step = clock_step{1500ms, 1s}}}});
  const auto crossings = check_crossings(db, truth);
  BOOST_TEST_REQUIRE(crossings.size() == 400u);
  BOOST_TEST(check_durations(db, truth) > 400u);
  BOOST_TEST(std::ranges::max(crossings, {}, &crossing::bound).bound >= 500'000'000);
  BOOST_TEST(run.out().find("from the limit") != std::string::npos, run.out());
  BOOST_TEST(run.result_file("summary.json").find("\"verdict\": \"undecidable\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
