// SPDX-License-Identifier: MIT
#include "actors/engine/end_hub.hpp"
#include "tests/actors/engine/rig.hpp"

#include <map>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view loop_toml = R"([scenario]
samples = 10
[nodes.robot]
[sensors.camera]
node = "robot"
type = "bytes"
size = "1B"
arrival = "closed-loop"
count = 2
[sinks.arm]
node = "robot"
[links.a]
from = "camera"
to = "arm"
)";

struct fixture : engine_rig {
  read_graph graph = read_plan(loop_toml);
  keeping_outlet out;
  sensor_source source{{.name = "camera", .copy = 1},
                       std::make_unique<scripted_sensor>([]() -> result<std::optional<payload>> {
                         return std::optional{payload::copy_of("1")};
                       }),
                       1,
                       graph.whole->sensor_routes[1],
                       context};
  closed_loop loop{source, with_timeout(), *graph.whole};
  end_hub hub;

  sensor_config with_timeout() const {
    auto c = graph.what->sensors[0];
    c.timeout = 1h;
    return c;
  }
  fixture() {
    source.connect({&out}, nullptr);
    hub.place(7, 3);
    hub.add_local(1, loop);
  }
  /// The header of sample `seq` of `sensor` where it ends.
  [[nodiscard]] sample_header ended_at(std::uint32_t sensor, std::uint64_t seq) const {
    return {.trace = trace_id{sensor, seq},
            .route = graph.whole->sensor_routes[sensor] + 2,
            .intended = stamp_from_ns(1)};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(end_hub_test, fixture)

BOOST_AUTO_TEST_CASE(an_end_for_a_sensor_of_this_node_goes_to_its_loop) {
  const auto now = clock.now();
  loop.start({.start = now, .measured = now});
  BOOST_REQUIRE(out.sent.wait_for(1));
  hub.ended(ended_at(1, 0), outcome::delivered, stamp_from_ns(55));
  BOOST_REQUIRE(out.sent.wait_for(2));
  loop.stop();
  const auto notice = spans_of(taken(), step::notice).at(0);
  BOOST_TEST(notice.begin_ns == 55);
  BOOST_TEST(notice.begin_node == 7u);
  BOOST_TEST(notice.begin_clock == 3u);
}

BOOST_AUTO_TEST_CASE(an_end_for_a_sensor_elsewhere_is_passed_on) {
  std::vector<end_notice> passed;
  hub.add_remote(0, [&](const end_notice& n) { passed.push_back(n); });
  hub.ended(ended_at(0, 9), outcome::delivered, stamp_from_ns(66));
  BOOST_REQUIRE_EQUAL(passed.size(), 1u);
  BOOST_CHECK(passed[0].trace == trace_id(0, 9));
  BOOST_TEST(passed[0].route == graph.whole->sensor_routes[0] + 2);
  BOOST_TEST(to_ns(passed[0].when) == 66);
  BOOST_TEST(passed[0].node == 7u);
  BOOST_TEST(passed[0].clock == 3u);
}

BOOST_AUTO_TEST_CASE(an_end_nobody_waits_for_goes_nowhere) {
  hub.ended(ended_at(0, 0), outcome::delivered, stamp_from_ns(1)); // known, but an open loop
  hub.ended({.trace = trace_id{99, 0}, .intended = {}}, outcome::delivered, stamp_from_ns(1));
  hub.deliver({.trace = trace_id{0, 0}, .when = {}});
  hub.deliver({.trace = trace_id{99, 0}, .when = {}});
}

BOOST_AUTO_TEST_CASE(a_notice_from_another_node_reaches_the_loop) {
  const auto now = clock.now();
  loop.start({.start = now, .measured = now});
  BOOST_REQUIRE(out.sent.wait_for(1));
  hub.deliver({.trace = trace_id{1, 0},
               .route = graph.whole->sensor_routes[1] + 2,
               .when = stamp_from_ns(77),
               .node = 2,
               .clock = 5});
  BOOST_REQUIRE(out.sent.wait_for(2));
  loop.stop();
  const auto notice = spans_of(taken(), step::notice).at(0);
  BOOST_TEST(notice.begin_ns == 77);
  BOOST_TEST(notice.begin_node == 2u);
  BOOST_TEST(notice.begin_clock == 5u);
}

BOOST_AUTO_TEST_CASE(a_notice_for_a_sensor_elsewhere_is_not_sent_round_and_round) {
  bool passed = false;
  hub.add_remote(0, [&](const end_notice&) { passed = true; });
  hub.deliver({.trace = trace_id{0, 0}, .when = {}});
  BOOST_TEST(!passed);
}

BOOST_AUTO_TEST_CASE(a_notice_tells_whether_the_sample_came_to_its_goal) {
  awaited_list<end_notice> sent;
  hub.add_remote(0, [&](const end_notice& n) { sent.add(n); });
  const std::map<outcome, bool> lost{{outcome::delivered, false}, {outcome::consumed, false},
                                     {outcome::dropped, true},    {outcome::failed, true},
                                     {outcome::lost, true},       {outcome::corrupt, true}};
  for (const auto& [how, is_lost] : lost) {
    hub.ended(ended_at(0, 0), how, stamp_from_ns(5));
    BOOST_TEST(sent.all().back().lost == is_lost, to_string(how));
  }
}

BOOST_AUTO_TEST_SUITE_END()
