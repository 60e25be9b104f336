// SPDX-License-Identifier: MIT
// Runs that do not come to their own end: nodes that are killed or stand still, users who have
// enough, a coordinator that is killed. Nothing stays behind, and what had arrived is readable.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sys/stat.h>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

namespace data = boost::unit_test::data;

constexpr unsigned robot = 0, cloud = 1;
constexpr std::chrono::milliseconds at_once = 2s;
constexpr std::chrono::milliseconds soon = 5s;

/// What must be readable of a run whose coordinator cannot have finished it.
void check_readable(const run_process& run, std::int64_t at_least) {
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") >= at_least);
  for (const auto* view :
       {"samples", "spans", "outcomes", "links", "clocks", "metrics", "events", "nodes", "run"})
    (void)db.rows("SELECT * FROM " + std::string(view)); // or the test fails
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE duration_ns < 0") == 0);
  BOOST_TEST(db.table("SELECT name FROM nodes") == "robot\ncloud\n");
  BOOST_TEST(db.text("PRAGMA integrity_check") == "ok");
}

/// A scenario whose model waits for ever while it is loaded: its file is a pipe that nobody feeds.
class stuck_loading {
public:
  stuck_loading()
      : run_({"scenario.toml", "--output", "out"}, run_process::user::same,
             [](const temp_folder& folder) {
               const auto pipe = folder / "cascade.xml";
               BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
               std::string text(endless_scenario);
               const std::string dummy = "model = \"dummy\"\ninfer = \"1ms\"";
               text.replace(text.find(dummy), dummy.size(),
                            "model = \"haar\"\npath = \"cascade.xml\"");
               std::ofstream(folder / "scenario.toml") << text;
             }) {
    run_.await("it loads", [&] { return run_.err().find("loading") != std::string::npos; });
  }
  run_process& run() { return run_; }

private:
  run_process run_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(death_test)

BOOST_AUTO_TEST_CASE(a_killed_node_ends_the_run_and_is_named) {
  run_process run(endless_scenario);
  run.await_samples(50);
  const auto stored = run.so_far("SELECT COUNT(*) FROM samples");
  BOOST_REQUIRE(::kill(run.node(cloud), SIGKILL) == 0);
  run.expect_end(5, {{"probe", 1}}, soon);
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("killed by signal 9") != std::string::npos, run.err());
  BOOST_TEST(run.out().substr(0, 9) == "NODE LOST");
  BOOST_TEST(run.out().find("Results: ") != std::string::npos);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") >= stored);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") > 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE node = 'cloud' AND "
                       "severity = 'error'") >= 1);
  const auto summary = nlohmann::json::parse(run.result_file("summary.json"));
  BOOST_TEST(summary["lost_nodes"] == nlohmann::json::array({"cloud"}));
}

BOOST_AUTO_TEST_CASE(what_had_arrived_stays_when_the_sensors_node_is_killed) {
  run_process run(endless_scenario);
  run.await_samples(50);
  const auto stored = run.so_far("SELECT COUNT(*) FROM samples");
  BOOST_REQUIRE(::kill(run.node(robot), SIGKILL) == 0);
  BOOST_TEST(run.exit_code(soon) == 5, run.err());
  run.await_gone(at_once);
  BOOST_TEST(run.err().find("node robot") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("killed by signal 9") != std::string::npos, run.err());
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") >= stored);
  // The other node may know of samples whose own record died with the sensor: they have an outcome
  // too, and nothing has two.
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples WHERE trace NOT IN "
                       "(SELECT trace FROM outcomes)") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) - COUNT(DISTINCT trace) FROM outcomes") == 0);
  check_spans(db);
}

BOOST_AUTO_TEST_CASE(a_killed_node_ends_a_run_over_direct_connections_too) {
  run_process run(endless_scenario, set(both_over("caf")));
  run.await_samples(20);
  BOOST_REQUIRE(::kill(run.node(cloud), SIGKILL) == 0);
  run.expect_end(5, {{"probe", 1}}, soon);
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
}

BOOST_AUTO_TEST_CASE(all_nodes_killed_at_once_end_the_run) {
  run_process run(endless_scenario);
  run.await_samples(20);
  const auto one = run.node(robot), other = run.node(cloud);
  BOOST_REQUIRE(::kill(one, SIGKILL) == 0);
  BOOST_REQUIRE(::kill(other, SIGKILL) == 0);
  BOOST_TEST(run.exit_code(soon) == 5, run.err());
  run.await_gone(at_once);
  check_readable(run, 20);
}

BOOST_AUTO_TEST_CASE(a_node_that_stands_still_is_lost_in_bounded_time) {
  run_process run(endless_scenario);
  run.await_samples(20);
  BOOST_REQUIRE(::kill(run.node(cloud), SIGSTOP) == 0);
  run.expect_end(5, {{"probe", 1}}, 10s);
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
}

BOOST_DATA_TEST_CASE(the_users_signal_ends_the_run_in_order, data::make({SIGINT, SIGTERM}),
                     number) {
  run_process run(endless_scenario, set_with_room());
  run.await_samples(20);
  run.signal(number);
  run.expect_end(7, {{"probe", 1}}, soon);
  BOOST_TEST(run.out().substr(0, 11) == "INTERRUPTED");
  BOOST_TEST(run.out().find("Results: ") != std::string::npos);
  for (const auto* name : {"traces.csv", "summary.json", "trace.json", "scenario.toml"})
    BOOST_TEST(!run.result_file(name).empty(), name);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") >= 20);
  // What was under way could still end.
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome <> 'delivered'") == 0);
}

BOOST_AUTO_TEST_CASE(ctrl_c_reaches_the_nodes_too_and_does_not_harm_them) {
  run_process run(endless_scenario, set_with_room());
  run.await_samples(20);
  run.signal_all(SIGINT);
  run.expect_end(7, {{"probe", 1}}, soon);
  BOOST_TEST(run.out().substr(0, 11) == "INTERRUPTED", run.out());
  BOOST_TEST(run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                   "outcome <> 'delivered'") == 0);
}

BOOST_AUTO_TEST_CASE(an_interrupt_settles_what_is_still_in_a_queue) {
  // The model is so slow that most is under way, and the time to drain is short.
  run_process run(endless_scenario, set({"scenario.drain=100ms", "inference.mirror.infer=300ms"}));
  run.await_samples(30);
  run.signal(SIGINT);
  run.expect_end(7, {{"probe", 1}}, soon);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'unfinished'") > 0);
}

BOOST_AUTO_TEST_CASE(a_second_signal_ends_the_run_at_once) {
  // The first alone would wait for the model, which is busy.
  run_process run(endless_scenario, set({"scenario.drain=20s", "inference.mirror.infer=5s"}));
  run.await_samples(20);
  run.signal(SIGINT);
  run.signal(SIGINT);
  BOOST_TEST(run.exit_code(soon) == 7, run.err()); // draining would take 20 s
  BOOST_TEST(run.err().find("cut off") != std::string::npos, run.err());
  BOOST_TEST(run.err().find(*run.results() + "/run.db") != std::string::npos, run.err());
  BOOST_TEST(run.err().back() == '\n');
  run.await_gone(at_once);
  check_readable(run, 20);
}

BOOST_AUTO_TEST_CASE(a_killed_coordinator_takes_its_nodes_along) {
  run_process run(endless_scenario);
  run.await_samples(50);
  const auto stored = run.so_far("SELECT COUNT(*) FROM samples");
  run.signal(SIGKILL);
  run.await_gone(at_once);
  BOOST_TEST(run.exit_code() == -SIGKILL);
  check_readable(run, stored);
}

BOOST_AUTO_TEST_CASE(a_coordinator_killed_while_starting_leaves_nothing_behind) {
  // From the first process on, and at moments of the start that the machine chooses.
  for (const unsigned nodes : {0u, 1u, 2u})
    for (int i = 0; i < 5; ++i) {
      run_process run(endless_scenario);
      run.await(std::to_string(nodes) + " nodes have a process",
                [&] { return run.nodes().size() >= nodes; });
      run.signal(SIGKILL);
      run.await_gone(at_once);
    }
}

BOOST_AUTO_TEST_CASE(an_interrupt_while_loading_ends_the_run_before_it_begins) {
  stuck_loading stuck;
  stuck.run().signal(SIGINT);
  BOOST_TEST(stuck.run().exit_code(8s) == 7, stuck.run().err());
  stuck.run().await_gone(at_once);
  BOOST_TEST(!stuck.run().results());
}

BOOST_AUTO_TEST_CASE(a_node_killed_while_loading_is_named) {
  stuck_loading stuck;
  BOOST_REQUIRE(::kill(stuck.run().node(cloud), SIGKILL) == 0);
  BOOST_TEST(stuck.run().exit_code(8s) == 5, stuck.run().err());
  stuck.run().await_gone(at_once);
  BOOST_TEST(stuck.run().err().find("node cloud") != std::string::npos, stuck.run().err());
  BOOST_TEST(stuck.run().err().find("killed by signal 9") != std::string::npos, stuck.run().err());
  BOOST_TEST(!stuck.run().results());
}

BOOST_AUTO_TEST_CASE(a_stage_that_computes_does_not_keep_a_run_from_ending_when_a_node_is_killed) {
  run_process run(endless_scenario, set({"inference.mirror.infer=60s", "scenario.drain=30s"}));
  run.await_samples(20);
  BOOST_REQUIRE(::kill(run.node(robot), SIGKILL) == 0);
  BOOST_TEST(run.exit_code(soon) == 5, run.err());
  run.await_gone(at_once);
  BOOST_TEST(run.err().find("node robot was lost") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("node cloud") == std::string::npos, run.err());
  const auto summary = nlohmann::json::parse(run.result_file("summary.json"));
  BOOST_TEST(summary["lost_nodes"] == nlohmann::json::array({"robot"}));
}

BOOST_AUTO_TEST_CASE(a_stage_that_computes_does_not_keep_the_user_from_ending_a_run) {
  run_process run(endless_scenario,
                  set({"inference.mirror.infer=60s", "inference.mirror.busy=true"}));
  run.await_samples(20);
  run.signal(SIGINT);
  run.expect_end(7, {{"probe", 1}}, soon);
  BOOST_TEST(run.out().substr(0, 11) == "INTERRUPTED");
  BOOST_TEST(run.err().find("mirror did not come back within") != std::string::npos, run.err());
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'unfinished' AND "
                       "place = 'mirror'") > 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE severity = 'warning' AND "
                       "detail LIKE 'mirror did not come back%'") == 1);
}

BOOST_AUTO_TEST_CASE(a_stage_that_computes_does_not_keep_a_run_from_its_own_end) {
  run_process run(endless_scenario, set({"scenario.samples=5", "scenario.drain=100ms",
                                         "inference.mirror.infer=60s"}));
  run.expect_end(4, {{"probe", 1}}, soon); // nothing was delivered
  BOOST_TEST(run.err().find("mirror did not come back within") != std::string::npos, run.err());
  BOOST_TEST(run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                   "outcome = 'unfinished'") == 5);
}

BOOST_DATA_TEST_CASE(a_signal_that_the_parent_ignores_stays_ignored, data::make({SIGINT, SIGHUP}),
                     number) {
  const auto before = ::signal(number, SIG_IGN); // inherited by what is started now
  run_process run(endless_scenario, set({"scenario.duration=2s"}));
  ::signal(number, before);
  run.await_samples(20);
  run.signal_all(number);
  run.expect_end(0, {{"probe", 1}});
}

BOOST_DATA_TEST_CASE(a_signal_to_all_processes_is_a_wish_to_stop, data::make({SIGTERM, SIGHUP}),
                     number) {
  run_process run(endless_scenario);
  run.await_samples(20);
  run.signal_all(number);
  run.expect_end(7, {{"probe", 1}}, soon);
}

BOOST_AUTO_TEST_SUITE_END()
