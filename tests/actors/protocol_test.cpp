// SPDX-License-Identifier: MIT
// Every message comes through serialisation as it went in: a field that an inspector forgets would
// be missing on the other node.
#include "actors/protocol.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

using namespace peernet;

namespace {

struct fixture : actor_fixture {
  template <class Message>
  Message through_the_wire(Message m) {
    std::vector<char> bytes;
    caf::binary_serializer out(system, bytes);
    BOOST_TEST(!out(m));
    Message back;
    caf::binary_deserializer in(system, bytes);
    BOOST_TEST(!in(back));
    BOOST_TEST(in.remaining() == 0u);
    return back;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(protocol_test, fixture)

BOOST_AUTO_TEST_CASE(a_deployment_arrives_whole) {
  const auto d = through_the_wire(deployment{.scenario = "[scenario]\n",
                                             .file = "a.toml",
                                             .directory = "/somewhere",
                                             .node = "robot",
                                             .output = "out",
                                             .sockets = "sock",
                                             .secret = std::string(32, '\0'),
                                             .rehearsal = true});
  BOOST_TEST(d.scenario == "[scenario]\n");
  BOOST_TEST(d.file == "a.toml");
  BOOST_TEST(d.directory == "/somewhere");
  BOOST_TEST(d.node == "robot");
  BOOST_TEST(d.output == "out");
  BOOST_TEST(d.sockets == "sock");
  BOOST_TEST(d.secret.size() == 32u);
  BOOST_TEST((d.rehearsal && !d.insecure));
}

BOOST_AUTO_TEST_CASE(faults_arrive_whole) {
  const auto check = [](const std::vector<fault>& all) {
    BOOST_REQUIRE_EQUAL(all.size(), 1u);
    BOOST_TEST(all[0].key == "sensors.camera.path");
    BOOST_CHECK(all[0].why.code == errc::unreadable);
    BOOST_TEST(all[0].why.message == "no picture");
  };
  const std::vector<fault> one{{"sensors.camera.path", {errc::unreadable, "no picture"}}};
  check(through_the_wire(node_ready{.faults = one}).faults);
  check(
      through_the_wire(endpoint_map{.ends = {}, .probes = {}, .doors = {}, .faults = one}).faults);
}

BOOST_AUTO_TEST_CASE(readiness_and_terms_arrive_whole) {
  const auto ready = through_the_wire(node_ready{
      .host = "brain", .pid = 4711, .clock_domain = "boot", .values = {"boxes", "score"}});
  BOOST_TEST(ready.host == "brain");
  BOOST_TEST(ready.pid == 4711);
  BOOST_TEST(ready.clock_domain == "boot");
  BOOST_CHECK((ready.values == std::vector<std::string>{"boxes", "score"}));

  const auto terms = through_the_wire(run_terms{.clock = 2, .values = {"boxes"}, .clocks = {0, 2}});
  BOOST_TEST(terms.clock == 2u);
  BOOST_CHECK((terms.values == std::vector<std::string>{"boxes"}));
  BOOST_CHECK((terms.clocks == std::vector<clock_id>{0, 2}));
}

BOOST_AUTO_TEST_CASE(endpoints_and_orders_arrive_whole) {
  const auto line = through_the_wire(end_line{3, 70'000, 1, "wifi", "192.0.2.7", 4242});
  BOOST_TEST(line.link == 3u);
  BOOST_TEST(line.instance == 70'000u);
  BOOST_TEST(line.node == 1u);
  BOOST_TEST(line.network == "wifi");
  BOOST_TEST(line.address == "192.0.2.7");
  BOOST_TEST(line.port == 4242u);

  const auto order = through_the_wire(
      start_order{.start_ns = -1, .measured_ns = 2, .end_ns = INT64_MAX, .samples = UINT64_MAX});
  BOOST_TEST(order.start_ns == -1);
  BOOST_TEST(order.measured_ns == 2);
  BOOST_TEST(order.end_ns == INT64_MAX);
  BOOST_TEST(order.samples == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_report_arrives_whole) {
  node_report r;
  r.counts.push_back({count_kind::arrivals, 1, 2, 3, 4});
  r.ends.push_back({.link = 1,
                    .lane = 2,
                    .node = 3,
                    .side = link_side::receiver,
                    .final = false,
                    .sent = 4,
                    .dropped = 5,
                    .received = 6,
                    .unique = 7,
                    .duplicated = 8,
                    .reordered = 9,
                    .corrupt = 10,
                    .foreign = 11,
                    .bytes = 12,
                    .highest = 13});
  r.under_way = 14;
  r.emitted = 15;
  r.overflowed = 16;
  r.sensors_finished = true;
  r.clocks = {
      .bytes_sent = 17,
      .cpu_ns = 18,
      .mishaps = {.foreign = 19, .unexpected = 20, .late = 21, .overflowed = 22, .own_stamps = 23}};
  const auto back = through_the_wire(r);
  BOOST_TEST((back.clocks.bytes_sent == 17u && back.clocks.cpu_ns == 18));
  BOOST_TEST((back.clocks.mishaps == r.clocks.mishaps));
  BOOST_REQUIRE_EQUAL(back.counts.size(), 1u);
  const auto& c = back.counts[0];
  BOOST_CHECK(c.kind == count_kind::arrivals);
  BOOST_TEST((c.node == 1 && c.place == 2 && c.copy == 3 && c.count == 4));
  BOOST_REQUIRE_EQUAL(back.ends.size(), 1u);
  const auto& e = back.ends[0];
  BOOST_CHECK(e.side == link_side::receiver);
  BOOST_TEST((e.link == 1 && e.lane == 2 && e.node == 3 && !e.final));
  BOOST_TEST((e.sent == 4 && e.dropped == 5 && e.received == 6 && e.unique == 7));
  BOOST_TEST((e.duplicated == 8 && e.reordered == 9 && e.corrupt == 10 && e.foreign == 11));
  BOOST_TEST((e.bytes == 12 && e.highest == 13));
  BOOST_TEST((back.under_way == 14 && back.emitted == 15 && back.overflowed == 16));
  BOOST_TEST(back.sensors_finished);
}

BOOST_AUTO_TEST_CASE(notices_and_events_arrive_whole) {
  const auto n = through_the_wire(
      notice_line{.trace = UINT64_MAX, .route = 5, .when_ns = -7, .node = 2, .clock = 3});
  BOOST_TEST((n.trace == UINT64_MAX && n.route == 5 && n.when_ns == -7));
  BOOST_TEST((n.node == 2 && n.clock == 3));

  const auto e = through_the_wire(run_event{.time_ns = 1,
                                            .clock = 2,
                                            .node = coordinator_node,
                                            .severity = severity::error,
                                            .what = "node lost",
                                            .detail = "why"});
  BOOST_TEST((e.time_ns == 1 && e.clock == 2 && e.node == coordinator_node));
  BOOST_CHECK(e.severity == severity::error);
  BOOST_TEST(e.what == "node lost");
  BOOST_TEST(e.detail == "why");
}

BOOST_AUTO_TEST_SUITE_END()
