// SPDX-License-Identifier: MIT
#include "actors/engine/node_graph.hpp"
#include "actors/models/builtin.hpp"
#include "actors/sensors/builtin.hpp"
#include "actors/sinks/builtin.hpp"
#include "tests/actors/engine/rig.hpp"
#include "transports/zmq_channel.hpp"

#include <map>
#include <optional>
#include <set>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// A node of a scenario in this process: its types, its graph, and what an actor would do with it.
class test_node {
public:
  test_node(const read_graph& g, const std::string& name,
            const catalogue& known = catalogue::builtin())
      : known_(known), graph_(g.what, g.whole, number_of(*g.whole, name), types, known_, {}) {}

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
  static node_id number_of(const plan& p, const std::string& name) {
    return static_cast<node_id>(std::ranges::find(p.nodes, name) - p.nodes.begin());
  }

  const catalogue known_;
  node_graph graph_;
};

void require(const result<void>& done) {
  BOOST_REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().message));
}

/// All nodes of a scenario, taken through a whole run.
struct test_run {
  explicit test_run(std::string_view toml) : graph(read_plan(toml)) {
    for (const auto& name : graph.whole->nodes) {
      nodes.push_back(std::make_unique<test_node>(graph, name));
      nodes.back()->use_builtins();
    }
  }

  /// Loads, binds and connects.
  void deploy() {
    std::vector<bound_end> ends;
    for (auto& n : nodes) {
      require((*n)->load());
      auto bound = (*n)->bind({.clock = reference_clock, .run = 4711, .values = {}});
      BOOST_REQUIRE_MESSAGE(bound.ok(), (bound.ok() ? "" : bound.error().message));
      ends.insert(ends.end(), bound->begin(), bound->end());
    }
    for (auto& n : nodes)
      require((*n)->connect(ends));
    const auto stand = [](auto& n) { return (*n)->unconnected().empty(); };
    BOOST_TEST(until([&] { return std::ranges::all_of(nodes, stand); }));
  }

  /// Runs until every sensor has had its samples and nothing is under way; then ends.
  void run(std::uint64_t samples) {
    for (auto& n : nodes)
      n->start(samples);
    BOOST_TEST(until([&] {
      bool resting = true;
      std::map<place_id, std::int64_t> flying;
      for (auto& n : nodes) {
        const auto r = n->report(false);
        resting = resting && r.sensors_finished && r.under_way == 0;
        for (const auto& e : r.ends)
          flying[e.link] +=
              static_cast<std::int64_t>(e.sent) - static_cast<std::int64_t>(e.received);
      }
      return resting &&
             std::ranges::all_of(flying, [](const auto& link) { return link.second == 0; });
    }));
    for (auto& n : nodes)
      n->finish();
    for (auto& n : nodes)
      n->collect(records);
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

std::string with(std::string_view text, std::string_view what, std::string_view by) {
  std::string changed(text);
  const auto at = changed.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return changed.replace(at, what.size(), by);
}

/// The error of loading `node` with types of the test's own.
template <class Register>
error load_error(std::string_view toml, const std::string& node, Register add,
                 const catalogue& known = catalogue::builtin()) {
  const auto g = read_plan(toml, known);
  test_node n(g, node, known);
  add(n.types);
  const auto done = n->load();
  BOOST_REQUIRE(!done.ok());
  return done.error();
}

template <class Kind>
plugin_factory<Kind> failing(std::string why) {
  return [why](const options&, const environment&) -> result<std::unique_ptr<Kind>> {
    return error{errc::not_found, why};
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(node_graph_test)

BOOST_AUTO_TEST_CASE(a_chain_over_two_nodes_delivers_every_sample) {
  test_run r(chain_toml);
  r.deploy();
  r.run(20);

  BOOST_TEST(r.arrivals()["camera->detector->actuator"] == 20);
  BOOST_TEST(r.step_count(step::link)["camera->uplink"] == 20);
  BOOST_TEST(r.step_count(step::link)["camera->detector->downlink"] == 20);
  BOOST_TEST(of_kind(r.records, record_kind::sent).size() == 40u);
  BOOST_TEST(steps_of(r.records, trace_id{0, 7}).find("lag sense") != std::string::npos);
  for (auto& n : r.nodes) {
    const auto last = n->report(true);
    BOOST_TEST(last.under_way == 0u);
    for (const auto& e : last.ends) {
      BOOST_TEST(e.final);
      BOOST_TEST(std::max(e.sent, e.unique) == 20u);
      BOOST_TEST(e.foreign + e.corrupt + e.duplicated + e.reordered == 0u);
    }
    for (const auto& c : last.counts)
      BOOST_TEST(c.count == (c.kind == count_kind::dropped ? 0u : 20u));
  }
}

BOOST_AUTO_TEST_CASE(a_whole_sample_is_told_by_its_records_alone) {
  test_run r(chain_toml);
  r.deploy();
  r.run(3);
  std::set<std::string> steps;
  for (const auto& x : r.records)
    if (x.kind == record_kind::span && x.trace == trace_id(0, 1).number())
      steps.insert(route_name(*r.graph.whole, x.route) + " " +
                   std::string(to_string(static_cast<step>(x.what))));
  const std::set<std::string> expected{"camera lag",
                                       "camera sense",
                                       "camera->uplink link",
                                       "camera->uplink dispatch",
                                       "camera->detector queue",
                                       "camera->detector infer",
                                       "camera->detector->downlink link",
                                       "camera->detector->downlink dispatch",
                                       "camera->detector->actuator queue",
                                       "camera->detector->actuator act"};
  BOOST_TEST(steps == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_link_out_of_a_stage_gets_every_output) {
  test_run r(R"([scenario]
samples = 1
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "bytes"
size = "10B"
rate = "500Hz"
max-lag = "1h"
[inference.big]
node = "cloud"
model = "echo"
queue = { size = 1000 }
[inference.small]
node = "robot"
model = "echo"
queue = { size = 1000 }
[sinks.arm]
node = "robot"
queue = { size = 1000 }
[sinks.log]
node = "cloud"
queue = { size = 1000 }
[links.up]
from = "camera"
to = "big"
send-queue = { size = 1000 }
[links.inside]
from = "camera"
to = "small"
[links.down]
from = "big"
to = "arm"
send-queue = { size = 1000 }
[links.there]
from = "big"
to = "log"
send-queue = { size = 1000 }
[links.here]
from = "small"
to = "arm"
)");
  r.deploy();
  r.run(15);
  const auto got = r.arrivals();
  const std::map<std::string, int> expected{
      {"camera->big->arm", 15}, {"camera->big->log", 15}, {"camera->small->arm", 15}};
  BOOST_TEST((got == expected));
  // Hand-offs inside a node take no step of a link.
  const auto linked = r.step_count(step::link);
  BOOST_TEST(linked.size() == 2u);
}

BOOST_AUTO_TEST_CASE(inference_behind_inference_works_with_several_workers) {
  test_run r(R"([scenario]
samples = 1
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "bytes"
size = "10B"
rate = "500Hz"
max-lag = "1h"
count = 2
[inference.first]
node = "cloud"
model = "echo"
count = 3
queue = { size = 1000 }
[inference.second]
node = "robot"
model = "echo"
dispatch = "all"
count = 2
queue = { size = 1000 }
[sinks.arm]
node = "cloud"
queue = { size = 1000 }
[links.a]
from = "camera"
to = "first"
send-queue = { size = 1000 }
[links.b]
from = "first"
to = "second"
send-queue = { size = 1000 }
[links.c]
from = "second"
to = "arm"
send-queue = { size = 1000 }
)");
  r.deploy();
  r.run(10);
  const auto got = r.arrivals();
  BOOST_TEST(got.size() == 4u); // 2 cameras × 2 instances of the second
  for (const auto& [way, count] : got)
    BOOST_TEST(count == 10, way << ": " << count);
}

BOOST_AUTO_TEST_CASE(a_codec_encodes_on_one_side_and_decodes_on_the_other) {
  test_run r(R"([scenario]
samples = 1
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "synthetic-image"
width = 64
height = 48
rate = "100Hz"
max-lag = "1h"
[sinks.arm]
node = "cloud"
[links.up]
from = "camera"
to = "arm"
codec = { type = "jpeg", quality = 80 }
)");
  r.deploy();
  r.run(5);
  BOOST_TEST(r.arrivals()["camera->arm"] == 5);
  BOOST_TEST(r.step_count(step::encode)["camera->up"] == 5);
  BOOST_TEST(r.step_count(step::decode)["camera->up"] == 5);
  for (const auto& sent : of_kind(r.records, record_kind::sent))
    BOOST_TEST(sent.amount < 64 * 48 * 3);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_hears_of_its_ends_on_the_same_node) {
  test_run r(with(chain_toml, "rate = \"200Hz\"\nmax-lag = \"1h\"",
                  "arrival = \"closed-loop\"\ntimeout = \"1h\""));
  r.deploy();
  r.run(30);
  BOOST_TEST(r.arrivals()["camera->detector->actuator"] == 30);
  BOOST_TEST(spans_of(r.records, step::notice).size() >= 29u);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_hears_of_ends_elsewhere_by_whatever_way_is_given) {
  const auto text = with(
      with(chain_toml, "[sinks.actuator]\nnode = \"robot\"", "[sinks.actuator]\nnode = \"cloud\""),
      "rate = \"200Hz\"\nmax-lag = \"1h\"", "arrival = \"closed-loop\"\ntimeout = \"1h\"");
  test_run r(text);
  r.deploy();
  auto& robot = *r.nodes[0];
  (*r.nodes[1])->ends().add_remote(0, [&](const end_notice& n) { robot->ends().deliver(n); });
  r.run(30);
  BOOST_TEST(r.arrivals()["camera->detector->actuator"] == 30);
}

BOOST_AUTO_TEST_CASE(a_node_has_the_clock_that_the_scenario_gives_it) {
  const auto g = read_plan(
      with(chain_toml, "[nodes.cloud]", "[nodes.cloud]\ntest-clock = { offset = \"1h\" }"));
  test_node robot(g, "robot"), cloud(g, "cloud");
  BOOST_CHECK(cloud->clock().now() - robot->clock().now() > 59min);
  BOOST_CHECK(cloud->clock().domain() != robot->clock().domain());
}

BOOST_AUTO_TEST_CASE(values_of_all_models_are_named_once) {
  const auto g = read_plan(with(chain_toml, "model = \"echo\"", "model = \"echo\"\ncount = 2"));
  test_node cloud(g, "cloud");
  cloud.types.add_model("echo",
                        [](const options&, const environment&) -> result<std::unique_ptr<model>> {
                          return std::unique_ptr<model>{std::make_unique<scripted_model>(
                              [](const payload&, emitter&) { return result<void>{}; },
                              model_traits{.preprocess = false,
                                           .postprocess = false,
                                           .max_outputs = 1,
                                           .values = {"score", "boxes"}})};
                        });
  require(cloud->load());
  BOOST_CHECK((cloud->value_names() == std::vector<std::string>{"boxes", "score"}));
}

BOOST_AUTO_TEST_CASE(each_object_is_told_where_it_lives) {
  const auto g = read_plan(with(chain_toml, "model = \"echo\"", "model = \"echo\"\ncount = 3"));
  test_node cloud(g, "cloud");
  std::vector<environment> told;
  cloud.types.add_model(
      "echo", [&](const options&, const environment& where) -> result<std::unique_ptr<model>> {
        told.push_back(where);
        return std::unique_ptr<model>{std::make_unique<scripted_model>(
            [](const payload&, emitter&) { return result<void>{}; })};
      });
  require(cloud->load());
  BOOST_REQUIRE_EQUAL(told.size(), 3u);
  for (std::uint16_t i = 0; i < 3; ++i) {
    BOOST_TEST(told[i].stage == "detector");
    BOOST_TEST(told[i].copy == i);
    BOOST_TEST(told[i].seed == 1u);
    BOOST_TEST(told[i].directory == g.what->directory);
  }
}

BOOST_AUTO_TEST_CASE(a_sink_that_draws_on_frames_gets_those_of_its_sensor) {
  catalogue known = catalogue::builtin();
  require(
      known.add({.kind = plugin_kind::sink,
                 .name = "draw",
                 .module = "",
                 .doc = "draws",
                 .options = {{.name = "frames", .kind = option_kind::sensor, .doc = "whose"}}}));
  const auto g = read_plan(with(chain_toml, "[sinks.actuator]\nnode = \"robot\"",
                                "[sinks.actuator]\nnode = \"robot\"\ntype = \"draw\"\n"
                                "frames = \"camera\""),
                           known);
  test_node robot(g, "robot", known);
  robot.use_builtins();
  const frame_history* told = nullptr;
  robot.types.add_sink(
      "draw", [&](const options&, const environment& where) -> result<std::unique_ptr<sink>> {
        told = where.frames;
        return std::unique_ptr<sink>{
            std::make_unique<scripted_sink>([](const sample&) { return result<void>{}; })};
      });
  require(robot->load());
  BOOST_REQUIRE(told != nullptr);
  const auto bound = robot->bind({});
  BOOST_REQUIRE(bound.ok());
  BOOST_TEST(robot->sensors.at(0)->keeper.get() == told);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_made_is_named_by_its_key) {
  const auto none = [](registry&) {};
  const auto sensor_error = load_error(chain_toml, "robot", [](registry& r) {
    r.add_sensor("bytes", failing<sensor>("the lens is missing"));
  });
  BOOST_TEST(sensor_error.message == "sensors.camera: the lens is missing");
  BOOST_CHECK(sensor_error.code == errc::not_found);

  const auto model_error = load_error(chain_toml, "cloud", [](registry& r) {
    r.add_model("echo", failing<model>("weights.pt does not exist"));
  });
  BOOST_TEST(model_error.message == "inference.detector: weights.pt does not exist");

  const auto sink_error = load_error(chain_toml, "robot", [](registry& r) {
    register_builtin_sensors(r);
    r.add_sink("discard", failing<sink>("no arm"));
  });
  BOOST_TEST(sink_error.message == "sinks.actuator: no arm");

  const auto unknown = load_error(chain_toml, "cloud", none);
  BOOST_TEST(unknown.message.starts_with("inference.detector: "), unknown.message);
}

BOOST_AUTO_TEST_CASE(a_factory_that_throws_is_named_by_its_key_too) {
  const auto e = load_error(chain_toml, "cloud", [](registry& r) {
    r.add_model("echo", [](const options&, const environment&) -> result<std::unique_ptr<model>> {
      throw std::runtime_error("cuda is out of memory");
    });
  });
  BOOST_TEST(e.message.starts_with("inference.detector: "), e.message);
  BOOST_TEST(e.message.find("cuda is out of memory") != std::string::npos, e.message);
}

BOOST_AUTO_TEST_CASE(a_module_that_is_not_there_is_named_by_its_key) {
  catalogue known = catalogue::builtin();
  require(known.add({.kind = plugin_kind::model,
                     .name = "ghost",
                     .module = "no-such-module",
                     .doc = "not there",
                     .options = {}}));
  const auto e = load_error(
      with(chain_toml, "model = \"echo\"", "model = \"ghost\""), "cloud", [](registry&) {}, known);
  BOOST_TEST(e.message.starts_with("inference.detector: "), e.message);
  BOOST_TEST(e.message.find("no-such-module") != std::string::npos, e.message);
}

BOOST_AUTO_TEST_CASE(a_codec_that_cannot_be_made_is_named_by_its_link_on_both_sides) {
  catalogue known = catalogue::builtin();
  require(known.add(
      {.kind = plugin_kind::codec, .name = "zip", .module = "", .doc = "packs", .options = {}}));
  const auto text = with(chain_toml, "to = \"detector\"", "to = \"detector\"\ncodec = \"zip\"");
  for (const auto* node : {"robot", "cloud"}) {
    const auto e = load_error(
        text, node,
        [](registry& r) {
          register_builtin_sensors(r);
          register_builtin_models(r);
          register_builtin_sinks(r);
          r.add_codec("zip", failing<codec>("no such level"));
        },
        known);
    BOOST_TEST(e.message == "links.uplink.codec: no such level");
  }
}

BOOST_AUTO_TEST_CASE(channels_that_cannot_be_opened_are_named_by_their_link) {
  struct walled_channel final : channel_kind {
    result<std::unique_ptr<receive_end>> bind(const channel_settings&) override {
      return error{errc::io, "no free port"};
    }
    result<std::unique_ptr<send_end>> connect(const channel_settings&, const endpoint&) override {
      return error{errc::io, "no route"};
    }
  };
  const auto g = read_plan(chain_toml);
  const auto prepare = [](test_node& n) {
    register_builtin_sensors(n.types);
    register_builtin_models(n.types);
    register_builtin_sinks(n.types);
    n.types.add_channel("zmq-tcp", std::make_unique<walled_channel>());
    require(n->load());
  };
  test_node cloud(g, "cloud");
  prepare(cloud);
  const auto bound = cloud->bind({});
  BOOST_REQUIRE(!bound.ok());
  BOOST_TEST(bound.error().message == "links.uplink: no free port");

  // Without a downlink the robot has nothing to bind.
  test_node robot(read_plan(with(chain_toml, "[sinks.actuator]\nnode = \"robot\"",
                                 "[sinks.actuator]\nnode = \"cloud\"")),
                  "robot");
  prepare(robot);
  BOOST_REQUIRE(robot->bind({}).ok());
  const auto unknown = robot->connect({});
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("uplink") != std::string::npos, unknown.error().message);
  const std::vector<bound_end> ends{{.link = 3, .instance = 1, .where = {}}};
  const auto refused = robot->connect(ends);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message == "links.uplink: no route");
}

BOOST_AUTO_TEST_CASE(links_that_do_not_stand_yet_are_named) {
  struct pending_channel final : channel_kind {
    struct end final : send_end {
      send_status try_send(const outgoing_frame&) override { return send_status::would_block; }
      bool wait_writable(duration) override { return false; }
      void close(duration) noexcept override {}
      bool connected() override { return false; }
    };
    result<std::unique_ptr<receive_end>> bind(const channel_settings&) override {
      return error{errc::io, "not here"};
    }
    result<std::unique_ptr<send_end>> connect(const channel_settings&, const endpoint&) override {
      return std::unique_ptr<send_end>{std::make_unique<end>()};
    }
  };
  test_node robot(read_plan(with(chain_toml, "[sinks.actuator]\nnode = \"robot\"",
                                 "[sinks.actuator]\nnode = \"cloud\"")),
                  "robot");
  register_builtin_sensors(robot.types);
  robot.types.add_channel("zmq-tcp", std::make_unique<pending_channel>());
  require(robot->load());
  BOOST_REQUIRE(robot->bind({}).ok());
  const std::vector<bound_end> ends{{.link = 3, .instance = 1, .where = {}}};
  require(robot->connect(ends));
  BOOST_CHECK((robot->unconnected() == std::vector<std::string>{"uplink"}));
}

BOOST_AUTO_TEST_CASE(a_graph_that_is_destroyed_in_the_middle_of_a_run_takes_its_threads_along) {
  catalogue known = catalogue::builtin();
  require(
      known.add({.kind = plugin_kind::sink,
                 .name = "draw",
                 .module = "",
                 .doc = "draws",
                 .options = {{.name = "frames", .kind = option_kind::sensor, .doc = "whose"}}}));
  const auto g = read_plan(R"([scenario]
samples = 1
[nodes.robot]
[sensors.camera]
node = "robot"
type = "bytes"
size = "1kB"
rate = "5kHz"
[inference.detector]
node = "robot"
model = "echo"
queue = { size = 1, policy = "block" }
[sinks.arm]
node = "robot"
type = "draw"
frames = "camera"
queue = { size = 1, policy = "block" }
[links.a]
from = "camera"
to = "detector"
[links.b]
from = "detector"
to = "arm"
)",
                           known);
  awaited_list<bool> acted;
  {
    test_node robot(g, "robot", known);
    robot.use_builtins();
    robot.types.add_sink(
        "draw", [&](const options&, const environment& where) -> result<std::unique_ptr<sink>> {
          return std::unique_ptr<sink>{
              std::make_unique<scripted_sink>([&, frames = where.frames](const sample& s) {
                acted.add(frames->find(s.header.trace).has_value());
                return result<void>{};
              })};
        });
    require(robot->load());
    BOOST_REQUIRE(robot->bind({}).ok());
    require(robot->connect({}));
    robot.start(UINT64_MAX);
    BOOST_REQUIRE(acted.wait_for(10));
  }
  const auto after = acted.size();
  BOOST_TEST(after >= 10u);
}

BOOST_AUTO_TEST_SUITE_END()
