// SPDX-License-Identifier: MIT
#include "actors/engine/parts.hpp"
#include "tests/actors/engine/rig.hpp"

using namespace peernet;

namespace {

struct fixture : engine_rig {
  read_graph graph = read_plan(chain_toml);
  recorder& by = records.add(0, 0);
  std::shared_ptr<stage_queue> queue =
      std::make_shared<stage_queue>(queue_config{.size = 1}, std::uint16_t{2}, context);
};

/// A channel that has room or not, as the test says.
struct idle_channel final : send_end {
  explicit idle_channel(bool* stands) : connected_(stands) {}
  send_status try_send(const outgoing_frame&) override { return send_status::sent; }
  bool wait_writable(duration) override { return true; }
  void close(duration) noexcept override {}
  bool connected() override { return *connected_; }
  bool* connected_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(parts_test, fixture)

BOOST_AUTO_TEST_CASE(a_sink_tells_its_arrivals_its_drops_and_what_waits) {
  sink_part part{.name = "actuator", .place = 2, .engines = {}};
  part.engines.push_back(std::make_unique<sink_engine>(
      stage_identity{.name = "actuator", .copy = 2},
      std::make_unique<scripted_sink>([](const sample&) { return result<void>{}; }), queue,
      decoder_set{}, *graph.whole, context));
  queue->deliver(sample_at(4, 0), 0, clock.now(), by);
  queue->deliver(sample_at(4, 1), 0, clock.now(), by);
  part_report before;
  part.report(before);
  BOOST_TEST(before.under_way == 1u);

  part.start();
  BOOST_REQUIRE(watcher.seen.wait_for(2));
  part.stop();
  part_report after;
  part.report(after);
  BOOST_TEST(after.under_way == 0u);
  BOOST_REQUIRE_EQUAL(after.counts.size(), 2u);
  BOOST_CHECK(after.counts[0].kind == count_kind::dropped);
  BOOST_TEST(after.counts[0].count == 1u);
  BOOST_CHECK(after.counts[1].kind == count_kind::arrivals);
  BOOST_TEST(after.counts[1].count == 1u);
  for (const auto& c : after.counts) {
    BOOST_TEST(c.node == context.node);
    BOOST_TEST(c.place == 2u);
    BOOST_TEST(c.copy == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_hand_off_is_reported_as_both_ends_of_its_lane) {
  sender_part part{.name = "a", .place = 5, .node = 1, .lanes = {}, .hand_offs = {}};
  part.hand_offs.emplace_back(3, std::make_unique<local_outlet>(0, 0, *queue, context));
  part.hand_offs[0].second->send(sample_at(0, 0), 0, by);
  part_report r;
  part.report(r, true);
  BOOST_REQUIRE_EQUAL(r.ends.size(), 2u);
  BOOST_CHECK(r.ends[0].side == link_side::sender);
  BOOST_TEST(r.ends[0].sent == 1u);
  BOOST_CHECK(r.ends[1].side == link_side::receiver);
  BOOST_TEST(r.ends[1].received == 1u);
  BOOST_TEST(r.ends[1].unique == 1u);
  for (const auto& e : r.ends) {
    BOOST_TEST(e.link == 5u);
    BOOST_TEST(e.lane == 3u);
    BOOST_TEST(e.node == 1u);
    BOOST_TEST(e.final);
  }
}

BOOST_AUTO_TEST_CASE(a_sender_stands_when_all_its_lanes_do_and_tells_what_it_sent) {
  bool stands = false;
  sender_part part{.name = "uplink", .place = 3, .node = 1, .lanes = {}, .hand_offs = {}};
  part.lanes.push_back(std::make_unique<lane_sender>(
      lane_sender::settings{.name = "uplink", .link = 3, .lane = 1, .queue = {.size = 2}}, context,
      std::make_unique<idle_channel>(&stands), std::vector<std::unique_ptr<codec>>{}));
  BOOST_TEST(!part.connected());
  stands = true;
  BOOST_TEST(part.connected());

  part.lanes[0]->send(sample_at(0, 0), 0, by);
  part.lanes[0]->send(sample_at(0, 1), 0, by);
  part.finish(clock::machine_now());
  part_report r;
  part.report(r, true);
  BOOST_REQUIRE_EQUAL(r.ends.size(), 1u);
  BOOST_TEST(r.ends[0].sent == 2u);
  BOOST_TEST(r.ends[0].highest == 1u);
  BOOST_TEST(r.ends[0].lane == 1u);
  BOOST_TEST(r.ends[0].bytes == 2 * (sizeof(wire_header) + 5));
  BOOST_TEST(of_kind(taken(), record_kind::sent).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_part_without_anything_here_is_finished_and_reports_nothing) {
  part_report r;
  sensor_part{}.report(r);
  inference_part{}.report(r);
  sink_part{}.report(r);
  receiver_part{}.report(r, true);
  BOOST_TEST(r.sensors_finished);
  BOOST_TEST(r.counts.empty());
  BOOST_TEST(r.ends.empty());
  BOOST_TEST(r.under_way == 0u);
}

BOOST_AUTO_TEST_CASE(a_sensor_that_does_not_come_back_is_given_up_and_named) {
  gate opened;
  awaited_list<bool> inside;
  keeping_outlet out;
  sensor_part part{.name = "camera", .place = 0, .sources = {}, .keeper = {}, .loops = {}};
  part.sources.push_back(std::make_unique<sensor_source>(
      stage_identity{.name = "camera", .copy = 0},
      std::make_unique<scripted_sensor>([&]() -> result<std::optional<payload>> {
        inside.add(true);
        if (!opened.pass())
          return error{errc::timeout, "the test hangs"};
        return std::optional{payload::copy_of("1")};
      }),
      0, graph.whole->sensor_routes[0], context));
  part.sources[0]->connect({&out}, nullptr);
  part.loops.push_back(
      std::make_unique<open_loop>(std::vector{part.sources[0].get()}, graph.what->sensors[0], 1));
  const auto now = clock.now();
  part.start({.start = now, .measured = now});
  BOOST_REQUIRE(inside.wait_for(1));
  BOOST_TEST(!part.stop(now));
  const auto told = events.take().first;
  BOOST_REQUIRE_EQUAL(told.size(), 1u);
  BOOST_TEST(told[0].detail.starts_with("camera did not come back within "), told[0].detail);
  part_report r;
  part.report(r);
  BOOST_TEST(!r.sensors_finished);
  BOOST_TEST(r.counts.at(0).count == 0u);

  opened.open();
  part.loops.clear(); // waits
  BOOST_TEST(part.sources[0]->intended() == 0u);
  BOOST_TEST(out.sent.size() == 0u);
  BOOST_TEST(taken().empty());
}

BOOST_AUTO_TEST_CASE(all_engines_of_a_part_are_asked_before_one_is_waited_for) {
  gate opened;
  awaited_list<bool> inside;
  sink_part part{.name = "actuator", .place = 2, .engines = {}};
  auto other = std::make_shared<stage_queue>(queue_config{.size = 1}, std::uint16_t{3}, context);
  for (const auto& q : {queue, other})
    part.engines.push_back(std::make_unique<sink_engine>(
        stage_identity{.name = "actuator", .copy = 2},
        std::make_unique<scripted_sink>([&](const sample&) -> result<void> {
          inside.add(true);
          return opened.pass() ? result<void>{} : error{errc::timeout, "the test hangs"};
        }),
        q, decoder_set{}, *graph.whole, context));
  part.start();
  queue->deliver(sample_at(4, 0), 0, clock.now(), by);
  BOOST_REQUIRE(inside.wait_for(1));
  BOOST_TEST(!part.stop(clock.now())); // the first is stuck, the second ends
  other->deliver(sample_at(4, 1), 0, clock.now(), by);
  BOOST_TEST(other->under_way() == 0u);
  opened.open();
}

BOOST_AUTO_TEST_SUITE_END()
