// SPDX-License-Identifier: MIT
// The nodes of a scenario in one process, taken through a deployment and a run as their actors
// would do it, over real channels.
#pragma once

#include "actors/engine/node_graph.hpp"
#include "actors/models/builtin.hpp"
#include "actors/sensors/builtin.hpp"
#include "actors/sinks/builtin.hpp"
#include "tests/actors/engine/rig.hpp"
#include "tests/support/why.hpp"
#include "transports/zmq/zmq_channel.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

using namespace std::chrono_literals;

[[nodiscard]] inline node_id number_of(const plan& p, const std::string& name) {
  return static_cast<node_id>(std::ranges::find(p.nodes, name) - p.nodes.begin());
}

/// With the addresses of a child of the coordinator.
[[nodiscard]] inline node_graph::surroundings
with_networks(const read_graph& g, const std::string& name, node_graph::surroundings around) {
  around.networks = resolve_networks(*g.what, number_of(*g.whole, name), {});
  return around;
}

/// A node of a scenario in this process: its types, its graph, and what an actor would do with it.
class test_node {
public:
  test_node(const read_graph& g, const std::string& name,
            const catalogue& known = catalogue::builtin())
      : test_node(g, name, with_networks(g, name, {}), known) {}
  test_node(const read_graph& g, const std::string& name, node_graph::surroundings around,
            const catalogue& known = catalogue::builtin())
      : known_(known),
        graph_(g.what, g.whole, number_of(*g.whole, name), types, known_, std::move(around)) {}

  void use_builtins() {
    register_builtin_sensors(types);
    register_builtin_models(types);
    register_builtin_sinks(types);
    register_zmq_channels(types);
  }
  node_graph& operator*() { return graph_; }
  node_graph* operator->() { return &graph_; }

  void start(std::uint64_t samples) {
    const auto now = graph_.clock().now();
    for (auto& p : graph_.inference)
      p->start();
    for (auto& p : graph_.sinks)
      p->start();
    for (auto& p : graph_.receivers)
      p->start();
    for (auto& p : graph_.sensors)
      p->start({.start = now, .measured = now, .samples = samples});
  }
  [[nodiscard]] part_report report(bool final) const {
    part_report r;
    for (auto& p : graph_.sensors)
      p->report(r);
    for (auto& p : graph_.senders)
      p->report(r, final);
    for (auto& p : graph_.receivers)
      p->report(r, final);
    for (auto& p : graph_.inference)
      p->report(r);
    for (auto& p : graph_.sinks)
      p->report(r);
    return r;
  }
  void finish() {
    for (auto& p : graph_.sensors)
      p->stop();
    for (auto& p : graph_.senders)
      p->finish(clock::machine_now() + 5s);
    for (auto& p : graph_.receivers)
      p->stop();
    for (auto& p : graph_.inference)
      p->stop();
    for (auto& p : graph_.sinks)
      p->stop();
  }
  void collect(std::vector<record>& into) {
    std::vector<record> some(1u << 16);
    for (auto n = some.size(); n == some.size();) {
      n = graph_.records().drain(some);
      into.insert(into.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(n));
    }
  }

  registry types;

private:
  const catalogue known_;
  node_graph graph_;
};

inline void require(const result<void>& done) {
  BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
}

/// All nodes of a scenario, taken through a whole run.
struct test_run {
  explicit test_run(std::string_view toml, const node_graph::surroundings& around = {})
      : graph(read_plan(toml)) {
    for (const auto& name : graph.whole->nodes) {
      nodes.push_back(std::make_unique<test_node>(graph, name, with_networks(graph, name, around)));
      nodes.back()->use_builtins();
    }
  }

  /// Loads, binds and connects; `values` as a run would number them.
  void deploy(const std::vector<std::string>& values = {}) {
    std::vector<bound_end> ends;
    for (auto& n : nodes) {
      require((*n)->load());
      auto bound = (*n)->bind({.clock = reference_clock, .run = 4711, .values = values});
      BOOST_REQUIRE_MESSAGE(bound.ok(), why(bound));
      ends.insert(ends.end(), bound->begin(), bound->end());
    }
    for (auto& n : nodes)
      require((*n)->connect(ends));
    const auto stand = [](auto& n) { return (*n)->unconnected().empty(); };
    BOOST_TEST(until([&] { return std::ranges::all_of(nodes, stand); }));
  }

  /// Runs until every sensor has had its samples and nothing is under way; then ends. It takes two
  /// looks with nothing recorded in between: one alone may miss a sample that moves meanwhile.
  void run(std::uint64_t samples) {
    for (auto& n : nodes)
      n->start(samples);
    bool was_idle = false;
    std::uint64_t last = 0;
    BOOST_TEST(until([&] {
      const auto recorded = emitted();
      const auto still = std::exchange(last, recorded) == recorded;
      return std::exchange(was_idle, idle()) && still && was_idle;
    }));
    for (auto& n : nodes)
      n->finish();
    for (auto& n : nodes)
      n->collect(records);
  }

  [[nodiscard]] std::uint64_t emitted() const {
    std::uint64_t sum = 0;
    for (auto& n : nodes)
      sum += (*n)->records().emitted();
    return sum;
  }
  [[nodiscard]] bool idle() const {
    bool resting = true;
    std::map<place_id, std::int64_t> flying;
    for (auto& n : nodes) {
      const auto r = n->report(false);
      resting = resting && r.sensors_finished && r.under_way == 0;
      for (const auto& e : r.ends)
        flying[e.link] += static_cast<std::int64_t>(e.sent) - static_cast<std::int64_t>(e.received);
    }
    return resting &&
           std::ranges::all_of(flying, [](const auto& link) { return link.second == 0; });
  }

  template <class Condition>
  [[nodiscard]] static bool until(Condition holds) {
    const auto deadline = clock::machine_now() + test_deadline;
    while (!holds()) {
      if (clock::machine_now() > deadline)
        return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// How many samples of each way arrived, by the way's name.
  [[nodiscard]] std::map<std::string, int> arrivals() const {
    std::map<std::string, int> ways;
    for (const auto& r : fates_of(records, outcome::delivered))
      ++ways[route_name(*graph.whole, r.route)];
    return ways;
  }
  [[nodiscard]] std::map<std::string, int> step_count(step s) const {
    std::map<std::string, int> ways;
    for (const auto& r : spans_of(records, s))
      ++ways[route_name(*graph.whole, r.route)];
    return ways;
  }

  read_graph graph;
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<record> records;
};

inline std::string with(std::string_view text, std::string_view what, std::string_view by) {
  std::string changed(text);
  const auto at = changed.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return changed.replace(at, what.size(), by);
}

} // namespace peernet
