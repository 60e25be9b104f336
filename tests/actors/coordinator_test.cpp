// SPDX-License-Identifier: MIT
// The coordinator and its run driver, with nodes that the test plays: what they are asked in which
// order, and what becomes of the run when one of them is slow, silent, wrong or gone.
#include "actors/clock.hpp"
#include "actors/coordinator.hpp"
#include "tests/actors/engine/rig.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temp_folder.hpp"

#include <map>
#include <set>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

using ending_kind = run_ending::kind;

/// A node as the test wants it.
struct played_node {
  std::string name;
  std::uint32_t version = protocol_version;
  std::string types = type_list();
  peernet::clock own; ///< its clock, as far as probes tell
  node_ready ready{
      .host = "here", .pid = 1, .clock_domain = peernet::clock().domain(), .values = {}};
  std::vector<end_line> ends;        ///< what it binds
  std::vector<std::string> unlinked; ///< links that do not stand
  node_report report{.sensors_finished = true};
  node_report last{.sensors_finished = true}; ///< what it reports when finished

  std::set<std::string> silent;            ///< requests it keeps waiting
  std::map<std::string, error> errors;     ///< requests it answers with an error
  std::string dies_at;                     ///< the request it does not survive
  std::vector<std::function<void()>> owed; ///< the answers to what it kept waiting
  std::vector<std::function<void()>> paid; ///< those it gives when told to

  std::vector<std::string> asked; ///< in order; repeats of one request count once
  run_terms terms;
  std::vector<end_line> endpoints;
  start_order order;
  deployment shipped;

  [[nodiscard]] bool was_asked(const std::string& what) const {
    return std::ranges::find(asked, what) != asked.end();
  }
};

node_actor::behavior_type play(node_actor::pointer self, std::shared_ptr<played_node> n) {
  const auto reply = [=]<class... Reply>(const std::string& what,
                                         Reply... value) -> caf::result<Reply...> {
    if (n->asked.empty() || n->asked.back() != what)
      n->asked.push_back(what);
    if (n->dies_at == what)
      self->quit(caf::exit_reason::kill);
    if (const auto e = n->errors.find(what); e != n->errors.end())
      return to_caf(e->second);
    if (!n->silent.contains(what) && n->dies_at != what)
      return {std::move(value)...};
    auto promise = self->make_response_promise<Reply...>();
    n->owed.push_back([=]() mutable { promise.deliver(value...); });
    return promise;
  };
  return {
      [=](hello_atom, std::uint32_t, const std::string&) {
        return reply("hello", n->version, n->types);
      },
      [=](load_atom, const deployment& d) {
        n->shipped = d;
        return reply("load", n->ready,
                     self->spawn<caf::linked>(actors::clock, actors::clock_config{n->own}));
      },
      [=](bind_atom, const run_terms& t) {
        n->terms = t;
        return reply("bind", n->ends);
      },
      [=](link_atom, const std::vector<end_line>& all) {
        n->endpoints = all;
        return reply("link", true);
      },
      [=](linked_atom) { return reply("linked", n->unlinked); },
      [=](start_atom, const start_order& o, const metrics_actor&) {
        n->order = o;
        return reply("start", true);
      },
      [=](report_atom) { return reply("report", n->report); },
      [=](halt_atom) { return reply("halt", true); },
      [=](finish_atom, std::int64_t) { return reply("finish", n->last); },
      [=](flush_atom) { return reply("flush", std::uint64_t{0}); },
      [](notice_atom, const notice_line&) {},
      [](peer_atom, node_id, const caf::strong_actor_ptr&) {},
      [](frame_atom, const std::string&) -> caf::result<caf::actor> {
        return to_caf({errc::not_found, "none here"});
      },
      [=](quit_atom) {
        n->asked.emplace_back("quit");
        self->quit();
      },
      [=](tick_atom) {
        for (auto& answer : std::exchange(n->paid, {}))
          answer();
      },
  };
}

struct fixture : actor_fixture {
  fixture() {
    for (const auto* name : {"robot", "cloud"}) {
      nodes.push_back(std::make_shared<played_node>());
      nodes.back()->name = name;
    }
    robot = nodes[0].get();
    cloud = nodes[1].get();
  }

  /// Begins a run; it goes as far as it can without time passing.
  void begin(bool check = false) {
    actors::coordinator_config config;
    config.what = graph.what;
    config.whole = graph.whole;
    config.shipped.secret = "secret";
    for (const auto& n : nodes)
      config.members.push_back(members.emplace_back(member{n->name, spawn(play, n)}));
    config.open_results = [this](const layout& shape) -> result<local_metrics_actor> {
      opened = true;
      if (no_results)
        return error{errc::io, "no room for results"};
      auto made = store::create(folder / "run.db");
      if (!made)
        return made.error();
      db = std::make_shared<store>(std::move(*made));
      return metrics =
                 system.spawn(actors::metrics,
                              actors::metrics_config{
                                  .into = db, .folder = folder.path().string(), .shape = shape});
    };
    config.on_progress = [this](const run_progress& p) {
      if (steps.empty() || steps.back() != p.step)
        steps.push_back(p.step);
    };
    driver = spawn(actors::coordinator, config);
    if (interrupt_first)
      interrupt();
    ended = ask_for<ending_ptr>(driver, start_atom::value, check);
  }
  /// Lets the cloud give answers that it kept waiting.
  void pay(std::vector<std::function<void()>> answers) {
    cloud->paid = std::move(answers);
    caf::anon_send(members[1].actor, tick_atom::value);
    run();
  }
  void pay_all() {
    cloud->silent.clear();
    pay(std::exchange(cloud->owed, {}));
  }
  void interrupt() {
    caf::anon_send(driver, signal_atom::value);
    run();
  }
  /// Lets time pass until the run is over.
  const run_ending& ending(duration within = 10s) {
    for (; ended->pending() && within.count() > 0; within -= 100ms)
      pass(100ms);
    return *ended->get();
  }
  store& stored() {
    BOOST_REQUIRE((db != nullptr));
    return *db;
  }
  ~fixture() {
    if (metrics)
      caf::anon_send_exit(metrics, caf::exit_reason::kill);
    metrics = nullptr;
    run();
  }

  temp_folder folder;
  read_graph graph = read_plan(chain_toml);
  std::vector<std::shared_ptr<played_node>> nodes;
  std::vector<member> members;
  played_node *robot = nullptr, *cloud = nullptr;
  bool no_results = false, opened = false, interrupt_first = false;
  std::vector<std::string> steps;
  std::shared_ptr<store> db;
  local_metrics_actor metrics;
  coordinator_actor driver;
  std::shared_ptr<answer<ending_ptr>> ended;
};

/// What a node is asked in a run, before and behind the common start.
const std::vector<std::string> before_the_run{"hello", "load", "bind", "link", "linked"};
const std::vector<std::string> during_the_run{"start", "report", "halt", "finish", "flush"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(coordinator_test, fixture)

BOOST_AUTO_TEST_CASE(a_run_goes_through_its_steps_in_order) {
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::completed);
  BOOST_TEST(e.messages.empty());
  BOOST_TEST((e.summary != nullptr));
  const std::vector<std::string> expected{"hello",  "load", "bind",   "link",   "linked", "start",
                                          "report", "halt", "report", "finish", "flush",  "quit"};
  for (const auto& n : nodes)
    BOOST_TEST(n->asked == expected, boost::test_tools::per_element());
  const std::vector<std::string> shown{
      "greeting",         "loading",  "binding",       "linking",          "starting", "running",
      "stopping sensors", "draining", "closing links", "flushing records", "settling"};
  std::vector<std::string> seen;
  for (const auto& s : steps)
    if (s != "probing clocks")
      seen.push_back(s);
  BOOST_TEST(seen == shown, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_node_gets_its_name_the_numbers_and_all_endpoints) {
  cloud->ends = {{.link = 3, .instance = 1, .node = 1, .network = "", .address = "a", .port = 1}};
  robot->ends = {{.link = 4, .instance = 2, .node = 0, .network = "", .address = "b", .port = 2}};
  cloud->ready.values = {"score", "boxes"};
  robot->ready.values = {"boxes"};
  begin();
  (void)ending();
  BOOST_TEST(robot->shipped.node == "robot");
  BOOST_TEST(cloud->shipped.node == "cloud");
  BOOST_TEST(cloud->shipped.secret == "secret");
  for (const auto& n : nodes) {
    BOOST_CHECK((n->terms.values == std::vector<std::string>{"boxes", "score"}));
    BOOST_CHECK((n->terms.clocks == std::vector<clock_id>{0, 0}));
    std::set<std::string> addresses;
    for (const auto& l : n->endpoints)
      addresses.insert(l.address);
    BOOST_CHECK((addresses == std::set<std::string>{"a", "b"}));
    BOOST_TEST(n->order.samples == 10u);
    BOOST_TEST(n->order.end_ns == INT64_MAX);
    BOOST_TEST(n->order.measured_ns == n->order.start_ns);
  }
  BOOST_TEST(robot->order.start_ns == cloud->order.start_ns);
}

BOOST_AUTO_TEST_CASE(all_start_at_one_moment_each_by_its_own_clock) {
  cloud->own = peernet::clock(clock_error{.offset = 1h, .drift_ppm = 0});
  cloud->ready.clock_domain = cloud->own.domain();
  begin();
  (void)ending();
  BOOST_TEST(robot->terms.clock == reference_clock);
  BOOST_TEST(cloud->terms.clock == 1u);
  const auto apart = cloud->order.start_ns - robot->order.start_ns;
  BOOST_TEST(std::abs(apart - to_ns(duration{1h})) < to_ns(duration{1s}));
  auto& s = stored();
  const auto probes = s.read_probes();
  BOOST_REQUIRE(probes.ok());
  BOOST_TEST(probes->size() >= 48u); // before and after, of the one clock that differs
  for (const auto& p : *probes)
    BOOST_TEST(p.remote == 1u);
}

BOOST_AUTO_TEST_CASE(a_scenario_of_a_duration_ends_at_its_time) {
  auto changed = *graph.what;
  changed.samples.reset();
  changed.run_for = 7s;
  changed.warmup = 2s;
  graph.what = std::make_shared<const scenario>(changed);
  begin();
  (void)ending();
  BOOST_TEST(robot->order.end_ns - robot->order.start_ns == to_ns(duration{7s}));
  BOOST_TEST(robot->order.measured_ns - robot->order.start_ns == to_ns(duration{2s}));
  BOOST_TEST(robot->order.samples == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_node_of_another_version_is_named_and_nothing_is_loaded) {
  cloud->version = protocol_version + 1;
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_CHECK(e.reason.code == errc::refused);
  BOOST_TEST(e.reason.message.find("node cloud") != std::string::npos, e.reason.message);
  for (const auto& n : nodes) {
    BOOST_TEST(!n->was_asked("load"));
    BOOST_TEST(n->was_asked("quit"));
  }
  BOOST_TEST(!opened);
}

BOOST_AUTO_TEST_CASE(a_node_with_other_messages_is_another_version_too) {
  robot->types = "other\n";
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_TEST(e.reason.message.find("node robot") != std::string::npos, e.reason.message);
}

BOOST_AUTO_TEST_CASE(what_a_node_cannot_load_ends_the_run_before_it_began) {
  cloud->errors["load"] = {errc::not_found, "inference.detector: weights.pt does not exist"};
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_CHECK(e.reason.code == errc::not_found);
  BOOST_TEST(e.reason.message == "inference.detector: weights.pt does not exist");
  BOOST_TEST(e.messages.size() == 1u);
  BOOST_TEST((e.summary == nullptr));
  BOOST_TEST(!opened);
  BOOST_TEST(!robot->was_asked("bind"));
  for (const auto& n : nodes)
    BOOST_TEST(n->was_asked("quit"));
}

BOOST_AUTO_TEST_CASE(a_check_ends_when_everything_is_loaded) {
  begin(true);
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::completed);
  BOOST_TEST((e.summary == nullptr));
  BOOST_TEST(!opened);
  const std::vector<std::string> expected{"hello", "load", "quit"};
  for (const auto& n : nodes)
    BOOST_TEST(n->asked == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(links_that_never_stand_are_named) {
  robot->unlinked = {"uplink"};
  cloud->unlinked = {"downlink", "uplink"};
  begin();
  pass(9s);
  BOOST_TEST(ended->pending());
  const auto& e = ending(3s);
  BOOST_CHECK(e.how == ending_kind::node_lost);
  BOOST_CHECK(e.reason.code == errc::timeout);
  BOOST_TEST(e.reason.message.find("downlink, uplink") != std::string::npos, e.reason.message);
  BOOST_TEST(!opened);
}

BOOST_AUTO_TEST_CASE(links_that_stand_after_a_while_are_waited_for) {
  robot->unlinked = {"uplink"};
  begin();
  pass(2s);
  BOOST_TEST(!opened);
  robot->unlinked.clear();
  BOOST_CHECK(ending().how == ending_kind::completed);
}

BOOST_AUTO_TEST_CASE(a_run_lasts_until_every_sensor_rests) {
  cloud->report.sensors_finished = false;
  begin();
  pass(5s);
  BOOST_TEST(ended->pending());
  BOOST_TEST(!robot->was_asked("halt"));
  cloud->report.sensors_finished = true;
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
      fixture f;
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
      fixture f;
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
      fixture f;
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
      fixture f;
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

BOOST_AUTO_TEST_CASE(what_nodes_counted_is_stored_but_not_of_lost_ones) {
  robot->last.emitted = 7;
  robot->last.ends = {{.link = 3, .node = 0, .side = link_side::sender, .sent = 5}};
  cloud->last.emitted = 9;
  cloud->dies_at = "flush";
  begin();
  (void)ending();
  auto& s = stored();
  std::map<node_id, std::uint64_t> emitted;
  for (const auto& c : s.read_counts().value())
    if (c.kind == count_kind::emitted)
      emitted[c.node] = c.count;
  BOOST_TEST(emitted.size() == 1u);
  BOOST_TEST(emitted[0] == 7u);
  BOOST_TEST(s.read_link_ends().value().size() == 1u);
}

BOOST_AUTO_TEST_CASE(without_a_place_for_results_nothing_starts) {
  no_results = true;
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::failed);
  BOOST_TEST(e.reason.message == "no room for results");
  for (const auto& n : nodes) {
    BOOST_TEST(!n->was_asked("start"));
    BOOST_TEST(n->was_asked("quit"));
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_ends_the_run) {
  robot->report.sensors_finished = false;
  begin();
  pass(500ms);
  db->database().execute("PRAGMA query_only = ON");
  interrupt();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::failed);
  BOOST_TEST(e.reason.message.find("results cannot be stored") != std::string::npos,
             e.reason.message);
  for (const auto& n : nodes)
    BOOST_TEST(n->was_asked("quit"));
}

BOOST_AUTO_TEST_CASE(both_nodes_lost_still_gives_results) {
  robot->dies_at = cloud->dies_at = "report";
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::node_lost);
  BOOST_TEST(e.messages.size() == 2u);
  BOOST_TEST((e.summary != nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
