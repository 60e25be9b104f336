// SPDX-License-Identifier: MIT
// Runs over machines whose cables are pulled out, for a moment or for good, whose clocks step, and
// that are too slow: every sample is accounted for, and only a machine that cannot be reached for
// control is lost.
#include "tests/support/clock_truth.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>

using namespace peernet;
using namespace std::literals;

namespace {

const sinks_reached one_each{{"probe", 1}};
const std::string control = "control", wires = "data";

/// Control goes over one network, data over the other.
std::unique_ptr<machines> make_lab() {
  return machines::make({"robot", "cloud"}, {control, wires});
}

run_process begin(machines& lab, const std::vector<std::string>& more) {
  auto overrides = with_room(more);
  overrides.insert(overrides.end(), {"links.up.network=data", "links.down.network=data"});
  return lab.run(endless_scenario, overrides);
}

/// What must pass before the test goes on is not work but time: how long a fault lasts.
void let_pass(run_process& run, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  run.await("it has gone on for a while",
            [&] { return std::chrono::steady_clock::now() >= until; });
}

void cut_for_a_second(machines& lab, run_process& run, const std::string& network) {
  run.await_samples(20);
  lab.cut("cloud", "robot", network);
  let_pass(run, 1s);
  lab.restore("cloud", "robot", network);
}

std::int64_t count(run_database& db, const std::string& outcome) {
  return db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = '" + outcome + "'");
}

void expect_next(machines& lab) {
  lab.await_free();
  auto next = lab.run(echo_scenario, {"scenario.samples=10"});
  next.expect_end(0, one_each);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_links_test)

BOOST_AUTO_TEST_CASE(control_that_is_gone_for_a_second_is_not_missed) {
  const auto lab = make_lab();
  if (!lab)
    return;
  auto run = begin(*lab, {"scenario.duration=3s"});
  cut_for_a_second(*lab, run, control);
  run.expect_end(0, one_each);
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  BOOST_TEST(count(db, "delivered") == 300);
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(a_machine_that_cannot_be_reached_any_more_is_lost_and_frees_itself) {
  const auto lab = make_lab();
  if (!lab)
    return;
  auto run = begin(*lab, {});
  run.await_samples(20);
  const auto stored = run.so_far("SELECT COUNT(*) FROM samples");
  lab->cut("cloud", "robot", control);
  BOOST_TEST(run.exit_code() == 5, run.err());
  run.await_gone(test_deadline); // over there nobody says that the run is over
  run.expect_end(5, one_each);
  BOOST_TEST(run.err().find("node cloud was lost: silent for 3 s") != std::string::npos, run.err());
  BOOST_TEST(run.out().substr(0, 9) == "NODE LOST", run.out());
  BOOST_TEST(run.database().number("SELECT COUNT(*) FROM samples") >= stored);
  lab->restore("cloud", "robot", control);
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(the_only_cable_cut_for_good_ends_the_run_too) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(endless_scenario);
  run.await_samples(20);
  lab->cut("robot", "cloud"); // on the coordinator's side
  BOOST_TEST(run.exit_code() == 5, run.err());
  run.await_gone(test_deadline);
  run.expect_end(5, one_each);
  BOOST_TEST(run.err().find("node cloud was lost") != std::string::npos, run.err());
  lab->restore("robot", "cloud");
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_not_there_at_all_is_named_in_bounded_time) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  lab->cut("cloud", "robot");
  auto run = lab->run(echo_scenario);
  const auto code = run.exit_code();
  BOOST_TEST(code == 5, "exit code " << code << ": " << run.err());
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
  BOOST_TEST(run.err().find((*lab)["cloud"].host()) != std::string::npos, run.err());
  BOOST_TEST(!run.results());
  lab->restore("cloud", "robot");
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(data_that_cannot_pass_for_a_second_are_late_or_dropped_and_the_run_goes_on) {
  const auto lab = make_lab();
  if (!lab)
    return;
  // All that waits finds room somewhere, or is dropped by name.
  auto run = begin(*lab, {"scenario.duration=4s"});
  cut_for_a_second(*lab, run, wires);
  run.expect_end(0, one_each);
  BOOST_TEST(run.err().find("lost:") == std::string::npos, run.err());
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 400);
  BOOST_TEST(count(db, "delivered") + count(db, "dropped") == 400);
  BOOST_TEST(db.number("SELECT MAX(duration_ns) FROM spans WHERE step IN ('link', 'send-queue')") >
             500'000'000); // or no cable was cut
  BOOST_TEST(db.number("SELECT SUM(sent - delivered) FROM links") == 0);
  // It went on afterwards.
  BOOST_TEST(db.text("SELECT outcome FROM outcomes ORDER BY trace DESC LIMIT 1") == "delivered");
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(data_that_cannot_pass_any_more_are_accounted_for_when_the_run_ends) {
  const auto lab = make_lab();
  if (!lab)
    return;
  auto run = begin(*lab, {"scenario.duration=2s", "scenario.drain=500ms"});
  run.await_samples(20);
  lab->cut("cloud", "robot", wires);
  run.expect_end(0, one_each);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 200);
  BOOST_TEST(count(db, "delivered") >= 1);
  BOOST_TEST(count(db, "unfinished") + count(db, "lost") >= 1, // on its way when the cable was cut
             db.table("SELECT outcome, place, COUNT(*) FROM outcomes GROUP BY 1, 2"));
  BOOST_TEST(count(db, "delivered") + count(db, "dropped") + count(db, "unfinished") +
                 count(db, "lost") ==
             200);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE detail LIKE '%between robot and cloud on "
                       "network data%'") >= 1);
  lab->restore("cloud", "robot", wires);
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_on_another_machine_is_found_and_the_bounds_hold) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run =
      lab->run(endless_scenario, {"scenario.duration=2500ms", "nodes.cloud.test-clock.offset=2s",
                                  "nodes.cloud.test-clock.step={ at = \"1s\", by = \"20ms\" }"});
  run.expect_end(0, one_each);
  auto db = run.database();
  const clock_truth truth(db, {{"cloud", {.offset = 2s, .step = clock_step{1s, 20ms}}}});
  const auto crossings = check_crossings(db, truth);
  BOOST_TEST(crossings.size() == 500u);
  BOOST_TEST(std::ranges::min(crossings, {}, &crossing::bound).bound < 5'000'000);
  const auto events = db.rows("SELECT node, detail FROM events WHERE what = 'clock step'");
  BOOST_TEST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0][0] == "cloud");
  BOOST_TEST(run.out().find("clock step, cloud against coordinator by") != std::string::npos,
             run.out());
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_too_slow_drops_what_it_cannot_take) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(endless_scenario, {"scenario.duration=2s", "inference.mirror.infer=50ms",
                                         "inference.mirror.queue.size=2"});
  run.expect_end(0, one_each);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 200);
  BOOST_TEST(count(db, "delivered") >= 10);
  BOOST_TEST(count(db, "dropped") >= 100);
  BOOST_TEST(count(db, "delivered") + count(db, "dropped") == 200);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'dropped' AND "
                       "place <> 'mirror'") == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_stutters_is_not_lost) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run =
      lab->run(endless_scenario, {"scenario.duration=4s", "inference.mirror.queue.size=1000",
                                  "links.up.send-queue.size=1000",
                                  "links.down.send-queue.size=1000", "sinks.back.queue.size=1000"});
  run.await_samples(20);
  const auto worker = (*lab)["cloud"].worker();
  for (int i = 0; i < 3; ++i) {
    BOOST_REQUIRE(::kill(worker, SIGSTOP) == 0);
    let_pass(run, 500ms);
    BOOST_REQUIRE(::kill(worker, SIGCONT) == 0);
    const auto so_far = run.so_far("SELECT COUNT(*) FROM samples");
    run.await("it catches up",
              [&] { return run.so_far("SELECT COUNT(*) FROM samples") > so_far + 20; });
  }
  run.expect_end(0, one_each);
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  auto db = run.database();
  BOOST_TEST(count(db, "delivered") == 400);
  BOOST_TEST(db.number("SELECT MAX(duration_ns) FROM spans") > 300'000'000);
  expect_next(*lab);
}

BOOST_AUTO_TEST_SUITE_END()
