// SPDX-License-Identifier: MIT
// Runs over several machines, each with a network of its own and daemons on all but the first: the
// same as on one machine, whichever the transport and whatever their clocks show.
#include "tests/support/clock_truth.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

using namespace peernet;
using namespace std::literals;

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

/// robot → edge → cloud → robot at a rate, and from edge to cloud as fast as answers come.
constexpr std::string_view three_nodes = R"([scenario]
duration = "1s"

[nodes.robot]
test-clock = { offset = "-2s", drift = "-35ppm" }
[nodes.edge]
test-clock = { offset = "5s", drift = "20ppm" }
[nodes.cloud]
test-clock = { offset = "700ms", drift = "48ppm" }

[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "50Hz"
max-lag = "5s"
[sensors.asker]
node = "edge"
type = "bytes"
size = "100B"
arrival = "closed-loop"
timeout = "20s"

[inference.first]
node = "edge"
model = "echo"
queue = { size = 1000 }
[inference.second]
node = "cloud"
model = "dummy"
queue = { size = 1000 }

[sinks.back]
node = "robot"
queue = { size = 1000 }
[sinks.answer]
node = "cloud"

[links.there]
from = "probe"
to = "first"
send-queue = { size = 1000 }
[links.on]
from = "first"
to = "second"
send-queue = { size = 1000 }
[links.home]
from = "second"
to = "back"
send-queue = { size = 1000 }
[links.aside]
from = "asker"
to = "answer"
)";

const false_clocks errors_of_three{{"robot", {.offset = -2s, .drift_ppm = -35}},
                                   {"edge", {.offset = 5s, .drift_ppm = 20}},
                                   {"cloud", {.offset = 700ms, .drift_ppm = 48}}};

std::vector<std::string> operator+(std::vector<std::string> one,
                                   const std::vector<std::string>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

/// Every delay within its bound of the truth; how often each link was crossed.
std::map<std::string, std::int64_t> check_delays(run_database& db, const false_clocks& errors) {
  const clock_truth truth(db, errors);
  std::map<std::string, std::int64_t> crossed;
  for (const auto& c : check_crossings(db, truth)) {
    ++crossed[c.link];
    BOOST_TEST(c.bound < sane_bound_ns);
  }
  BOOST_TEST(check_probes(db, truth) > 0u);
  return crossed;
}

void check_valid(run_process& run, const sinks_reached& reach) {
  run.expect_end(0, reach);
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  BOOST_TEST(run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                   "outcome <> 'delivered'") == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_test)

BOOST_DATA_TEST_CASE(a_closed_loop_over_two_machines, data::make({"zmq-tcp", "caf"}), transport) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(echo_scenario, both_over(transport) + two_clocks);
  check_valid(run, {{"probe", 1}});
  auto db = run.database();
  const auto crossed = check_delays(db, errors_of_two);
  BOOST_TEST(crossed.at("up") == 100);
  BOOST_TEST(crossed.at("down") == 100);
}

BOOST_DATA_TEST_CASE(an_open_loop_over_two_machines, data::make({"zmq-tcp", "caf"}), transport) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(endless_scenario,
                      both_over(transport) + two_clocks + std::vector{"scenario.duration=1s"s});
  check_valid(run, {{"probe", 1}});
  auto db = run.database();
  const auto crossed = check_delays(db, errors_of_two);
  BOOST_TEST(crossed.at("up") == 100);
  BOOST_TEST(crossed.at("down") == 100);
}

BOOST_DATA_TEST_CASE(three_machines_of_which_two_talk_directly, data::make({"zmq-tcp", "caf"}),
                     transport) {
  auto lab = machines::make({"robot", "edge", "cloud"});
  if (!lab)
    return;
  std::vector<std::string> transports;
  for (const auto* link : {"there", "on", "home", "aside"})
    transports.push_back("links." + std::string(link) + ".transport=" + transport);
  auto run = lab->run(three_nodes, transports);
  check_valid(run, {{"probe", 1}, {"asker", 1}});
  auto db = run.database();
  const auto crossed = check_delays(db, errors_of_three);
  for (const auto* link : {"there", "on", "home"})
    BOOST_TEST(crossed.at(link) == 50, link);
  BOOST_TEST(crossed.at("aside") > 0);
  BOOST_TEST(db.table("SELECT name, host FROM nodes") != "");
}

BOOST_AUTO_TEST_CASE(the_next_run_may_begin_as_soon_as_the_last_has_ended) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  const auto daemon = (*lab)["cloud"].daemon().pid();
  for (int i = 0; i < 5; ++i) {
    auto run = lab->run(echo_scenario, {"scenario.samples=5"});
    check_valid(run, {{"probe", 1}});
  }
  BOOST_TEST(!(*lab)["cloud"].daemon().ended());
  BOOST_TEST((*lab)["cloud"].daemon().pid() == daemon);
}

BOOST_AUTO_TEST_CASE(a_host_in_the_scenario_does_as_well_as_a_file_of_hosts) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  std::string text(echo_scenario);
  text.insert(text.find("[nodes.cloud]\n") + 14, "host = \"" + (*lab)["cloud"].host() + "\"\n");
  run_process run({"scenario.toml", "--output", "out", "--identity", lab->first() / "identity"},
                  lab->here(),
                  [&](const temp_folder& f) { std::ofstream(f / "scenario.toml") << text; });
  check_valid(run, {{"probe", 1}});
}

BOOST_DATA_TEST_CASE(data_go_over_the_network_that_the_link_names,
                     data::make({"zmq-tcp", "caf"}) * data::make({"lan", "wifi"}), transport,
                     network) {
  auto lab = machines::make({"robot", "cloud"}, {"lan", "wifi"});
  if (!lab)
    return;
  auto run = lab->run(echo_scenario, both_over(transport) +
                                         std::vector{"sensors.probe.size=50kB"s,
                                                     "links.up.network=" + std::string(network),
                                                     "links.down.network=" + std::string(network)});
  check_valid(run, {{"probe", 1}});
  constexpr std::uint64_t data_bytes = 100 * 50'000;
  const std::string other = network == std::string("lan") ? "wifi" : "lan";
  for (const auto* name : {"robot", "cloud"}) {
    BOOST_TEST((*lab)[name].received_over(network) > data_bytes, name);
    BOOST_TEST((*lab)[name].received_over(other) < data_bytes / 5, name);
  }
}

BOOST_AUTO_TEST_CASE(each_way_may_take_a_network_of_its_own) {
  auto lab = machines::make({"robot", "cloud"}, {"control", "lan", "wifi"});
  if (!lab)
    return;
  auto run = lab->run(echo_scenario, {"sensors.probe.size=50kB", "links.up.network=wifi",
                                      "links.down.network=lan"});
  check_valid(run, {{"probe", 1}});
  constexpr std::uint64_t data_bytes = 100 * 50'000;
  BOOST_TEST((*lab)["cloud"].received_over("wifi") > data_bytes);
  BOOST_TEST((*lab)["robot"].received_over("lan") > data_bytes);
  BOOST_TEST((*lab)["cloud"].received_over("lan") < data_bytes / 5);
  BOOST_TEST((*lab)["robot"].received_over("wifi") < data_bytes / 5);
  BOOST_TEST((*lab)["cloud"].received_over("control") < data_bytes / 5);
  BOOST_TEST((*lab)["robot"].received_over("control") < data_bytes / 5);
}

BOOST_AUTO_TEST_SUITE_END()
