// SPDX-License-Identifier: MIT
// How a run compares clocks: who gets which number, who is asked when, and what of all that is
// stored. Here no coordinator probes by UDP, so the control plane must do.
#include "tests/actors/played_run.hpp"

using namespace peernet;

namespace {

constexpr std::size_t burst_size = 40;

/// What a node may have learnt of another's clock.
probe exchange(clock_id local, clock_id remote, std::int64_t t1, const std::string& network) {
  return {.local = local,
          .remote = remote,
          .asker = 0,
          .answerer = 1,
          .t1 = t1,
          .t2 = t1 + 10,
          .t3 = t1 + 20,
          .t4 = t1 + 30,
          .phase = probe_phase::during,
          .network = network,
          .method = "udp"};
}

struct clocks_run : played_run {
  /// A clock of its own.
  static void give_clock(played_node& n, duration offset) {
    n.own = peernet::clock(clock_error{.offset = offset, .drift_ppm = 0});
    n.ready.clock_domain = n.own.domain();
  }
  std::vector<probe> stored_probes(const std::string& method) {
    auto all = stored().read_probes();
    BOOST_REQUIRE(all.ok());
    std::erase_if(*all, [&](const probe& p) { return p.method != method; });
    return *all;
  }
  std::int64_t run_number(std::string_view key) {
    const auto text = stored().read_run(key);
    BOOST_REQUIRE(text.ok());
    return std::stoll(*text);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(run_driver_clocks_test, clocks_run)

BOOST_AUTO_TEST_CASE(equal_domains_share_a_number_and_the_coordinators_is_the_reference) {
  give_clock(*cloud, 1h);
  robot->ready.clock_domain = cloud->ready.clock_domain;
  nodes.push_back(std::make_shared<played_node>());
  nodes.back()->name = "edge";
  auto three = std::string(chain_toml);
  three.insert(three.find("[sensors.camera]"), "[nodes.edge]\n");
  graph = read_plan(three + "[sinks.log]\nnode = \"edge\"\n[links.aside]\nfrom = \"camera\"\n"
                            "to = \"log\"\n");
  begin();
  (void)ending();
  for (const auto& n : nodes)
    BOOST_CHECK((n->terms.clocks == std::vector<clock_id>{1, 1, reference_clock}));
  BOOST_TEST(robot->terms.clock == 1u);
  BOOST_TEST(nodes[2]->terms.clock == reference_clock);
}

BOOST_AUTO_TEST_CASE(every_node_asks_in_a_burst_before_and_after_the_run) {
  begin();
  (void)ending();
  for (const auto& n : nodes) {
    BOOST_REQUIRE(n->bursts.size() == 3u);
    BOOST_CHECK(n->bursts[0].phase == probe_phase::before);
    BOOST_CHECK(n->bursts[1].phase == probe_phase::after);
    for (const auto& b : {n->bursts[0], n->bursts[1]}) {
      BOOST_TEST(b.exchanges == burst_size);
      BOOST_TEST(b.spacing_ns > 0);
    }
    BOOST_TEST(n->bursts[2].exchanges == 0u); // asks what it all came to
  }
  BOOST_TEST((std::ranges::find(steps, "probing clocks") != steps.end()));
}

BOOST_AUTO_TEST_CASE(whoever_does_not_answer_by_udp_is_asked_over_the_control_plane) {
  give_clock(*cloud, 1h);
  cloud->report.sensors_finished = false;
  begin();
  pass(1s);
  cloud->report.sensors_finished = true;
  BOOST_CHECK(ending().how == ending_kind::completed);
  std::map<std::pair<node_id, probe_phase>, std::size_t> asked;
  for (const auto& p : stored_probes("control")) {
    ++asked[{p.answerer, p.phase}];
    BOOST_TEST(p.asker == coordinator_node);
    BOOST_TEST(p.local == reference_clock);
    BOOST_TEST(p.remote == (p.answerer == 0 ? reference_clock : 1));
    BOOST_TEST(p.round_trip() >= 0);
    const auto apart = p.answerer == 0 ? 0 : to_ns(duration{1h});
    BOOST_TEST(p.t2 - apart >= p.t1 - 3); // the order in which they happened
    BOOST_TEST(p.t3 - apart <= p.t4 + 3);
  }
  for (const node_id n : {0, 1}) {
    BOOST_TEST((asked[{n, probe_phase::before}]) == burst_size);
    BOOST_TEST((asked[{n, probe_phase::during}]) >= 9u); // once with each look around, in 1 s
    BOOST_TEST((asked[{n, probe_phase::after}]) == burst_size);
  }
}

BOOST_AUTO_TEST_CASE(the_control_plane_asks_no_oftener_than_the_scenario_wants) {
  graph = read_plan(std::string(chain_toml) + "[clock]\ninterval = \"500ms\"\n");
  cloud->report.sensors_finished = false;
  begin();
  pass(2s);
  cloud->report.sensors_finished = true;
  (void)ending();
  std::map<node_id, int> asked;
  for (const auto& p : stored_probes("control"))
    asked[p.answerer] += p.phase == probe_phase::during;
  for (const node_id n : {0, 1}) {
    BOOST_TEST(asked[n] >= 4);
    BOOST_TEST(asked[n] <= 5);
  }
  BOOST_TEST(run_number(run_key::clock_interval) == 500'000'000);
}

BOOST_AUTO_TEST_CASE(what_nodes_learnt_is_stored_as_they_told_it) {
  give_clock(*robot, 1h);
  give_clock(*cloud, 2h);
  const auto in_burst = exchange(1, 2, 1000, "lan"), in_report = exchange(2, 1, 5000, "wifi");
  robot->learnt.probes = {in_burst};
  robot->learnt.looks = {{.clock = 1, .node = 0, .time_ns = 7, .synchronised = true}};
  cloud->last.clocks.probes = {in_report};
  begin();
  (void)ending();
  const auto told = stored_probes("udp");
  BOOST_REQUIRE(told.size() == 3u); // two bursts, and the last report
  std::map<std::string, std::size_t> by_network;
  for (const auto& p : told) {
    ++by_network[p.network];
    const auto& expected = p.network == "lan" ? in_burst : in_report;
    BOOST_TEST(p.local == expected.local);
    BOOST_TEST(p.remote == expected.remote);
    BOOST_TEST(p.asker == expected.asker);
    BOOST_TEST(p.answerer == expected.answerer);
    BOOST_TEST(p.t1 == expected.t1);
    BOOST_TEST(p.t4 == expected.t4);
    BOOST_CHECK(p.phase == expected.phase);
  }
  BOOST_TEST(by_network["lan"] == 2u);
  BOOST_TEST(by_network["wifi"] == 1u);
  const auto looks = stored().read_looks();
  BOOST_REQUIRE((looks.ok() && looks->size() == 2u));
  BOOST_TEST(looks->at(0).clock == 1);
  BOOST_TEST(looks->at(0).synchronised);
}

BOOST_AUTO_TEST_CASE(costs_are_totals_of_each_node_and_counted_once) {
  robot->learnt.bytes_sent = 700;
  robot->learnt.cpu_ns = 70;
  cloud->learnt.bytes_sent = 20;
  cloud->learnt.cpu_ns = 2;
  cloud->report.clocks = {.bytes_sent = 300, .cpu_ns = 30}; // what is said last, counts
  begin();
  (void)ending();
  BOOST_TEST(run_number(run_key::probe_bytes) == 720);
  BOOST_TEST(run_number(run_key::probe_cpu) == 72);
}

BOOST_AUTO_TEST_CASE(what_probes_met_is_stored_for_each_node_as_it_said_last) {
  robot->learnt = {
      .bytes_sent = 700,
      .cpu_ns = 70,
      .mishaps = {.foreign = 1, .unexpected = 2, .late = 3, .overflowed = 4, .own_stamps = 5}};
  cloud->learnt = {.cpu_ns = 1, .mishaps = {.foreign = 6}}; // it asked nobody
  begin();
  (void)ending();
  std::map<std::pair<node_id, count_kind>, std::uint64_t> told;
  const auto counts = stored().read_counts();
  BOOST_REQUIRE(counts.ok());
  for (const auto& c : *counts)
    if (c.kind >= count_kind::probe_foreign)
      told[{c.node, c.kind}] = c.count;
  BOOST_TEST(told.size() == 3 * 5u); // the coordinator has counts as well
  BOOST_TEST((told[{0, count_kind::probe_foreign}]) == 1u);
  BOOST_TEST((told[{0, count_kind::probe_unexpected}]) == 2u);
  BOOST_TEST((told[{0, count_kind::probe_late}]) == 3u);
  BOOST_TEST((told[{0, count_kind::probe_overflowed}]) == 4u);
  BOOST_TEST((told[{0, count_kind::probe_own_stamps}]) == 5u);
  BOOST_TEST((told[{1, count_kind::probe_foreign}]) == 6u);
  BOOST_TEST((told[{1, count_kind::probe_late}]) == 0u);
}

BOOST_AUTO_TEST_CASE(the_method_and_the_limit_of_the_scenario_are_stored) {
  graph = read_plan(std::string(chain_toml) + "[clock]\nmethod = \"both\"\nmax-bound = \"1h\"\n");
  begin();
  (void)ending();
  BOOST_TEST(stored().read_run(run_key::clock_method).value() == "both");
  BOOST_TEST(run_number(run_key::clock_max_bound) == to_ns(duration{1h}));
}

BOOST_AUTO_TEST_SUITE_END()
