// SPDX-License-Identifier: MIT
// What the actors of stages and links have in common, and each of the five in its life: start,
// report, finish.
#include "actors/inference.hpp"
#include "actors/part.hpp"
#include "actors/sensor.hpp"
#include "actors/sink.hpp"
#include "actors/transport_receiver.hpp"
#include "actors/transport_sender.hpp"
#include "tests/actors/engine/rig.hpp"
#include "tests/support/actor_fixture.hpp"

using namespace peernet;

namespace {

constexpr std::int64_t no_patience = 0;

struct fixture : actor_fixture, engine_rig {
  read_graph graph = read_plan(chain_toml);
  recorder& by = records.add(context.node, context.clock_number);
  keeping_outlet out;
  std::shared_ptr<stage_queue> queue =
      std::make_shared<stage_queue>(queue_config{.size = 4}, std::uint16_t{0}, context);

  bool start(const part_actor& a, std::uint64_t samples = 3) {
    const auto now = to_ns(engine_rig::clock.now());
    return ask_for<bool>(a, start_atom::value,
                         start_order{.start_ns = now, .measured_ns = now, .samples = samples})
        ->get();
  }
  node_report report(const part_actor& a) {
    return ask_for<node_report>(a, report_atom::value)->get();
  }
  bool finish(const part_actor& a) {
    return ask_for<bool>(a, finish_atom::value, no_patience)->get();
  }
  void deliver(route_id at, std::uint64_t seq) {
    queue->deliver(sample_at(at, seq), 0, engine_rig::clock.now(), by);
  }
};

/// Takes what it is given; gives nothing.
struct quiet_channel final : send_end, receive_end {
  send_status try_send(const outgoing_frame&) override { return send_status::sent; }
  bool wait_writable(duration) override { return true; }
  void close(duration) noexcept override { closed = true; }
  bool connected() override { return true; }
  [[nodiscard]] endpoint where() const override { return {}; }
  result<std::optional<incoming_frame>> receive(const peernet::clock&, duration) override {
    if (stopped.pass())
      return error{errc::closed, "stopped"};
    return error{errc::timeout, "the test hangs"};
  }
  void stop() noexcept override { stopped.open(); }
  bool closed = false;
  gate stopped;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(part_test, fixture)

BOOST_AUTO_TEST_CASE(a_start_order_becomes_a_window) {
  const auto w = window_of({.start_ns = 10, .measured_ns = 20, .end_ns = INT64_MAX, .samples = 7});
  BOOST_TEST(to_ns(w.start) == 10);
  BOOST_TEST(to_ns(w.measured) == 20);
  BOOST_CHECK(w.end == stamp::max());
  BOOST_TEST(w.samples == 7u);
}

BOOST_AUTO_TEST_CASE(reports_add_up) {
  node_report sum;
  sum.sensors_finished = true;
  node_report one;
  one.counts.push_back({count_kind::arrivals, 0, 1, 0, 5});
  one.ends.push_back({.link = 2});
  one.under_way = 3;
  one.emitted = 4;
  one.overflowed = 1;
  one.sensors_finished = true;
  merge(sum, node_report{one});
  BOOST_TEST(sum.sensors_finished);
  one.sensors_finished = false;
  merge(sum, std::move(one));
  BOOST_TEST(sum.counts.size() == 2u);
  BOOST_TEST(sum.ends.size() == 2u);
  BOOST_TEST(sum.under_way == 6u);
  BOOST_TEST(sum.emitted == 8u);
  BOOST_TEST(sum.overflowed == 2u);
  BOOST_TEST(!sum.sensors_finished);
}

BOOST_AUTO_TEST_CASE(a_sensor_fires_after_its_start_and_rests_after_its_finish) {
  auto part = std::make_shared<sensor_part>();
  part->sources.push_back(std::make_unique<sensor_source>(
      stage_identity{.name = "camera", .copy = 0},
      std::make_unique<scripted_sensor>(
          []() -> result<std::optional<payload>> { return std::optional{payload::copy_of("1")}; }),
      0, 0, context));
  part->sources[0]->connect({&out}, nullptr);
  auto config = graph.what->sensors[0];
  part->loops.push_back(
      std::make_unique<open_loop>(std::vector{part->sources[0].get()}, config, 1));

  const auto a = spawn(actors::sensor, actors::sensor_config{part});
  BOOST_TEST(out.sent.size() == 0u);
  BOOST_TEST(start(a, 3));
  BOOST_REQUIRE(out.sent.wait_for(3));
  BOOST_TEST(finish(a));
  const auto last = report(a);
  BOOST_TEST(last.sensors_finished);
  BOOST_REQUIRE_EQUAL(last.counts.size(), 1u);
  BOOST_CHECK(last.counts[0].kind == count_kind::intended);
  BOOST_TEST(last.counts[0].count == 3u);
}

BOOST_AUTO_TEST_CASE(an_inference_works_between_its_start_and_its_finish) {
  auto part = std::make_shared<inference_part>();
  std::vector<inference_engine::worker> workers;
  workers.push_back({.what = std::make_unique<scripted_model>([](const payload& in, emitter& to) {
                       to.emit(in);
                       return result<void>{};
                     }),
                     .decoders = {},
                     .values = {}});
  part->engines.push_back(
      std::make_unique<inference_engine>(stage_identity{.name = "detector", .copy = 0},
                                         std::move(workers), queue, *graph.whole, context));
  part->engines[0]->connect({&out});
  deliver(2, 0);

  const auto a = spawn(actors::inference, actors::inference_config{part});
  BOOST_TEST(report(a).under_way == 1u);
  BOOST_TEST(start(a));
  BOOST_REQUIRE(out.sent.wait_for(1));
  BOOST_TEST(finish(a));
  const auto last = report(a);
  BOOST_TEST(last.under_way == 0u);
  BOOST_TEST(last.sensors_finished); // there are none here
}

BOOST_AUTO_TEST_CASE(a_sink_acts_between_its_start_and_its_finish) {
  auto part = std::make_shared<sink_part>();
  part->engines.push_back(std::make_unique<sink_engine>(
      stage_identity{.name = "actuator", .copy = 0},
      std::make_unique<scripted_sink>([](const sample&) { return result<void>{}; }), queue,
      decoder_set{}, *graph.whole, context));
  const auto a = spawn(actors::sink, actors::sink_config{part});
  BOOST_TEST(start(a));
  deliver(4, 0);
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  BOOST_TEST(finish(a));
  deliver(4, 1);
  const auto last = report(a);
  BOOST_CHECK(last.counts.at(1).kind == count_kind::arrivals);
  BOOST_TEST(last.counts.at(1).count == 1u);
}

BOOST_AUTO_TEST_CASE(a_transport_sender_closes_its_lanes_and_then_reports_for_good) {
  auto part = std::make_shared<sender_part>();
  auto channel = std::make_unique<quiet_channel>();
  auto* const seen = channel.get();
  part->lanes.push_back(std::make_unique<lane_sender>(
      lane_sender::settings{.name = "uplink", .link = 3, .queue = {.size = 2}}, context,
      std::move(channel), std::vector<std::unique_ptr<codec>>{}));
  const auto a = spawn(actors::transport_sender, actors::transport_sender_config{part});
  BOOST_TEST(start(a));
  part->lanes[0]->send(sample_at(0, 0), 0, by);
  BOOST_TEST(!report(a).ends.at(0).final);
  BOOST_TEST(!seen->closed);
  BOOST_TEST(finish(a));
  BOOST_TEST(seen->closed);
  const auto last = report(a);
  BOOST_TEST(last.ends.at(0).final);
  BOOST_TEST(last.ends.at(0).sent == 1u);
}

BOOST_AUTO_TEST_CASE(a_transport_receiver_ends_its_thread_and_then_reports_for_good) {
  auto part = std::make_shared<receiver_part>();
  part->ends.push_back(std::make_unique<link_receiver>(
      link_receiver::settings{.name = "uplink", .link = 3}, context, *graph.whole,
      std::vector<std::uint32_t>{0}, std::make_unique<quiet_channel>(), *queue));
  const auto a = spawn(actors::transport_receiver, actors::transport_receiver_config{part});
  BOOST_TEST(start(a));
  BOOST_TEST(!report(a).ends.at(0).final);
  BOOST_TEST(finish(a));
  BOOST_TEST(report(a).ends.at(0).final);
}

BOOST_AUTO_TEST_CASE(a_part_whose_thread_does_not_come_back_says_so_and_reports_all_the_same) {
  const auto opened = std::make_shared<gate>(); // the thread outlives this test's scope
  const auto inside = std::make_shared<awaited_list<bool>>();
  auto part = std::make_shared<sink_part>();
  part->engines.push_back(std::make_unique<sink_engine>(
      stage_identity{.name = "actuator", .copy = 0},
      std::make_unique<scripted_sink>([=](const sample&) -> result<void> {
        inside->add(true);
        return opened->pass() ? result<void>{} : error{errc::timeout, "the test hangs"};
      }),
      queue, decoder_set{}, *graph.whole, context));
  const auto a = spawn(actors::sink, actors::sink_config{part});
  BOOST_TEST(start(a));
  deliver(4, 0);
  BOOST_REQUIRE(inside->wait_for(1));
  BOOST_TEST(!finish(a));
  const auto last = report(a);
  BOOST_TEST(last.under_way == 1u);
  BOOST_TEST(last.counts.at(1).count == 0u);
  opened->open();
}

BOOST_AUTO_TEST_SUITE_END()
