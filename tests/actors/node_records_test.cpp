// SPDX-License-Identifier: MIT
#include "tests/actors/node_fixture.hpp"

using namespace peernet;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(node_records_test, node_fixture)

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
