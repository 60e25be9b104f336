// SPDX-License-Identifier: MIT
// What [clock] asks for: how wide bounds may be, what they rest on, how often nodes ask each other
// and what that costs. And clocks that need no comparing, compared all the same.
#include "tests/support/clock_truth.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

const false_clocks one_false_clock{{"cloud", {.offset = 3s, .drift_ppm = 50}}};

/// The echo with a false clock on "cloud", and more.
std::vector<std::string> with_false_clock(std::vector<std::string> more) {
  more.insert(more.end(), {"scenario.samples=50", "nodes.cloud.test-clock.offset=3s",
                           "nodes.cloud.test-clock.drift=50ppm"});
  return set(more);
}

/// Behind the first place where a name stands in a JSON text.
std::int64_t number_in(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\": ");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no " << name);
  return std::stoll(json.substr(at + name.size() + 4));
}

/// Whether every kernel called its clock disciplined in this run.
bool disciplined(run_database& db) {
  BOOST_REQUIRE(db.number("SELECT COUNT(*) FROM clock_look") > 0);
  return db.number("SELECT MIN(synchronised) FROM clock_look") == 1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_settings_test)

BOOST_AUTO_TEST_CASE(bounds_wider_than_allowed_make_the_run_invalid_with_a_recommendation) {
  run_process run(echo_scenario, with_false_clock({"clock.max-bound=1ns"}));
  run.expect_end(4, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 7) == "INVALID", run.out());
  for (const auto* text : {"up link", "down link", "max-bound is 1 ns", "probe more often"})
    BOOST_TEST(run.out().find(text) != std::string::npos, text);
  const auto json = run.result_file("summary.json");
  BOOST_TEST(json.find("\"verdict\": \"invalid\"") != std::string::npos);
  BOOST_TEST(json.find("[clock] interval") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(bounds_that_are_allowed_are_no_problem) {
  run_process run(echo_scenario, with_false_clock({"clock.max-bound=1h"}));
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID");
}

BOOST_AUTO_TEST_CASE(what_the_kernel_claims_counts_only_where_it_claims_something) {
  run_process run(echo_scenario, with_false_clock({"clock.method=system"}));
  run.exit_code();
  auto db = run.database();
  if (disciplined(db)) {
    run.expect_end(0, {{"probe", 1}});
    check_crossings(db, clock_truth(db, one_false_clock));
  } else {
    BOOST_TEST(run.exit_code() == 4);
    BOOST_TEST(run.out().substr(0, 7) == "INVALID", run.out());
    BOOST_TEST(run.result_file("summary.json").find("adjtimex") != std::string::npos);
    BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'system clock not disciplined' "
                         "AND severity = 'error' AND node = 'cloud'") == 1);
  }
}

BOOST_AUTO_TEST_CASE(both_methods_together_say_what_both_allow) {
  run_process run(echo_scenario, with_false_clock({"clock.method=both"}));
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID");
  auto db = run.database();
  BOOST_TEST(check_crossings(db, clock_truth(db, one_false_clock)).size() == 100u);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'system clock not disciplined' "
                       "AND severity = 'warning'") == (disciplined(db) ? 0 : 1));
}

BOOST_AUTO_TEST_CASE(nodes_on_one_clock_are_exactly_together_and_probed_all_the_same) {
  run_process run(echo_scenario);
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT node, offset_ns, drift_ppb, bound_ns FROM clocks") ==
             "robot|0|0.0|0\ncloud|0|0.0|0\n");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE bound_ns <> 0") == 0);
  const auto pairs = db.numbers("SELECT shared, exchanges, offset_ns, bound_ns FROM clock_pairs");
  BOOST_TEST(pairs.size() == 3u); // robot and cloud, the coordinator with both
  for (const auto& p : pairs) {
    BOOST_TEST(p[0] == 1);
    BOOST_TEST(p[1] >= 80); // the bursts before and after
    BOOST_TEST(std::abs(p[2]) <= p[3]);
  }
  BOOST_TEST(run.out().find("offsets are exactly 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(probing_goes_on_during_the_run_and_no_oftener_than_asked) {
  constexpr std::int64_t interval = 20'000'000;
  run_process run(endless_scenario,
                  set({"scenario.duration=1s", "clock.interval=20ms",
                       "nodes.cloud.test-clock.offset=3s", "nodes.cloud.test-clock.drift=50ppm"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  for (const auto* phase : {"0", "1", "2"})
    BOOST_TEST(db.number(std::string("SELECT COUNT(DISTINCT asker || '-' || answerer) FROM probe "
                                     "WHERE phase = ") +
                         phase) == 3, // robot asks cloud, the coordinator both
               "phase " << phase);
  // Gaps are drawn from half to one and a half of the interval: their mean over n of them stays
  // above 1 − 4/√(12 n), and a late thread only widens them.
  for (const auto& p :
       db.numbers("SELECT COUNT(*) - 1, MAX(t1) - MIN(t1), asker, answerer FROM probe "
                  "WHERE phase = 1 GROUP BY asker, answerer")) {
    BOOST_REQUIRE(p[0] > 0);
    const auto gaps = static_cast<double>(p[0]);
    BOOST_TEST(static_cast<double>(p[1]) / gaps >= interval * (1 - 4 / std::sqrt(12 * gaps)),
               "node " << p[3] << " by node " << p[2]);
  }
  // What it costs is said, to programs and to people.
  const auto json = run.result_file("summary.json");
  constexpr std::int64_t exchange = 2 * (56 + 28);
  const auto counted = db.number("SELECT COUNT(*) FROM probe WHERE method = 'udp'");
  BOOST_TEST(number_in(json, "clock_probe_bytes") >= exchange * counted);
  BOOST_TEST(number_in(json, "clock_probe_cpu_ns") > 0);
  BOOST_TEST(run.out().find("clock probes: ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
