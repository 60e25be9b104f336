// SPDX-License-Identifier: MIT
#include "tests/actors/node_fixture.hpp"

#include <unistd.h>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// What a node that refuses says to each request of the deployment.
void check_refuses_everything(node_fixture& f) {
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

BOOST_FIXTURE_TEST_SUITE(node_test, node_fixture)

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

BOOST_AUTO_TEST_CASE(a_confined_node_lets_nothing_be_written_but_results) {
  node = spawn(actors::node, actors::node_config{.types = &types,
                                                 .known = &catalogue::builtin(),
                                                 .peers = &peers,
                                                 .channels = &channels,
                                                 .doors = &doors,
                                                 .confined_to = "."});
  BOOST_TEST(greet());
  std::string text(lonely_toml);
  const std::string_view sink = "[sinks.actuator]\n";
  text.insert(text.find(sink) + sink.size(), "type = \"save-images\"\npath = \"/srv\"\n");
  const auto refused = load(text);
  BOOST_CHECK(refused->error().code == errc::refused);
  BOOST_TEST(
      refused->error().message.starts_with("sinks.actuator.path: this machine lets sinks write"));
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
  BOOST_REQUIRE(missing->ok());
  const auto& faults = std::get<0>(*missing->value).faults;
  BOOST_TEST(faults.size() == 3u);
  BOOST_TEST(faults.front().key == "sensors.camera");
  BOOST_CHECK(faults.front().why.code == errc::not_found);
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

BOOST_AUTO_TEST_SUITE_END()
