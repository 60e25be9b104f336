// SPDX-License-Identifier: MIT
// What becomes of a run when a node is slow, silent, wrong or gone, or the user has enough.
#include "tests/actors/played_run.hpp"

using namespace peernet;

BOOST_FIXTURE_TEST_SUITE(run_driver_test, played_run)

BOOST_AUTO_TEST_CASE(a_run_lasts_until_every_sensor_rests) {
  cloud->report.sensors_finished = false;
  begin();
  pass(5s);
  BOOST_TEST(ended->pending());
  BOOST_TEST(!robot->was_asked("halt"));
  cloud->report.sensors_finished = true;
  BOOST_CHECK(ending().how == ending_kind::completed);
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_stood_still_itself_blames_nobody) {
  robot->report.sensors_finished = false;
  begin();
  pass(500ms);
  cloud->silent = {"report"};
  std::this_thread::sleep_for(1100ms); // its machine is overloaded
  pass(4s);
  cloud->silent = {};
  robot->report.sensors_finished = true;
  BOOST_CHECK(ending().how == ending_kind::completed);
}

BOOST_AUTO_TEST_CASE(a_node_silent_in_a_run_is_lost_after_a_while) {
  robot->report.sensors_finished = false;
  begin();
  pass(500ms);
  cloud->silent = {"report"};
  pass(2800ms);
  BOOST_TEST(!robot->was_asked("halt"));
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::node_lost);
  BOOST_TEST(e.reason.message.find("node cloud") != std::string::npos, e.reason.message);
  BOOST_TEST(e.reason.message.find("silent for 3 s") != std::string::npos, e.reason.message);
  BOOST_TEST((e.summary != nullptr)); // what there is, is settled
  for (const auto* step : {"halt", "finish", "flush", "quit"})
    BOOST_TEST(robot->was_asked(step), step);
  BOOST_TEST(!cloud->was_asked("halt"));
  BOOST_TEST(cloud->was_asked("quit"));
  auto& s = stored();
  const auto lost = s.read_lost_nodes();
  BOOST_REQUIRE(lost.ok());
  BOOST_TEST((!lost->at(0) && lost->at(1)));
  BOOST_TEST(s.database().query_integer("SELECT count(*) FROM event").value_or(0) >= 1);
}

BOOST_AUTO_TEST_CASE(a_node_that_answers_slowly_but_in_time_is_not_lost) {
  robot->report.sensors_finished = cloud->report.sensors_finished = false;
  begin();
  pass(200ms);
  cloud->silent = {"report"};
  pass(2500ms);
  pay_all();
  pass(2s);
  BOOST_TEST(ended->pending());
  robot->report.sensors_finished = cloud->report.sensors_finished = true;
  BOOST_CHECK(ending().how == ending_kind::completed);
}

BOOST_AUTO_TEST_CASE(a_node_that_dies_is_named_whatever_was_going_on) {
  auto phases = before_the_run;
  phases.insert(phases.end(), during_the_run.begin(), during_the_run.end());
  for (const auto& phase : phases)
    BOOST_TEST_CONTEXT("dies at " << phase) {
      played_run f;
      f.cloud->dies_at = phase;
      f.begin();
      const auto& e = f.ending();
      BOOST_CHECK(e.how == ending_kind::node_lost);
      BOOST_TEST(e.reason.message.find("node cloud") != std::string::npos, e.reason.message);
      BOOST_TEST(f.robot->was_asked("quit"));
      const auto started = std::ranges::find(during_the_run, phase) != during_the_run.end();
      BOOST_TEST(f.opened == started);
      BOOST_TEST((e.summary != nullptr) == started);
      if (started) {
        auto& s = f.stored();
        BOOST_TEST(s.read_lost_nodes().value().at(1));
        BOOST_TEST(f.robot->was_asked("flush"));
      }
    }
}

BOOST_AUTO_TEST_CASE(a_node_that_says_nothing_is_named_whatever_was_going_on) {
  auto phases = before_the_run;
  phases.insert(phases.end(), during_the_run.begin(), during_the_run.end());
  for (const auto& phase : phases)
    BOOST_TEST_CONTEXT("silent at " << phase) {
      played_run f;
      f.cloud->silent = {phase};
      f.begin();
      const auto& e = f.ending(150s);
      BOOST_CHECK(e.how == ending_kind::node_lost);
      BOOST_TEST(e.reason.message.find("node cloud") != std::string::npos, e.reason.message);
      BOOST_TEST(f.robot->was_asked("quit"));
    }
}

BOOST_AUTO_TEST_CASE(an_error_of_a_node_in_the_run_fails_it_and_the_others_finish) {
  for (const auto* phase : {"start", "halt", "finish", "flush"})
    BOOST_TEST_CONTEXT("error at " << phase) {
      played_run f;
      f.cloud->errors[phase] = {errc::internal, "something broke"};
      f.begin();
      const auto& e = f.ending();
      BOOST_CHECK(e.how == ending_kind::failed);
      BOOST_TEST(e.reason.message.find("node cloud: something broke") != std::string::npos,
                 e.reason.message);
      BOOST_TEST(f.robot->was_asked("flush"));
    }
}

BOOST_AUTO_TEST_CASE(an_interrupt_is_obeyed_whatever_was_going_on) {
  auto phases = before_the_run;
  phases.insert(phases.end(), during_the_run.begin(), during_the_run.end());
  for (const auto& phase : phases)
    BOOST_TEST_CONTEXT("interrupted at " << phase) {
      played_run f;
      f.cloud->silent = {phase};
      f.begin();
      f.pass(150ms);
      f.interrupt();
      const auto started = std::ranges::find(during_the_run, phase) != during_the_run.end();
      BOOST_TEST(f.ended->pending() == started); // before the run there is nothing to bring home
      f.pay_all();
      const auto& e = f.ending();
      BOOST_CHECK(e.how == ending_kind::interrupted);
      BOOST_TEST((e.summary != nullptr) == started);
      for (const auto& n : f.nodes)
        BOOST_TEST(n->was_asked("quit"));
      if (started) {
        BOOST_CHECK(e.summary->verdict == run_verdict::interrupted);
        for (const auto* step : {"halt", "finish", "flush"})
          BOOST_TEST(f.cloud->was_asked(step), step);
      }
    }
}

BOOST_AUTO_TEST_CASE(an_interrupt_that_is_there_before_the_start_is_obeyed_too) {
  interrupt_first = true;
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::interrupted);
  for (const auto& n : nodes) {
    BOOST_TEST(!n->was_asked("hello"));
    BOOST_TEST(n->was_asked("quit"));
  }
}

BOOST_AUTO_TEST_CASE(a_second_interrupt_changes_nothing) {
  robot->report.sensors_finished = false;
  begin();
  pass(500ms);
  interrupt();
  interrupt();
  BOOST_CHECK(ending().how == ending_kind::interrupted);
}

BOOST_AUTO_TEST_CASE(what_is_under_way_is_waited_for) {
  begin();
  cloud->report.under_way = 3;
  pass(500ms);
  cloud->report.under_way = 1;
  pass(500ms);
  BOOST_TEST(cloud->was_asked("halt"));
  BOOST_TEST(!cloud->was_asked("finish"));
  cloud->report.under_way = 0;
  pass(50ms);
  BOOST_TEST(cloud->was_asked("finish"));
}

BOOST_AUTO_TEST_CASE(frames_between_two_nodes_are_waited_for_until_all_is_quiet) {
  const auto sent_five = [](std::uint64_t received) {
    return std::pair{
        link_end{.link = 3, .node = 0, .side = link_side::sender, .sent = 5},
        link_end{.link = 3, .node = 1, .side = link_side::receiver, .received = received}};
  };
  const auto [sender, receiver] = sent_five(3);
  robot->report.ends = {sender};
  cloud->report.ends = {receiver};
  begin();
  pass(200ms); // the run is over, and so is the halt
  BOOST_TEST(robot->was_asked("halt"));
  for (int i = 0; i < 10; ++i) { // something still moves
    ++cloud->report.emitted;
    pass(100ms);
    BOOST_TEST(!robot->was_asked("finish"));
  }
  pass(150ms);
  BOOST_TEST(!robot->was_asked("finish"));
  pass(150ms); // nothing has moved for 300 ms: what is missing is lost
  BOOST_TEST(robot->was_asked("finish"));
}

BOOST_AUTO_TEST_CASE(a_balanced_link_is_not_waited_for) {
  robot->report.ends = {{.link = 3, .node = 0, .side = link_side::sender, .sent = 5}};
  cloud->report.ends = {{.link = 3, .node = 1, .side = link_side::receiver, .received = 5}};
  begin();
  pass(150ms);
  BOOST_TEST(robot->was_asked("finish"));
}

BOOST_AUTO_TEST_CASE(draining_ends_at_its_deadline_at_the_latest) {
  cloud->report.under_way = 1;
  begin();
  pass(1900ms);
  BOOST_TEST(!cloud->was_asked("finish"));
  pass(400ms); // two seconds, and the moment before the halt
  BOOST_TEST(cloud->was_asked("finish"));
}

BOOST_AUTO_TEST_CASE(late_answers_of_an_earlier_step_are_ignored) {
  cloud->last.counts = {{count_kind::arrivals, 1, 2, 0, 10}};
  cloud->report.counts = {{count_kind::arrivals, 1, 2, 0, 4}};
  cloud->report.sensors_finished = false;
  begin();
  pass(150ms);
  cloud->silent = {"report"};
  pass(300ms); // reports of the run are owed now
  interrupt();
  // Owed by now: what the ticks of the run asked, and behind them what draining asks.
  auto late = std::exchange(cloud->owed, {});
  BOOST_REQUIRE(late.size() >= 2u);
  const auto of_draining = late.back();
  late.pop_back();
  cloud->silent = {"flush"};
  pay({of_draining});
  pass(500ms);
  BOOST_REQUIRE(cloud->was_asked("flush")); // so the last report is in
  pay(late);
  pay_all();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::interrupted);
  auto& s = stored();
  const auto counts = s.read_counts();
  BOOST_REQUIRE(counts.ok());
  for (const auto& c : *counts)
    if (c.kind == count_kind::arrivals)
      BOOST_TEST(c.count == 10u);
}

BOOST_AUTO_TEST_CASE(both_nodes_lost_still_gives_results) {
  robot->dies_at = cloud->dies_at = "report";
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::node_lost);
  BOOST_TEST(e.messages.size() == 2u);
  BOOST_TEST((e.summary != nullptr));
}

BOOST_AUTO_TEST_CASE(what_both_nodes_cannot_load_is_told_at_once) {
  robot->ready.faults = {{"sensors.camera.path", {errc::unreadable, "no picture"}}};
  cloud->ready.faults = {{"inference.detector.path", {errc::not_found, "no weights"}}};
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  const auto& message = e.reason.message;
  BOOST_TEST(message.find("sensors.camera.path: no picture") != std::string::npos, message);
  BOOST_TEST(message.find("inference.detector.path: no weights") != std::string::npos, message);
  BOOST_TEST(!opened);
}

BOOST_AUTO_TEST_CASE(a_slow_node_does_not_keep_back_what_another_cannot_load) {
  robot->ready.faults = {{"sensors.camera.path", {errc::unreadable, "no picture"}}};
  cloud->silent = {"load"};
  begin();
  const auto& e = ending(6s);
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_TEST(e.reason.message == "sensors.camera.path: no picture");
}

BOOST_AUTO_TEST_CASE(a_lost_node_cuts_a_long_drain_short) {
  auto changed = *graph.what;
  changed.drain = 1h;
  graph.what = std::make_shared<const scenario>(changed);
  cloud->report.under_way = 1; // for ever
  begin();
  pass(1s);
  BOOST_TEST(ended->pending());
  caf::anon_send_exit(members[0].actor, caf::exit_reason::kill);
  BOOST_CHECK(ending(4s).how == ending_kind::node_lost);
  BOOST_TEST(cloud->was_asked("flush"));
}

BOOST_AUTO_TEST_SUITE_END()
