// SPDX-License-Identifier: MIT
#include "tests/support/fake_channel.hpp"
#include "tests/transports/measured_node.hpp"
#include "transports/link_receiver.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace peernet;

namespace {

constexpr clock_id sender_clock = 9;
constexpr std::uint16_t input_number = 5;

/// Two cameras on "robot" lead to a detector and, past it, to a log on "cloud".
plan two_cameras() {
  scenario s;
  s.nodes.resize(2);
  s.nodes[0].name = "robot";
  s.nodes[1].name = "cloud";
  auto& camera = s.sensors.emplace_back();
  camera.name = "camera";
  camera.node = "robot";
  camera.count = 2;
  auto& detector = s.inference.emplace_back();
  detector.name = "detector";
  detector.node = "cloud";
  auto& log = s.sinks.emplace_back();
  log.name = "log";
  log.node = "cloud";
  const auto link = [&](const char* name, const char* from, const char* to) {
    auto& l = s.links.emplace_back();
    l.name = name;
    l.from = from;
    l.to = to;
  };
  link("uplink", "camera", "detector");
  link("bypass", "camera", "log");
  link("out", "detector", "log");
  auto made = make_plan(s);
  BOOST_REQUIRE(made.ok());
  return *std::move(made);
}

/// The stage behind the link: keeps what is delivered. Looked at only after the receiver is done.
class keeping_inlet final : public inlet {
public:
  struct delivery {
    sample what;
    std::uint16_t input;
    stamp since;
  };
  void deliver(sample&& s, std::uint16_t input, stamp since, recorder&) override {
    got.push_back({std::move(s), input, since});
  }
  std::vector<delivery> got;
};

/// The uplink's receiving end at the detector, over a fake channel.
struct link_end {
  explicit link_end(std::vector<std::uint32_t> lanes = {0, 1})
      : sut(std::make_unique<link_receiver>(link_receiver::settings{.name = "uplink",
                                                                    .link = whole.lanes[0].link,
                                                                    .input = input_number,
                                                                    .codec = "jpeg",
                                                                    .max_frame = 1000},
                                            node.context(), whole, std::move(lanes),
                                            std::make_unique<fake_receive_end>(channel), stage)) {}

  /// The header of frame `sequence` from one of the cameras; its slot is ten times that.
  [[nodiscard]] wire_header from(std::uint32_t camera, std::uint64_t sequence,
                                 std::size_t size = 4) const {
    wire_header h;
    h.codec = codec_tag("jpeg");
    h.run = measured_node::run;
    h.trace = trace_id(camera, 10 * sequence).number();
    h.sequence = sequence;
    h.intended_ns = 77;
    h.sent_ns = -5000; // a clock that has nothing to do with ours
    h.route = whole.sensor_routes[camera] + whole.lanes[camera].route_step;
    h.output = 2;
    h.length = static_cast<std::uint32_t>(size);
    h.link = whole.lanes[0].link;
    h.lane = static_cast<std::uint16_t>(camera);
    h.clock = sender_clock;
    h.origin_clock = 8;
    h.flags = wire_warmup;
    h.kind = content::image;
    h.channels = 3;
    h.width = 640;
    h.height = 480;
    return h;
  }

  void arrive(const wire_header& h, std::string_view body = "body",
              std::optional<stamp> in_kernel = std::nullopt) {
    channel->arrive(wire_bytes(h), std::as_bytes(std::span{body}), node.clock.now(), in_kernel);
  }
  /// A header that differs from a right one in what `change` does.
  template <class Change>
  void arrive_changed(Change change) {
    auto h = from(0, 0);
    change(h);
    arrive(h);
  }

  /// Receives everything that arrived, and ends.
  void receive_all() {
    sut->start();
    BOOST_REQUIRE(channel->run_dry());
    sut->stop();
  }
  [[nodiscard]] std::uint64_t foreign() const { return sut->strays().foreign; }
  [[nodiscard]] std::uint64_t corrupt() const { return sut->strays().corrupt; }

  const plan whole = two_cameras();
  measured_node node;
  keeping_inlet stage;
  std::shared_ptr<fake_incoming> channel = std::make_shared<fake_incoming>();
  std::unique_ptr<link_receiver> sut;
};

} // namespace

BOOST_AUTO_TEST_SUITE(link_receiver_test)

BOOST_AUTO_TEST_CASE(a_frame_becomes_the_sample_that_was_sent_one_route_further) {
  link_end l;
  const auto h = l.from(1, 3);
  l.arrive(h);
  l.receive_all();
  BOOST_REQUIRE(l.stage.got.size() == 1u);
  const auto& [s, input, since] = l.stage.got[0];
  BOOST_TEST(input == input_number);
  BOOST_TEST((s.header.trace == trace_id(1, 30) && s.header.output == 2 && s.header.warmup));
  BOOST_TEST((s.header.origin_clock == 8 && s.header.intended == stamp_from_ns(77)));
  BOOST_TEST(s.header.route == h.route + 1);
  BOOST_TEST(l.whole.places[l.whole.routes[s.header.route].place].name == "detector");
  BOOST_TEST(s.body.text() == "body");
  BOOST_TEST((s.body.what() ==
              format{.kind = content::image, .channels = 3, .width = 640, .height = 480}));
  BOOST_TEST((since <= l.node.clock.now()));
}

BOOST_AUTO_TEST_CASE(the_way_and_the_hand_over_are_steps_each_by_its_own_clock) {
  link_end l;
  const auto taken = l.node.clock.now();
  const auto h = l.from(1, 0);
  l.channel->arrive(wire_bytes(h), std::as_bytes(std::span{"body", 4}), taken);
  l.receive_all();
  BOOST_REQUIRE(l.stage.got.size() == 1u);
  const auto all = l.node.recorded();
  BOOST_REQUIRE(all.size() == 2u);
  for (const auto& r : all)
    BOOST_TEST((r.trace == h.trace && r.route == h.route && r.copy == 1 && r.output == 2 &&
                r.flags == record_warmup));
  const auto way = only(all, step::link);
  BOOST_REQUIRE(way.size() == 1u);
  BOOST_TEST(way[0].begin_ns == -5000);
  BOOST_TEST((way[0].begin_node == 0 && way[0].begin_clock == sender_clock)); // the robot
  BOOST_TEST(way[0].end_ns == to_ns(taken));
  BOOST_TEST((way[0].end_node == measured_node::number &&
              way[0].end_clock == measured_node::clock_number));
  const auto hand_over = only(all, step::dispatch);
  BOOST_REQUIRE(hand_over.size() == 1u);
  BOOST_TEST(hand_over[0].begin_ns == to_ns(taken));
  BOOST_TEST(hand_over[0].end_ns >= to_ns(taken));
  BOOST_TEST(hand_over[0].end_ns == to_ns(l.stage.got[0].since)); // the queue's step begins there
  BOOST_TEST((hand_over[0].begin_node == measured_node::number &&
              hand_over[0].begin_clock == measured_node::clock_number));
}

BOOST_AUTO_TEST_CASE(where_the_kernel_stamps_the_way_ends_there_and_waking_up_is_a_step) {
  link_end l;
  const auto in_kernel = l.node.clock.now();
  const auto taken = l.node.clock.now();
  l.channel->arrive(wire_bytes(l.from(0, 0)), std::as_bytes(std::span{"body", 4}), taken,
                    in_kernel);
  l.receive_all();
  const auto all = l.node.recorded();
  const auto way = only(all, step::link), wake = only(all, step::wake),
             hand_over = only(all, step::dispatch);
  BOOST_REQUIRE((way.size() == 1 && wake.size() == 1 && hand_over.size() == 1));
  BOOST_TEST(way[0].end_ns == to_ns(in_kernel));
  BOOST_TEST((wake[0].begin_ns == to_ns(in_kernel) && wake[0].end_ns == to_ns(taken)));
  BOOST_TEST(hand_over[0].begin_ns == to_ns(taken));
}

BOOST_AUTO_TEST_CASE(every_lane_has_its_own_sequence_and_counts) {
  link_end l;
  l.arrive(l.from(0, 0));
  l.arrive(l.from(1, 0, 100), std::string(100, 'x'));
  l.arrive(l.from(0, 1));
  l.arrive(l.from(0, 5));
  l.receive_all();
  BOOST_TEST(l.stage.got.size() == 4u);
  const auto& lanes = l.sut->arrivals();
  BOOST_REQUIRE(lanes.size() == 2u);
  BOOST_TEST((lanes[0].lane == 0 && lanes[0].frames.unique() == 3 && lanes[0].bytes == 3 * 92));
  BOOST_TEST(lanes[0].frames.highest() == 5u);
  BOOST_TEST((lanes[1].lane == 1 && lanes[1].frames.unique() == 1 && lanes[1].bytes == 188));
  BOOST_TEST(l.sut->received() == 4u);
  BOOST_TEST((l.foreign() == 0 && l.corrupt() == 0));
}

BOOST_AUTO_TEST_CASE(a_frame_that_comes_twice_is_delivered_once) {
  link_end l;
  for (const std::uint64_t sequence : {0u, 1u, 1u, 0u, 2u})
    l.arrive(l.from(0, sequence));
  l.receive_all();
  BOOST_TEST(l.stage.got.size() == 3u);
  BOOST_TEST(only(l.node.recorded(), step::link).size() == 3u); // and leaves no second way
  const auto& lane = l.sut->arrivals()[0];
  BOOST_TEST((lane.frames.unique() == 3 && lane.frames.duplicates() == 2));
  BOOST_TEST(lane.bytes == 5 * 92u); // but it did cross the network
  BOOST_TEST(l.sut->received() == 5u);
}

BOOST_AUTO_TEST_CASE(a_late_frame_is_delivered_and_counted_as_reordered) {
  link_end l;
  for (const std::uint64_t sequence : {0u, 2u, 1u})
    l.arrive(l.from(0, sequence));
  l.receive_all();
  BOOST_REQUIRE(l.stage.got.size() == 3u);
  BOOST_TEST((l.stage.got[2].what.header.trace == trace_id(0, 10)));
  BOOST_TEST(l.sut->arrivals()[0].frames.reordered() == 1u);
}

BOOST_AUTO_TEST_CASE(what_belongs_to_another_run_link_lane_way_sensor_or_codec_is_foreign) {
  link_end l;
  const auto& p = l.whole;
  const auto bypass = p.lanes[2].link;
  l.arrive_changed([](wire_header& h) { h.run += 1; });
  l.arrive_changed([&](wire_header& h) { h.link = bypass; });
  l.arrive_changed([](wire_header& h) { h.link = 0xFFFF; });
  l.arrive_changed([](wire_header& h) { h.lane = 1; }); // exists, but the route is lane 0's
  l.arrive_changed([](wire_header& h) { h.lane = 0xFFFF; });
  l.arrive_changed([](wire_header& h) { h.route -= 1; }); // the camera, not the link
  l.arrive_changed([](wire_header& h) { h.route += 1; }); // the detector
  l.arrive_changed([&](wire_header& h) { h.route = p.sensor_routes[1] + p.lanes[1].route_step; });
  l.arrive_changed([&](wire_header& h) { h.route = static_cast<route_id>(p.routes.size()); });
  l.arrive_changed([](wire_header& h) { h.route = no_route; });
  l.arrive_changed([](wire_header& h) { h.trace = trace_id(1, 0).number(); }); // not on this way
  l.arrive_changed([](wire_header& h) { h.trace = trace_id(2, 0).number(); }); // there are two
  l.arrive_changed([](wire_header& h) { h.trace = UINT64_MAX; });
  l.arrive_changed([](wire_header& h) { h.codec = codec_tag("png"); });
  for (const std::uint32_t camera : {0u, 1u}) { // one camera's sample on the other's way
    auto h = l.from(1 - camera, 0);
    h.trace = trace_id(camera, 0).number();
    l.arrive(h);
  }
  l.receive_all();
  BOOST_TEST(l.foreign() == 16u);
  BOOST_TEST(l.corrupt() == 0u);
  BOOST_TEST(l.stage.got.empty());
  BOOST_TEST(l.node.recorded().empty());
  BOOST_TEST(l.sut->received() == 0u);
  BOOST_TEST(l.sut->arrivals()[0].frames.unique() == 0u); // no number of theirs counts as seen
}

BOOST_AUTO_TEST_CASE(a_lane_that_leads_elsewhere_is_foreign_here) {
  link_end l({1}); // as with pair = true: only the second camera leads here
  l.arrive(l.from(0, 0));
  l.arrive(l.from(1, 0));
  l.receive_all();
  BOOST_TEST(l.foreign() == 1u);
  BOOST_REQUIRE(l.stage.got.size() == 1u);
  BOOST_TEST((l.stage.got[0].what.header.trace == trace_id(1, 0)));
  BOOST_REQUIRE(l.sut->arrivals().size() == 1u);
  BOOST_TEST(l.sut->arrivals()[0].lane == 1);
}

BOOST_AUTO_TEST_CASE(bytes_that_fail_their_checks_are_corrupt_and_the_next_frame_goes_on) {
  link_end l;
  const auto right = l.from(0, 0);
  l.channel->arrive(error{errc::corrupt, "the channel itself found it"});
  l.channel->arrive(wire_bytes(right).first(87), {}, l.node.clock.now());
  l.arrive(right, "bodies"); // longer than it says
  l.arrive_changed([](wire_header& h) { h.version = 2; });
  l.arrive(l.from(0, 0, 1001), std::string(1001, 'x')); // above the limit
  l.arrive(right);
  l.receive_all();
  BOOST_TEST((l.corrupt() == 5 && l.foreign() == 0));
  BOOST_TEST(l.stage.got.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_the_channel_refuses_as_a_strangers_is_foreign) {
  link_end l;
  l.channel->arrive(error{errc::refused, "nobody with the key made it"});
  l.arrive(l.from(0, 0));
  l.receive_all();
  BOOST_TEST((l.foreign() == 1 && l.corrupt() == 0));
  BOOST_TEST(l.stage.got.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_delivered_body_lives_as_long_as_its_sample) {
  link_end l;
  l.arrive(l.from(0, 0));
  l.receive_all();
  l.sut.reset();
  l.channel.reset();
  BOOST_REQUIRE(l.stage.got.size() == 1u);
  BOOST_TEST(l.stage.got[0].what.body.text() == "body");
}

BOOST_AUTO_TEST_CASE(a_stop_wakes_the_waiting_thread_and_may_come_twice_or_without_a_start) {
  link_end l;
  l.sut->stop();
  l.sut->start();
  BOOST_REQUIRE(l.channel->wait_for_reader());
  BOOST_TEST(!l.channel->stopped());
  l.sut->stop();
  BOOST_TEST(l.channel->stopped()); // it was woken, and did not merely look around
  l.sut->stop();
  l.arrive(l.from(0, 0)); // nobody takes it any more
  BOOST_TEST(l.stage.got.empty());
  link_end destroyed;
  destroyed.sut->start();
  destroyed.sut.reset();
}

BOOST_AUTO_TEST_CASE(it_says_where_its_channel_is) {
  const link_end l;
  BOOST_TEST(l.sut->where().address == "192.0.2.1");
  BOOST_TEST(l.sut->about().name == "uplink");
}

BOOST_AUTO_TEST_CASE(a_frame_whose_checksum_does_not_hold_is_corrupt_and_delivers_nothing) {
  link_end l;
  auto h = l.from(0, 0);
  set_checksum(h, std::as_bytes(std::span{std::string_view("body")}));
  l.arrive(h, "bodi");
  auto other = h;
  other.trace ^= 1; // a header damaged, not a body
  l.arrive(other);
  auto third = h;
  third.checksum ^= 1u << 31;
  l.arrive(third);
  l.arrive(h);
  l.receive_all();
  BOOST_TEST((l.corrupt() == 3 && l.foreign() == 0));
  BOOST_REQUIRE(l.stage.got.size() == 1u);
  BOOST_TEST(l.stage.got[0].what.body.text() == "body");
  BOOST_TEST(
      (l.sut->arrivals()[0].frames.unique() == 1 && l.sut->arrivals()[0].frames.duplicates() == 0));
}

BOOST_AUTO_TEST_SUITE_END()
