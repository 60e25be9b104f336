// SPDX-License-Identifier: MIT
#include "actors/models/builtin.hpp"
#include "actors/node.hpp"
#include "actors/sensors/builtin.hpp"
#include "actors/sinks/builtin.hpp"
#include "tests/actors/engine/rig.hpp"
#include "tests/support/actor_fixture.hpp"
#include "transports/zmq_channel.hpp"

#include <cstring>
#include <unistd.h>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// Everything on one node, so that no other is needed.
constexpr std::string_view lonely_toml = R"([scenario]
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

metrics_actor::behavior_type keeping_metrics(metrics_actor::pointer self, taken_records* into) {
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

struct fixture : actor_fixture {
  fixture() {
    register_builtin_sensors(types);
    register_builtin_models(types);
    register_builtin_sinks(types);
    register_zmq_channels(types);
  }
  ~fixture() {
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
      pass(now - before, 25ms);
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

/// What a node that refuses says to each request of the deployment.
void check_refuses_everything(fixture& f) {
  const auto refused = [](const auto& a) { BOOST_CHECK(a->error().code == errc::refused); };
  refused(f.ask_for<endpoint_map>(f.node, bind_atom::value, run_terms{}));
  refused(f.ask_for<bool>(f.node, meet_atom::value, std::vector<door_line>{}));
  refused(f.ask_for<bool>(f.node, link_atom::value, endpoint_map{}));
  refused(f.ask_for<clock_news>(f.node, probe_atom::value, burst_order{}));
  refused(f.ask_for<std::vector<std::string>>(f.node, linked_atom::value));
  refused(f.ask_for<bool>(f.node, start_atom::value, start_order{}, f.metrics));
  refused(f.ask_for<node_report>(f.node, report_atom::value));
  refused(f.ask_for<bool>(f.node, halt_atom::value));
  refused(f.ask_for<node_report>(f.node, finish_atom::value, std::int64_t{0}));
  refused(f.ask_for<std::uint64_t>(f.node, flush_atom::value));
  BOOST_TEST(!f.end->has_value());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_test, fixture)

BOOST_AUTO_TEST_CASE(a_node_that_was_not_greeted_refuses_everything) {
  BOOST_CHECK(load(lonely_toml)->error().code == errc::refused);
  check_refuses_everything(*this);
}

BOOST_AUTO_TEST_CASE(a_node_that_was_greeted_in_another_version_answers_and_refuses_the_rest) {
  BOOST_TEST(greet(protocol_version + 1));
  BOOST_CHECK(load(lonely_toml)->error().code == errc::refused);
  check_refuses_everything(*this);
  BOOST_TEST(greet(protocol_version, "other types\n"));
  BOOST_CHECK(load(lonely_toml)->error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(what_needs_a_loaded_scenario_is_refused_before) {
  BOOST_TEST(greet());
  check_refuses_everything(*this);
}

BOOST_AUTO_TEST_CASE(a_loaded_node_says_where_it_lives_and_answers_probes) {
  BOOST_TEST(greet());
  const auto loaded = load(lonely_toml);
  BOOST_REQUIRE(loaded->ok());
  const auto& [ready, probes] = *loaded->value;
  BOOST_TEST(ready.pid == ::getpid());
  BOOST_TEST(!ready.host.empty());
  BOOST_TEST(ready.clock_domain == peernet::clock().domain());
  const auto probed =
      ask_for<std::int64_t, std::int64_t, std::int64_t>(probes, probe_atom::value, std::int64_t{5});
  BOOST_REQUIRE(probed->ok());
  BOOST_TEST(std::get<0>(*probed->value) == 5);
}

BOOST_AUTO_TEST_CASE(a_false_clock_is_probed_as_what_it_shows) {
  BOOST_TEST(greet());
  std::string text(lonely_toml);
  text.replace(text.find("[nodes.robot]"), 13, "[nodes.robot]\ntest-clock = { offset = \"1h\" }");
  const auto loaded = load(text);
  BOOST_REQUIRE(loaded->ok());
  const auto& [ready, probes] = *loaded->value;
  BOOST_TEST(ready.clock_domain != peernet::clock().domain());
  const auto probed =
      ask_for<std::int64_t, std::int64_t, std::int64_t>(probes, probe_atom::value, std::int64_t{0});
  const auto ahead = std::get<1>(*probed->value) - to_ns(clock::machine_now());
  BOOST_CHECK(ahead > to_ns(duration{59min}) && ahead <= to_ns(duration{1h}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_loaded_is_named) {
  BOOST_TEST(greet());
  const auto broken = load("[scenario]\nsamples = \"many\"\n");
  BOOST_CHECK(broken->error().code == errc::bad_scenario);
  BOOST_TEST(broken->error().message.find("test.toml:2") != std::string::npos,
             broken->error().message);

  const auto stranger = load(lonely_toml, "moon");
  BOOST_CHECK(stranger->error().code == errc::bad_scenario);
  BOOST_TEST(stranger->error().message.find("moon") != std::string::npos);

  // A node whose program lacks the type.
  const auto other = spawn(actors::node, actors::node_config{.types = &others,
                                                             .known = &catalogue::builtin(),
                                                             .peers = &peers,
                                                             .channels = &channels,
                                                             .doors = &doors});
  node = other;
  BOOST_TEST(greet());
  const auto missing = load(lonely_toml);
  BOOST_TEST(missing->error().message.starts_with("sensors.camera: "), missing->error().message);
  check_refuses_everything(*this);
}

BOOST_AUTO_TEST_CASE(after_a_failure_another_scenario_can_be_loaded_but_not_after_a_success) {
  BOOST_TEST(greet());
  BOOST_TEST(!load("[scenario]\n")->ok());
  BOOST_TEST(load(lonely_toml)->ok());
  BOOST_CHECK(load(lonely_toml)->error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(a_node_lives_from_greeting_to_its_last_record) {
  deploy(lonely_toml);
  BOOST_TEST(start(5));
  BOOST_TEST(until([&] {
    const auto r = report();
    return r.sensors_finished && r.under_way == 0 &&
           fates_of(kept.records, outcome::delivered).size() == 5;
  }));
  BOOST_TEST(ask_for<bool>(node, halt_atom::value)->get());
  const auto last = ask_for<node_report>(node, finish_atom::value, std::int64_t{1'000'000'000});
  const auto flushed = ask_for<std::uint64_t>(node, flush_atom::value);

  BOOST_TEST(last->get().emitted == kept.records.size());
  BOOST_TEST(flushed->get() == kept.records.size());
  BOOST_TEST(last->get().overflowed == 0u);
  for (const auto& c : last->get().counts)
    BOOST_TEST(c.count == (c.kind == count_kind::dropped ? 0u : 5u));
  std::size_t forced = 0;
  for (const auto& e : last->get().ends) {
    BOOST_TEST(e.final);
    forced += e.bytes > 0;
  }
  BOOST_TEST(forced == 2u); // both ends of the uplink; the downlink is a hand-off
  BOOST_TEST(steps_of(kept.records, trace_id{0, 4}).find("infer") != std::string::npos);

  caf::anon_send(node, quit_atom::value);
  run();
  BOOST_REQUIRE(end->has_value());
  BOOST_CHECK(**end == caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(a_run_cannot_begin_twice_nor_be_flushed_before) {
  deploy(lonely_toml);
  BOOST_CHECK(ask_for<std::uint64_t>(node, flush_atom::value)->error().code == errc::refused);
  BOOST_TEST(start(1));
  const auto again = ask_for<bool>(node, start_atom::value, start_order{.samples = 1}, metrics);
  BOOST_CHECK(again->error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(trouble_is_passed_on_as_events) {
  register_builtin_models(others);
  register_builtin_sinks(others);
  register_zmq_channels(others);
  others.add_sensor("bytes",
                    [](const options&, const environment&) -> result<std::unique_ptr<sensor>> {
                      return std::unique_ptr<sensor>{
                          std::make_unique<scripted_sensor>([]() -> result<std::optional<payload>> {
                            return error{errc::io, "the lens is dirty"};
                          })};
                    });
  node = spawn(actors::node, actors::node_config{.types = &others,
                                                 .known = &catalogue::builtin(),
                                                 .peers = &peers,
                                                 .channels = &channels,
                                                 .doors = &doors});
  deploy(lonely_toml);
  BOOST_TEST(start(3));
  BOOST_TEST(until([&] { return kept.events.size() >= 3; }));
  BOOST_TEST(kept.events[0].what == "sensor failed");
  BOOST_TEST(kept.events[0].detail == "camera: the lens is dirty");
  BOOST_CHECK(kept.events[0].severity == severity::error);
  BOOST_TEST(kept.events[0].node == 0u);
}

BOOST_AUTO_TEST_CASE(records_wait_for_credit_and_none_is_lost) {
  deploy(lonely_toml);
  kept.answering = false;
  BOOST_TEST(start(2000));
  BOOST_TEST(until([&] { return kept.unanswered == actors::node_state::most_unanswered; }));
  pass(1s);
  BOOST_TEST(kept.most_unanswered == actors::node_state::most_unanswered);
  const auto flushed = ask_for<std::uint64_t>(node, flush_atom::value);
  BOOST_TEST(flushed->pending());

  BOOST_TEST(until([&] { return report().sensors_finished; }));
  BOOST_TEST(ask_for<bool>(node, halt_atom::value)->get());
  const auto last = ask_for<node_report>(node, finish_atom::value, std::int64_t{1'000'000'000});
  kept.answering = true;
  caf::anon_send(metrics, event_atom::value, run_event{.what = "pay"});
  run();
  BOOST_TEST(flushed->get() == kept.records.size());
  BOOST_TEST(last->get().emitted == kept.records.size());
}

BOOST_AUTO_TEST_CASE(records_that_nobody_takes_end_the_node) {
  deploy(lonely_toml);
  kept.refusal = error{errc::io, "the disk is full"};
  BOOST_TEST(start(UINT64_MAX));
  BOOST_TEST(until([&] { return end->has_value(); }));
  BOOST_CHECK(from_caf(**end).code == errc::io);
  BOOST_TEST(from_caf(**end).message == "the disk is full");
}

BOOST_AUTO_TEST_CASE(without_its_coordinator_a_node_ends_and_its_threads_with_it) {
  deploy(lonely_toml);
  BOOST_TEST(start(UINT64_MAX));
  BOOST_TEST(until([&] { return !kept.records.empty(); }));
  caf::anon_send_exit(metrics, caf::exit_reason::kill);
  run();
  BOOST_TEST(end->has_value());
}

BOOST_AUTO_TEST_CASE(a_node_that_is_killed_in_the_middle_takes_its_parts_along) {
  deploy(lonely_toml);
  BOOST_TEST(start(UINT64_MAX));
  BOOST_TEST(until([&] { return !kept.records.empty(); }));
  caf::anon_send_exit(node, caf::exit_reason::kill);
  run();
  BOOST_TEST(end->has_value());
}

BOOST_AUTO_TEST_CASE(peers_and_receiving_ends_are_found) {
  const auto other =
      spawn([](caf::event_based_actor*) -> caf::behavior { return {[](quit_atom) {}}; });
  caf::anon_send(node, peer_atom::value, node_id{4}, caf::actor_cast<caf::strong_actor_ptr>(other));
  run();
  BOOST_TEST(static_cast<bool>(peers.find(4)));

  const auto none = ask_for<caf::actor>(node, frame_atom::value, std::string("ghost"));
  BOOST_CHECK(none->error().code == errc::not_found);
  const auto made = channels.bind({.name = "uplink"});
  BOOST_REQUIRE(made.ok());
  const auto found = ask_for<caf::actor>(node, frame_atom::value, (*made)->where().address);
  BOOST_TEST(static_cast<bool>(found->get()));
}

BOOST_AUTO_TEST_CASE(a_notice_before_anything_is_loaded_does_no_harm) {
  caf::anon_send(node, notice_atom::value, notice_line{.trace = 1});
  run();
  BOOST_TEST(!end->has_value());
}

BOOST_AUTO_TEST_CASE(a_stuck_stage_does_not_keep_its_node_from_finishing) {
  gate opened;
  awaited_list<bool> inside;
  register_builtin_sensors(others);
  register_builtin_sinks(others);
  register_zmq_channels(others);
  others.add_model(
      "echo", [&](const options&, const environment&) -> result<std::unique_ptr<model>> {
        return std::unique_ptr<model>{
            std::make_unique<scripted_model>([&](const payload&, emitter&) -> result<void> {
              inside.add(true);
              return opened.pass() ? result<void>{} : error{errc::timeout, "the test hangs"};
            })};
      });
  std::shared_ptr<const void> kept_graph;
  node = spawn(actors::node, actors::node_config{.types = &others,
                                                 .known = &catalogue::builtin(),
                                                 .peers = &peers,
                                                 .channels = &channels,
                                                 .doors = &doors,
                                                 .kept = &kept_graph});
  deploy(lonely_toml);
  BOOST_TEST(start(1));
  BOOST_TEST(until([&] { return inside.size() == 1; }));
  BOOST_TEST(ask_for<bool>(node, halt_atom::value)->get());
  BOOST_TEST(!kept_graph);
  const auto last = ask_for<node_report>(node, finish_atom::value, std::int64_t{0});
  BOOST_TEST(last->get().under_way == 1u);
  BOOST_TEST(static_cast<bool>(kept_graph)); // the thread still uses it
  const auto flushed = ask_for<std::uint64_t>(node, flush_atom::value);
  BOOST_TEST(flushed->get() == last->get().emitted);
  BOOST_TEST(std::ranges::any_of(kept.events, [](const run_event& e) {
    return e.detail.starts_with("detector did not come back");
  }));
  opened.open();
  caf::anon_send(node, quit_atom::value);
  run();
  kept_graph.reset(); // waits for the thread
  BOOST_TEST(kept.records.size() == flushed->get());
}

BOOST_AUTO_TEST_SUITE_END()
