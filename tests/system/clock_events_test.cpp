// SPDX-License-Identifier: MIT
// Clocks that do not run straight: what happened is reported by name and time, and every bound
// still holds.
#include "tests/support/clock_truth.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// The number between two texts.
double number_between(const std::string& text, const std::string& before,
                      const std::string& after) {
  const auto begin = text.find(before);
  BOOST_REQUIRE_MESSAGE(begin != std::string::npos, "no \"" << before << "\" in: " << text);
  const auto end = text.find(after, begin + before.size());
  BOOST_REQUIRE_MESSAGE(end != std::string::npos, "no \"" << after << "\" in: " << text);
  return std::stod(text.substr(begin + before.size(), end - begin - before.size()));
}

/// How far an event's own time may be off: it names a stretch of time, whose middle it is given at,
/// on a clock that is known with a bound.
std::int64_t uncertainty(run_database& db, const std::string& detail) {
  return db.number("SELECT MAX(c.bound_ns + CAST(c.bound_growth * ABS(n.time_ns - c.anchor_ns) AS "
                   "INTEGER)) FROM clock_notice n JOIN clock_segment c ON c.from_clock = n.clock "
                   "AND c.to_clock = 0 AND n.time_ns BETWEEN c.first_ns AND c.last_ns "
                   "WHERE n.detail = '" +
                   detail + "'") +
         static_cast<std::int64_t>(number_between(detail, "within ", " ms") * 1e6) / 2;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_events_test)

BOOST_AUTO_TEST_CASE(a_clock_that_steps_is_found_with_time_and_size_and_the_bounds_hold) {
  constexpr std::int64_t at = 1'000'000'000, by = 20'000'000;
  run_process run(
      endless_scenario,
      set({"scenario.duration=2500ms", "nodes.cloud.test-clock.offset=2s",
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
  BOOST_TEST(crossings.size() == 500u);
  BOOST_TEST(crossings.front().begin < truth.start() + at);
  BOOST_TEST(crossings.back().begin > truth.start() + at);
  BOOST_TEST(check_probes(db, truth) > 0u);

  // Each pair it can be seen in reports it, once; the coordinator's against the other node does
  // not.
  std::vector<std::string> pairs;
  for (const auto& e : db.rows("SELECT detail, time_ns, severity FROM events "
                               "WHERE what = 'clock step' ORDER BY detail")) {
    const auto& detail = e[0];
    const auto pair = detail.substr(0, detail.find(" by "));
    pairs.push_back(pair);
    BOOST_TEST(e[2] == "warning");
    BOOST_TEST(std::abs(std::stoll(e[1]) - (truth.start() + at)) <= uncertainty(db, detail),
               detail << ", " << std::stoll(e[1]) - truth.start() << " ns from the start");
    // The size is what remains between what both sides leave open.
    const auto size = number_between(detail, " by ", " µs") * 1000;
    const auto expected = static_cast<double>(pair.starts_with("cloud") ? by : -by);
    BOOST_TEST(std::abs(size - expected) < by / 4., detail);
  }
  const std::vector<std::string> expected{"cloud against coordinator", "robot against cloud"};
  BOOST_TEST(pairs == expected, boost::test_tools::per_element());
  BOOST_TEST(run.out().find("clock step, cloud against coordinator") != std::string::npos,
             run.out());
  // Away from the step its size is no longer in the bound.
  const auto narrow = std::ranges::count_if(crossings, [](auto& c) { return c.bound < by / 4; });
  BOOST_TEST(narrow > 0);
}

BOOST_AUTO_TEST_CASE(a_clock_that_wanders_is_found_and_the_bounds_hold) {
  run_process run(
      endless_scenario,
      set({"scenario.duration=4s", "sensors.probe.rate=50Hz", "nodes.cloud.test-clock.offset=2s",
           "nodes.cloud.test-clock.drift=-20ppm",
           "nodes.cloud.test-clock.wander={ amplitude = \"300us\", period = \"4s\" }"}));
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID");
  auto db = run.database();
  const clock_truth truth(
      db, {{"cloud", {.offset = 2s, .drift_ppm = -20, .wander = clock_wander{300us, 4s}}}});
  BOOST_TEST(check_crossings(db, truth).size() == 400u);
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
      set({"scenario.duration=2s", "nodes.cloud.test-clock.step={ at = \"1500ms\", by = \"1s\" }",
           "clock.interval=10s", "expect.metrics={ \"down.link\" = [\"min > 0ms\"] }"}));
  run.expect_end(4, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 11) == "UNDECIDABLE", run.out());
  auto db = run.database();
  const clock_truth truth(db, {{"cloud", {.step = clock_step{1500ms, 1s}}}});
  const auto crossings = check_crossings(db, truth);
  BOOST_TEST(crossings.size() == 400u);
  BOOST_TEST(std::ranges::max(crossings, {}, &crossing::bound).bound >= 500'000'000);
  BOOST_TEST(run.out().find("from the limit") != std::string::npos, run.out());
  BOOST_TEST(run.result_file("summary.json").find("\"verdict\": \"undecidable\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
