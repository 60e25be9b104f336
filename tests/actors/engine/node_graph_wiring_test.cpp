// SPDX-License-Identifier: MIT
// From loaded parts to whole runs: binding, connecting, and every sample on its way.
#include "tests/actors/engine/graph_run.hpp"

#include <set>

using namespace peernet;

namespace {

/// Pictures over one link to another node; keys of that link go behind it.
constexpr std::string_view picture_toml = R"([scenario]
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
)";

} // namespace

BOOST_AUTO_TEST_SUITE(node_graph_wiring_test)

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
  test_run r(std::string(picture_toml) + "codec = { type = \"jpeg\", quality = 80 }\n");
  r.deploy();
  r.run(5);
  BOOST_TEST(r.arrivals()["camera->arm"] == 5);
  BOOST_TEST(r.step_count(step::encode)["camera->up"] == 5);
  BOOST_TEST(r.step_count(step::decode)["camera->up"] == 5);
  for (const auto& sent : of_kind(r.records, record_kind::sent))
    BOOST_TEST(sent.amount < 64 * 48 * 3);
}

BOOST_AUTO_TEST_CASE(codecs_of_a_chain_encode_in_order_and_each_sample_says_what_came_of_it) {
  test_run r(std::string(picture_toml) +
             "codec = [{ type = \"resize\", factor = 0.5 }, { type = \"png\" }]\npsnr = true\n");
  r.deploy({"people", "psnr", "encoded-bytes"});
  const std::vector<std::string> names{"encoded-bytes", "psnr"};
  BOOST_TEST((*r.nodes[0])->value_names() == names, boost::test_tools::per_element());
  BOOST_TEST((*r.nodes[1])->value_names().empty()); // the sending node reports
  r.run(5);
  BOOST_TEST(r.arrivals()["camera->arm"] == 5);
  std::map<std::uint16_t, int> values;
  for (const auto& v : of_kind(r.records, record_kind::value)) {
    ++values[v.what];
    BOOST_TEST(route_name(*r.graph.whole, v.route) == "camera->up");
  }
  BOOST_TEST(values.size() == 2u);
  BOOST_TEST(values[2] == 5);
  BOOST_TEST(values[1] >= 1); // it may have been busy
  for (const auto& sent : of_kind(r.records, record_kind::sent))
    BOOST_TEST(sent.amount < 32 * 24 * 3);
  const auto last = r.nodes[0]->report(true);
  BOOST_REQUIRE(last.ends.size() == 1u);
  BOOST_REQUIRE(last.ends[0].counts.size() == 1u);
  BOOST_TEST(last.ends[0].counts[0].name == "psnr-skipped");
  BOOST_TEST(last.ends[0].counts[0].count + static_cast<std::uint64_t>(values[1]) == 5u);
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
