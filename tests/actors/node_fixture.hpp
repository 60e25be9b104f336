// SPDX-License-Identifier: MIT
// One node actor as its coordinator meets it, with a scenario that needs no other node and a
// metrics actor that takes its records as the test wishes.
#pragma once

#include "actors/models/builtin.hpp"
#include "actors/node.hpp"
#include "actors/sensors/builtin.hpp"
#include "actors/sinks/builtin.hpp"
#include "tests/actors/engine/rig.hpp"
#include "tests/support/actor_fixture.hpp"
#include "transports/zmq/zmq_channel.hpp"

#include <cstring>

namespace peernet {

/// Everything on one node, so that no other is needed.
inline constexpr std::string_view lonely_toml = R"([scenario]
samples = 5
[nodes.robot]
[sensors.camera]
node = "robot"
type = "bytes"
size = "100B"
rate = "500Hz"
max-lag = "1h"
[inference.detector]
node = "robot"
model = "echo"
queue = { size = 1000 }
[sinks.actuator]
node = "robot"
queue = { size = 1000 }
[links.uplink]
from = "camera"
to = "detector"
force = true
send-queue = { size = 1000 }
[links.downlink]
from = "detector"
to = "actuator"
)";

/// Takes records as the metrics actor does, or not.
struct taken_records {
  std::vector<record> records;
  std::vector<run_event> events;
  std::size_t unanswered = 0, most_unanswered = 0;
  bool answering = true;
  std::optional<error> refusal;
  std::vector<std::pair<caf::typed_response_promise<std::uint64_t>, std::uint64_t>> held;
};

inline metrics_actor::behavior_type keeping_metrics(metrics_actor::pointer self,
                                                    taken_records* into) {
  return {
      [=](batch_atom, node_id, const std::vector<char>& bytes) -> caf::result<std::uint64_t> {
        if (into->refusal)
          return to_caf(*into->refusal);
        const auto n = bytes.size() / sizeof(record);
        const auto before = into->records.size();
        into->records.resize(before + n);
        std::memcpy(into->records.data() + before, bytes.data(), bytes.size());
        if (into->answering)
          return std::uint64_t{n};
        into->most_unanswered = std::max(into->most_unanswered, ++into->unanswered);
        auto promise = self->make_response_promise<std::uint64_t>();
        into->held.emplace_back(promise, n);
        return promise;
      },
      [=](event_atom, const run_event& e) {
        into->events.push_back(e);
        if (e.what == "pay")
          for (auto& [promise, n] : into->held)
            promise.deliver(n);
      },
  };
}

struct node_fixture : actor_fixture {
  node_fixture() {
    register_builtin_sensors(types);
    register_builtin_models(types);
    register_builtin_sinks(types);
    register_zmq_channels(types);
  }
  ~node_fixture() {
    peers.clear();
    end_all(); // before what they use
  }

  bool greet(std::uint32_t version = protocol_version, std::string names = type_list()) {
    const auto a = ask_for<std::uint32_t, std::string>(node, hello_atom::value, version, names);
    BOOST_REQUIRE(a->ok());
    return std::get<0>(*a->value) == protocol_version && std::get<1>(*a->value) == type_list();
  }
  auto load(std::string_view scenario, const std::string& name = "robot") {
    return ask_for<node_ready, clock_actor>(node, load_atom::value,
                                            deployment{.scenario = std::string(scenario),
                                                       .file = "test.toml",
                                                       .directory = ".",
                                                       .node = name,
                                                       .output = "",
                                                       .sockets = "",
                                                       .secret = std::string(32, 's'),
                                                       .networks = {{"", "127.0.0.1"}}});
  }
  /// From greeting to standing links.
  void deploy(std::string_view scenario) {
    BOOST_TEST(greet());
    const auto loaded = load(scenario);
    (void)loaded->get();
    const auto bound =
        ask_for<endpoint_map>(node, bind_atom::value,
                              run_terms{.clock = reference_clock, .values = {}, .clocks = {0}})
            ->get();
    BOOST_REQUIRE(bound.probes.size() == 1u); // it answers clock probes on the default network
    BOOST_TEST(bound.probes[0].address == "127.0.0.1");
    BOOST_TEST(bound.doors.empty());
    BOOST_TEST(ask_for<bool>(node, link_atom::value, bound)->get());
    BOOST_TEST(until([&] {
      return ask_for<std::vector<std::string>>(node, linked_atom::value)->get().empty();
    }));
  }
  bool start(std::uint64_t samples) {
    const auto now = to_ns(clock::machine_now());
    return ask_for<bool>(node, start_atom::value,
                         start_order{.start_ns = now, .measured_ns = now, .samples = samples},
                         metrics)
        ->get();
  }
  node_report report() { return ask_for<node_report>(node, report_atom::value)->get(); }

  /// Lets the node's time go on as that of its threads does.
  template <class Condition>
  bool until(Condition holds) {
    const auto begin = clock::machine_now();
    for (auto before = begin; !holds();) {
      const auto now = clock::machine_now();
      if (now - begin > test_deadline)
        return false;
      pass(now - before, std::chrono::milliseconds{25});
      before = now;
      std::this_thread::yield();
    }
    return true;
  }

  registry types, others{std::vector<std::filesystem::path>{}};
  peer_table peers;
  caf_channel channels{system, peers};
  peer_doors doors{system};
  taken_records kept;
  node_actor node = spawn(actors::node, actors::node_config{.types = &types,
                                                            .known = &catalogue::builtin(),
                                                            .peers = &peers,
                                                            .channels = &channels,
                                                            .doors = &doors});
  metrics_actor metrics = spawn(keeping_metrics, &kept);
  std::shared_ptr<std::optional<caf::error>> end = watch(node);
};

} // namespace peernet
