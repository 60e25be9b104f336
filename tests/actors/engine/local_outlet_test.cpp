// SPDX-License-Identifier: MIT
#include "actors/engine/local_outlet.hpp"
#include "tests/actors/engine/rig.hpp"

using namespace peernet;

namespace {

struct keeping_inlet final : inlet {
  struct delivery {
    sample body;
    std::uint16_t input;
    stamp since;
    recorder* by;
  };
  void deliver(sample&& s, std::uint16_t input, stamp since, recorder& by) override {
    all.push_back({std::move(s), input, since, &by});
  }
  std::vector<delivery> all;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(local_outlet_test, engine_rig)

BOOST_AUTO_TEST_CASE(the_route_grows_by_the_lane_and_the_stage) {
  keeping_inlet target;
  auto& by = records.add(0, 0);
  local_outlet out(3, 1, target, context);
  const auto s = sample_at(10, 4);
  const auto before = clock.now();
  out.send(s, 0, by);
  const auto after = clock.now();

  BOOST_REQUIRE_EQUAL(target.all.size(), 1u);
  const auto& got = target.all[0];
  BOOST_TEST(got.body.header.route == 14u); // the lane is 3 further, the stage one more
  BOOST_TEST(got.input == 1u);
  BOOST_CHECK(before <= got.since && got.since <= after);
  BOOST_TEST(got.by == &by);
  BOOST_TEST(s.header.route == 10u);
}

BOOST_AUTO_TEST_CASE(the_payload_is_shared_and_the_rest_of_the_header_stays) {
  keeping_inlet target;
  local_outlet out(0, 0, target, context);
  auto s = sample_at(2, 9);
  s.header.output = 5;
  s.header.warmup = true;
  out.send(s, 0, records.add(0, 0));
  const auto& got = target.all.at(0).body;
  BOOST_TEST(got.body.data() == s.body.data());
  BOOST_CHECK(got.header.trace == s.header.trace);
  BOOST_TEST(got.header.output == 5u);
  BOOST_TEST(got.header.warmup);
  BOOST_CHECK(got.header.intended == s.header.intended);
}

BOOST_AUTO_TEST_CASE(a_plan_s_steps_lead_to_the_routes_of_its_stages) {
  // Everything on one node, two sinks behind the detector: whatever way is taken, the route at the
  // end is one that ends there.
  const auto [what, whole] = read_plan(R"([scenario]
samples = 1
[nodes.robot]
[sensors.camera]
node = "robot"
type = "bytes"
size = "1B"
rate = "1Hz"
[inference.detector]
node = "robot"
model = "echo"
[sinks.arm]
node = "robot"
[sinks.log]
node = "robot"
[links.a]
from = "camera"
to = "detector"
[links.b]
from = "detector"
to = "arm"
[links.c]
from = "detector"
to = "log"
[links.d]
from = "camera"
to = "log"
)");
  std::function<void(route_id, std::uint32_t)> follow = [&](route_id at, std::uint32_t instance) {
    for (const auto n : whole->instances[instance].out) {
      const auto& lane = whole->lanes[n];
      BOOST_TEST(lane.local);
      keeping_inlet target;
      local_outlet out(lane.route_step, 0, target, context);
      out.send(sample_at(at, 0), 0, records.add(0, 0));
      const auto there = target.all.at(0).body.header.route;
      BOOST_TEST(whole->routes[there].place == whole->instances[lane.to].place);
      BOOST_TEST(whole->routes[there - 1].place == lane.link);
      BOOST_TEST(whole->routes[there - 1].parent == at);
      follow(there, lane.to);
    }
  };
  follow(whole->sensor_routes[0], whole->sensors[0]);
}

BOOST_AUTO_TEST_CASE(hand_overs_are_counted) {
  keeping_inlet target;
  local_outlet out(0, 0, target, context);
  auto& by = records.add(0, 0);
  for (std::uint64_t seq = 0; seq < 3; ++seq)
    out.send(sample_at(0, seq), 0, by);
  BOOST_TEST(out.passed() == 3u);
  BOOST_TEST(taken().empty()); // a hand-off is no step of its own
}

BOOST_AUTO_TEST_SUITE_END()
