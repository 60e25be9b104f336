// SPDX-License-Identifier: MIT
// Runs over machines whose processes die or stand still: who it was is said, what had arrived is
// kept, nobody stays behind, and the machines are ready for the next run.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <csignal>

using namespace peernet;
using namespace std::literals;

namespace {

namespace data = boost::unit_test::data;

const sinks_reached one_each{{"probe", 1}};

constexpr const char* third_machine = R"(
[nodes.edge]
[sensors.other]
node = "edge"
type = "bytes"
size = "10B"
rate = "10Hz"
[links.aside]
from = "other"
to = "mirror"
)";

/// A run that goes on until something happens to it.
class endless {
public:
  explicit endless(machines& lab, const std::vector<std::string>& overrides = {},
                   std::string_view scenario = endless_scenario)
      : run(lab.run(scenario, scenario == endless_scenario ? with_room(overrides) : overrides)),
        cloud(lab["cloud"]),
        lab_(lab) {
    run.await_samples(50);
    stored_ = run.so_far("SELECT COUNT(*) FROM samples");
  }

  /// The run ends with the loss of "cloud", in order.
  void expect_lost() {
    run.expect_end(5, one_each);
    BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
    BOOST_TEST(run.out().substr(0, 9) == "NODE LOST", run.out());
    const auto summary = nlohmann::json::parse(run.result_file("summary.json"));
    BOOST_TEST(summary["lost_nodes"] == nlohmann::json::array({"cloud"}));
    expect_kept();
  }

  /// All that was stored before can be read.
  void expect_kept() const {
    auto db = run.database();
    BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") >= stored_);
    for (const auto* view :
         {"samples", "spans", "outcomes", "links", "clocks", "metrics", "events", "nodes", "run"})
      (void)db.rows("SELECT * FROM " + std::string(view)); // or the test fails
    BOOST_TEST(db.text("PRAGMA integrity_check") == "ok");
  }

  /// Nothing is left, and the same machines do as well as before.
  void expect_next() {
    run.await_gone(test_deadline);
    lab_.await_free();
    auto next = lab_.run(echo_scenario, {"scenario.samples=10"});
    next.expect_end(0, one_each);
  }

  run_process run;
  machine& cloud;

private:
  machines& lab_;
  std::int64_t stored_ = 0;
};

void send(pid_t pid, int signal) {
  BOOST_REQUIRE(::kill(pid, signal) == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_faults_test)

BOOST_DATA_TEST_CASE(a_worker_killed_under_its_daemon, data::make({"zmq-tcp", "caf"}), transport) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab, both_over(transport));
  send(e.cloud.worker(), SIGKILL);
  e.expect_lost();
  BOOST_TEST(e.run.err().find("killed by signal 9") != std::string::npos, e.run.err());
  e.cloud.await_log("is over: killed by signal 9");
  e.expect_next();
}

BOOST_AUTO_TEST_CASE(a_killed_daemon_takes_its_worker_along) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  send(e.cloud.daemon().pid(), SIGKILL);
  e.run.exit_code();
  e.run.await_gone(test_deadline);
  e.expect_lost();
  // Started again, perhaps by systemd, it finds its address free.
  e.cloud.start_daemon();
  auto next = lab->run(echo_scenario);
  next.expect_end(0, one_each);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_is_told_to_end_ends_the_run_in_order) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  send(e.cloud.daemon().pid(), SIGTERM);
  await_that("the daemon ends", [&] { return e.cloud.daemon().ended(); });
  BOOST_TEST(*e.cloud.daemon().code() == 0);
  e.expect_lost();
  BOOST_TEST(e.cloud.workers().empty());
}

BOOST_AUTO_TEST_CASE(a_worker_that_stands_still_is_lost_in_bounded_time) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  send(e.cloud.worker(), SIGSTOP);
  e.run.exit_code();
  e.run.await_gone(test_deadline); // its daemon kills it
  e.expect_lost();
  e.expect_next();
}

BOOST_AUTO_TEST_CASE(a_daemon_that_stands_still_is_lost_in_bounded_time) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  send(e.cloud.daemon().pid(), SIGSTOP);
  BOOST_TEST(e.run.exit_code() == 5);
  send(e.cloud.daemon().pid(), SIGCONT);
  e.run.await_gone(test_deadline);
  e.expect_lost();
  e.expect_next();
}

BOOST_AUTO_TEST_CASE(a_daemon_that_stands_still_for_a_moment_harms_nothing) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab, {"scenario.duration=3s"});
  send(e.cloud.daemon().pid(), SIGSTOP);
  const auto until = std::chrono::steady_clock::now() + 1s;
  e.run.await("a second has passed", [&] { return std::chrono::steady_clock::now() >= until; });
  send(e.cloud.daemon().pid(), SIGCONT);
  e.run.expect_end(0, one_each);
  BOOST_TEST(e.run.out().substr(0, 5) == "VALID", e.run.out());
  BOOST_TEST(e.run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                     "outcome <> 'delivered'") == 0);
  e.expect_next();
}

BOOST_AUTO_TEST_CASE(a_killed_coordinator_leaves_every_machine_free) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  e.run.signal(SIGKILL);
  BOOST_TEST(e.run.exit_code() == -SIGKILL);
  e.run.await_gone(10s);
  e.expect_kept();
  e.expect_next();
}

BOOST_AUTO_TEST_CASE(a_coordinator_killed_while_starting_leaves_every_machine_free) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  for (int i = 0; i < 2; ++i) { // before and after there is a worker
    auto run = lab->run(endless_scenario);
    if (i > 0)
      (void)(*lab)["cloud"].worker();
    run.signal(SIGKILL);
    run.await_gone(10s);
    lab->await_free();
  }
  auto next = lab->run(echo_scenario);
  next.expect_end(0, one_each);
}

BOOST_AUTO_TEST_CASE(the_users_signal_ends_the_run_on_all_machines) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  e.run.signal(SIGINT);
  e.run.expect_end(7, one_each);
  BOOST_TEST(e.run.out().substr(0, 11) == "INTERRUPTED", e.run.out());
  BOOST_TEST(e.run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                     "outcome <> 'delivered'") == 0);
  e.expect_kept();
  e.expect_next();
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_restarted_during_a_run_is_lost_and_then_as_good_as_new) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  endless e(*lab);
  send(e.cloud.daemon().pid(), SIGKILL);
  e.cloud.start_daemon(); // at once: the run may not know yet
  e.expect_lost();
  e.run.await_gone(test_deadline);
  auto next = lab->run(echo_scenario);
  next.expect_end(0, one_each);
}

BOOST_AUTO_TEST_CASE(of_three_machines_the_one_that_is_lost_is_named_and_all_are_free) {
  auto lab = machines::make({"robot", "edge", "cloud"});
  if (!lab)
    return;
  endless e(*lab, {}, std::string(endless_scenario) + third_machine);
  send(e.cloud.worker(), SIGKILL);
  e.run.expect_end(5, {{"probe", 1}, {"other", 1}});
  BOOST_TEST(e.run.err().find("node cloud") != std::string::npos, e.run.err());
  BOOST_TEST(e.run.err().find("node edge") == std::string::npos, e.run.err());
  e.expect_next();
}

BOOST_AUTO_TEST_SUITE_END()
