// SPDX-License-Identifier: MIT
// A run whose nodes the test plays: what they are asked is written down, what they answer, when,
// and whether at all is up to the test. The metrics actor and its store are the real ones.
#pragma once

#include "actors/clock.hpp"
#include "actors/coordinator.hpp"
#include "tests/actors/engine/rig.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

using namespace std::chrono_literals;

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
  std::vector<probe_point> points;   ///< where it answers probes
  std::vector<door_line> doors;      ///< where it waits for peers
  std::vector<fault> unbound;        ///< what it cannot bind
  clock_news learnt;                 ///< by each burst
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
  std::vector<door_line> shown_doors;
  start_order order;
  std::vector<burst_order> bursts;
  deployment shipped;

  [[nodiscard]] bool was_asked(const std::string& what) const {
    return std::ranges::find(asked, what) != asked.end();
  }
};

inline node_actor::behavior_type play(node_actor::pointer self, std::shared_ptr<played_node> n) {
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
        clock_actor probes; // one that nobody holds would die, and its node with it
        if (!n->errors.contains("load"))
          probes = self->spawn<caf::linked>(actors::clock, actors::clock_config{n->own});
        return reply("load", n->ready, probes);
      },
      [=](bind_atom, const run_terms& t) {
        n->terms = t;
        return reply("bind", endpoint_map{n->ends, n->points, n->doors, n->unbound});
      },
      [=](meet_atom, const std::vector<door_line>& doors) {
        n->shown_doors = doors;
        return reply("meet", true);
      },
      [=](link_atom, const endpoint_map& all) {
        n->endpoints = all.ends;
        return reply("link", true);
      },
      [=](linked_atom) { return reply("linked", n->unlinked); },
      [=](probe_atom, const burst_order& o) {
        n->bursts.push_back(o);
        auto learnt = n->learnt;
        if (o.exchanges == 0) { // only what it came to
          learnt.probes.clear();
          learnt.looks.clear();
        }
        return reply("burst", learnt);
      },
      [](probe_atom) {},
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

struct played_run : actor_fixture {
  played_run() {
    for (const auto* name : {"robot", "cloud"}) {
      nodes.push_back(std::make_shared<played_node>());
      nodes.back()->name = name;
    }
    robot = nodes[0].get();
    cloud = nodes[1].get();
  }

  /// Begins a run; it goes as far as it can without time passing.
  void begin(run_purpose purpose = run_purpose::measure) {
    actors::coordinator_config config;
    config.what = graph.what;
    config.whole = graph.whole;
    for (const auto& n : nodes)
      config.members.push_back(members.emplace_back(member{n->name,
                                                           spawn(play, n),
                                                           {.node = n->name, .secret = "secret"},
                                                           n == nodes[1] ? machine_of_cloud : ""}));
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
    ended = ask_for<ending_ptr>(driver, start_atom::value, purpose);
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
  ~played_run() {
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
  std::string machine_of_cloud; ///< for messages
  bool no_results = false, opened = false, interrupt_first = false;
  std::vector<std::string> steps;
  std::shared_ptr<store> db;
  local_metrics_actor metrics;
  coordinator_actor driver;
  std::shared_ptr<answer<ending_ptr>> ended;
};

/// What a node is asked in a run, before and behind the common start.
inline const std::vector<std::string> before_the_run{"hello", "load",   "bind",
                                                     "link",  "linked", "burst"};
inline const std::vector<std::string> during_the_run{"start", "report", "halt", "finish", "flush"};

} // namespace peernet
