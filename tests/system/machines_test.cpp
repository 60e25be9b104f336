// SPDX-License-Identifier: MIT
// Runs over several machines, each with a network of its own, daemons on all but the first: the
// same as on one machine, whichever the transport and whatever their clocks show.
#include "tests/support/clock_truth.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

namespace data = boost::unit_test::data;

/// Wider than any machine makes it, narrower than what the clocks are apart: says that clocks were
/// compared at all, and nothing of how well.
constexpr std::int64_t sane_bound_ns = 50'000'000;

const std::vector<std::string> two_clocks{
    "nodes.cloud.test-clock.offset=3s", "nodes.cloud.test-clock.drift=50ppm",
    "nodes.robot.test-clock.offset=-2s", "nodes.robot.test-clock.drift=-30ppm"};
const false_clocks errors_of_two{{"cloud", {.offset = 3s, .drift_ppm = 50}},
                                 {"robot", {.offset = -2s, .drift_ppm = -30}}};

std::vector<std::string> operator+(std::vector<std::string> one,
                                   const std::vector<std::string>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

/// Every delay within its bound of the truth; how often each link was crossed.
std::map<std::string, int> check_delays(run_database& db, const false_clocks& errors) {
  const clock_truth truth(db, errors);
  std::map<std::string, int> crossed;
  for (const auto& c : check_crossings(db, truth)) {
    ++crossed[c.link];
    BOOST_TEST(c.bound < sane_bound_ns);
  }
  BOOST_TEST(check_probes(db, truth) > 0u);
  return crossed;
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_test)

BOOST_DATA_TEST_CASE(a_closed_loop_over_two_machines, data::make({"zmq-tcp", "caf"}), transport) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(echo_scenario, both_over(transport) + two_clocks);
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") == 100);
  const auto crossed = check_delays(db, errors_of_two);
  BOOST_TEST(crossed.at("up") == 100);
  BOOST_TEST(crossed.at("down") == 100);
  lab->await_free();
}

BOOST_AUTO_TEST_SUITE_END()
