// SPDX-License-Identifier: MIT
// Clock probes that do not come through, never or no longer: the control plane compares clocks
// instead, people are told, and every bound still holds.
#include "tests/support/clock_truth.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/system/muted_probes.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// Runs within it know which file stops their datagrams.
struct mutable_network {
  mutable_network() { ::setenv(muting_file, file.c_str(), 1); }
  ~mutable_network() { ::unsetenv(muting_file); }
  void mute() const { std::ofstream{file}; }

  temp_folder folder;
  const std::string file = folder / "muted";
};

bool says(const run_process& run, const std::string& text) {
  return run.out().find(text) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(clock_outages_test, mutable_network)

BOOST_AUTO_TEST_CASE(datagrams_that_stop_in_a_run_are_noticed_and_replaced) {
  run_process run(endless_scenario,
                  set_with_room({"scenario.duration=5s", "nodes.cloud.test-clock.offset=3s",
                                 "nodes.cloud.test-clock.drift=40ppm",
                                 "nodes.cloud.test-clock.step={ at = \"3s\", by = \"25us\" }"}),
                  "peernet-run-held");
  run.await_samples(50);
  mute();
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  const clock_truth truth(
      db, {{"cloud", {.offset = 3s, .drift_ppm = 40, .step = clock_step{3s, 25us}}}});
  BOOST_TEST(check_crossings(db, truth).size() == 1000u);
  BOOST_TEST(check_probes(db, truth) > 0u);
  for (const auto* phase : {"1", "2"})
    BOOST_TEST(db.number(std::string("SELECT COUNT(DISTINCT answerer) FROM probe WHERE "
                                     "method = 'control' AND phase = ") +
                         phase) == 2,
               "phase " << phase);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM probe WHERE method = 'udp' AND phase = 2") == 0);
  for (const auto* detail : {"no datagrams between coordinator and cloud for %over the control "
                             "plane%",
                             "no datagrams between robot and cloud for %over the coordinator%"})
    BOOST_TEST(db.number(std::string("SELECT COUNT(*) FROM events WHERE what = 'clock probes "
                                     "unanswered' AND severity = 'warning' AND detail LIKE '") +
                         detail + "'") == 1,
               detail);
  BOOST_TEST(says(run, "at times compared over the control plane (UDP did not pass)"), run.out());
}

BOOST_AUTO_TEST_CASE(datagrams_that_never_pass_are_replaced_from_the_beginning) {
  mute();
  run_process run(echo_scenario,
                  set({"nodes.cloud.test-clock.offset=3s", "nodes.cloud.test-clock.drift=40ppm"}),
                  "peernet-run-held");
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM probe WHERE method <> 'control'") == 0);
  const clock_truth truth(db, {{"cloud", {.offset = 3s, .drift_ppm = 40}}});
  BOOST_TEST(check_crossings(db, truth).size() == 200u);
  BOOST_TEST(says(run, "  compared over the control plane (UDP did not pass): "), run.out());
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE detail LIKE 'cloud never answered the "
                       "coordinator by UDP%'") == 1);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE detail LIKE 'node cloud: no answer "
                       "from%'") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
