// SPDX-License-Identifier: MIT
// Clocks of machines that are cut off or lost in a run: who is told what, and bounds that hold.
#include "tests/support/clock_truth.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> false_cloud{
    "nodes.cloud.test-clock={ offset = \"2s\", drift = \"60ppm\" }"};
constexpr clock_error error_of_cloud{.offset = 2s, .drift_ppm = 60};

/// Every sample goes to two machines, and from each back to a sink of its own.
constexpr std::string_view two_answers = R"([scenario]
duration = "6s"
drain = "500ms"

[nodes.robot]
[nodes.cloud]
on-loss = "continue"
[nodes.edge]
test-clock = { offset = "-1s", drift = "-20ppm" }

[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "50Hz"
max-lag = "5s"

[inference.far]
node = "cloud"
model = "echo"
[inference.near]
node = "edge"
model = "echo"
[sinks.from-far]
node = "robot"
[sinks.from-near]
node = "robot"

[links.up-far]
from = "probe"
to = "far"
[links.up-near]
from = "probe"
to = "near"
[links.down-far]
from = "far"
to = "from-far"
[links.down-near]
from = "near"
to = "from-near"
)";
constexpr clock_error error_of_edge{.offset = -1s, .drift_ppm = -20};

} // namespace

BOOST_AUTO_TEST_SUITE(clock_machines_test)

BOOST_AUTO_TEST_CASE(a_cable_for_data_that_is_cut_for_good_is_a_warning_with_what_it_costs) {
  const auto lab = machines::make({"robot", "cloud"}, {"control", "data"});
  if (!lab)
    return;
  auto overrides = with_room(false_cloud);
  overrides.insert(overrides.end(), {"links.up.network=data", "links.down.network=data",
                                     "scenario.duration=4s", "scenario.drain=500ms"});
  auto run = lab->run(endless_scenario, overrides);
  run.await_samples(100);
  lab->cut("cloud", "robot", "data");
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  const clock_truth truth(db, {{"cloud", error_of_cloud}});
  BOOST_TEST(check_crossings(db, truth).size() >= 100u);
  BOOST_TEST(check_durations(db, truth) > 100u);
  const auto told = db.rows("SELECT severity, node, detail, time_ns / 1e9 FROM events WHERE what = "
                            "'clock probes unanswered'");
  BOOST_TEST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0][0] == "warning");
  BOOST_TEST(told[0][2].starts_with("no datagrams between robot and cloud on network data for "),
             told[0][2]);
  BOOST_TEST(told[0][2].find(", to the end of the run; meanwhile they were compared over the "
                             "coordinator, and the bound between their clocks ") !=
                 std::string::npos,
             told[0][2]);
  lab->restore("cloud", "robot", "data");
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_lost_leaves_the_clocks_of_the_others_as_they_were) {
  const auto lab = machines::make({"robot", "cloud", "edge"});
  if (!lab)
    return;
  auto run = lab->run(two_answers, false_cloud);
  run.await_samples(80);
  lab->cut("cloud", "robot");
  lab->cut("cloud", "edge");
  run.exit_code();
  run.await_gone(test_deadline);
  run.expect_end(0, {{"probe", 2}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  const clock_truth truth(db, {{"cloud", error_of_cloud}, {"edge", error_of_edge}});
  BOOST_TEST(check_crossings(db, truth).size() >= 600u);
  BOOST_TEST(check_durations(db, truth) > 600u);
  BOOST_TEST(db.table("SELECT node, what FROM events WHERE severity <> 'info'") ==
             "cloud|node lost\n");
}

BOOST_AUTO_TEST_SUITE_END()
