// SPDX-License-Identifier: MIT
// A run that may go on without a machine (on-loss = "continue") does so, and says what is missing.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <functional>

using namespace peernet;
using namespace std::literals;

namespace {

/// Every sample goes to two machines, each of which answers to a sink of its own.
constexpr std::string_view two_answers = R"([scenario]
duration = "2s"
drain = "500ms"

[nodes.robot]
[nodes.cloud]
on-loss = "continue"
[nodes.edge]

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
queue = { size = 1000 }

[sinks.from-far]
node = "robot"
[sinks.from-near]
node = "robot"
queue = { size = 1000 }

[links.up-far]
from = "probe"
to = "far"
[links.up-near]
from = "probe"
to = "near"
send-queue = { size = 1000 }
[links.down-far]
from = "far"
to = "from-far"
[links.down-near]
from = "near"
to = "from-near"
send-queue = { size = 1000 }
)";

const sinks_reached two_each{{"probe", 2}};

const std::vector<std::string> over_caf{
    "links.up-far.transport=caf", "links.down-far.transport=caf", "links.up-near.transport=caf",
    "links.down-near.transport=caf"};

/// One run; `lose` does something to the machine "cloud".
void expect_rest(machines& lab, const std::vector<std::string>& overrides,
                 const std::function<void(machine&)>& lose) {
  auto run = lab.run(two_answers, overrides);
  run.await_samples(20);
  lose(lab["cloud"]);
  run.exit_code();
  run.await_gone(test_deadline);
  run.expect_end(0, two_each);
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  BOOST_TEST(run.out().find("node cloud was lost while the run was under way") != std::string::npos,
             run.out());
  BOOST_TEST(run.err().find("warning: node cloud was lost") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("the others go on, as its on-loss says") != std::string::npos,
             run.err());
  auto db = run.database();
  const auto from = [&](const std::string& sink, const std::string& which) {
    return db.number("SELECT COUNT(*) FROM outcomes WHERE sink = 'from-" + sink + "' AND outcome " +
                     which);
  };
  BOOST_TEST(from("near", "= 'delivered'") == 100);
  BOOST_TEST(from("far", "= 'delivered'") >= 10);
  BOOST_TEST(from("far", "<> 'delivered'") >= 10);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'node lost' AND node = 'cloud' "
                       "AND severity = 'warning'") == 1);
  const auto summary = nlohmann::json::parse(run.result_file("summary.json"));
  BOOST_TEST(summary["lost_nodes"] == nlohmann::json::array({"cloud"}));
}

std::unique_ptr<machines> make_lab() {
  return machines::make({"robot", "cloud", "edge"});
}

void send(pid_t pid, int signal) {
  BOOST_REQUIRE(::kill(pid, signal) == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_on_loss_test)

BOOST_AUTO_TEST_CASE(the_others_go_on_when_a_worker_is_killed) {
  const auto lab = make_lab();
  if (!lab)
    return;
  const auto kill = [](machine& m) { send(m.worker(), SIGKILL); };
  expect_rest(*lab, {}, kill);
  lab->await_free();
  expect_rest(*lab, over_caf, kill);
}

BOOST_AUTO_TEST_CASE(the_others_go_on_when_a_machine_is_gone) {
  const auto lab = make_lab();
  if (!lab)
    return;
  expect_rest(*lab, {}, [](machine& m) { send(m.daemon().pid(), SIGKILL); });
}

BOOST_AUTO_TEST_CASE(the_others_go_on_when_a_worker_stands_still) {
  const auto lab = make_lab();
  if (!lab)
    return;
  expect_rest(*lab, {"scenario.duration=5s", "scenario.samples=100"},
              [](machine& m) { send(m.worker(), SIGSTOP); });
}

BOOST_AUTO_TEST_CASE(the_others_go_on_when_a_cable_is_pulled_out) {
  const auto lab = make_lab();
  if (!lab)
    return;
  expect_rest(*lab, {}, [&](machine&) {
    lab->cut("cloud", "robot");
    lab->cut("cloud", "edge");
  });
}

BOOST_AUTO_TEST_CASE(a_machine_that_must_not_be_missing_still_ends_the_run) {
  const auto lab = make_lab();
  if (!lab)
    return;
  auto run = lab->run(two_answers);
  run.await_samples(20);
  send((*lab)["edge"].worker(), SIGKILL);
  run.expect_end(5, two_each);
  BOOST_TEST(run.err().find("node edge was lost") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("node cloud was lost") == std::string::npos, run.err());
}

BOOST_AUTO_TEST_SUITE_END()
