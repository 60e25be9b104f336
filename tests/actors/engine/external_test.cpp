// SPDX-License-Identifier: MIT
#include "actors/engine/external.hpp"
#include "actors/engine/node_graph.hpp"
#include "runtime/config/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr const char* scenario_text = R"([scenario]
samples = 3
[nodes.robot]
[sensors.camera]
node = "robot"
type = "bytes"
size = "1B"
rate = "1Hz"
[sinks.actuator]
node = "robot"
[links.inside]
from = "camera"
to = "actuator"
)";

/// One node whose sensor and sink belong to the test.
struct embedded {
  embedded() {
    auto read = read_scenario_text(scenario_text, "test.toml", ".", {}, catalogue::builtin());
    BOOST_REQUIRE(read.ok());
    read.scenario.sensors[0].type = external_type;
    read.scenario.sensors[0].settings = {};
    read.scenario.sinks[0].type = external_type;
    auto what = std::make_shared<const scenario>(std::move(read.scenario));
    auto whole = make_plan(*what);
    BOOST_REQUIRE(whole.ok());
    stages.register_at(types);
    graph = std::make_unique<node_graph>(what, std::make_shared<const plan>(std::move(*whole)),
                                         node_id{0}, types, catalogue::builtin(),
                                         node_graph::surroundings{});
    BOOST_REQUIRE(graph->load().ok());
    BOOST_REQUIRE(graph->bind({}).ok());
    BOOST_REQUIRE(graph->connect({}).ok());
    camera = dynamic_cast<external_loop*>(graph->sensors[0]->loops[0].get());
    actuator = stages.find_sink("actuator");
    BOOST_REQUIRE(camera);
    BOOST_REQUIRE(actuator);
  }
  ~embedded() {
    graph->sensors[0]->stop();
    graph->sinks[0]->stop();
  }

  void start(const run_window& window) {
    graph->sinks[0]->start();
    graph->sensors[0]->start(window);
  }

  registry types;
  external_stages stages;
  std::unique_ptr<node_graph> graph;
  external_loop* camera = nullptr;
  result_store* actuator = nullptr;
};

} // namespace

BOOST_AUTO_TEST_SUITE(external_test)

BOOST_AUTO_TEST_CASE(what_a_program_pushes_in_comes_out_with_its_trace) {
  embedded sut;
  sut.start({.samples = 3});
  for (const auto* text : {"one", "two"})
    BOOST_TEST(sut.camera->push(payload::copy_of(text)));
  for (std::uint64_t seq = 0; seq < 2; ++seq) {
    const auto result = sut.actuator->next(5s);
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->header.trace.seq() == seq);
    BOOST_TEST(result->body.text() == (seq == 0 ? "one" : "two"));
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_before_the_run_or_beyond_its_samples) {
  embedded sut;
  BOOST_TEST(!sut.camera->push(payload::copy_of("too early")));
  sut.start({.samples = 1});
  BOOST_TEST(sut.camera->push(payload::copy_of("first")));
  BOOST_TEST(!sut.camera->finished());
  BOOST_TEST(!sut.camera->push(payload::copy_of("one too many")));
  BOOST_TEST(sut.camera->finished());
}

BOOST_AUTO_TEST_CASE(a_push_is_recorded_like_any_sample) {
  embedded sut;
  sut.start({});
  BOOST_TEST(sut.camera->push(payload::copy_of("x")));
  BOOST_REQUIRE(sut.actuator->next(5s).has_value());
  sut.graph->sinks[0]->stop();
  std::array<record, 64> records{};
  const auto n = sut.graph->records().drain(records);
  const auto count = [&](record_kind kind) {
    return std::count_if(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(n),
                         [&](const record& r) { return r.kind == kind; });
  };
  BOOST_TEST(count(record_kind::sample) == 1);
  BOOST_TEST(count(record_kind::fate) == 1);
  BOOST_TEST(count(record_kind::span) == 4); // lag, sense, queue, act
}

BOOST_AUTO_TEST_SUITE_END()
