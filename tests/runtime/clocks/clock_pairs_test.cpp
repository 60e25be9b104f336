// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_pairs.hpp"
#include "tests/runtime/clocks/simulated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// The same exchanges as if the other side had asked: its stamps first.
probe asked_back(const probe& p, std::int64_t later) {
  auto q = p;
  std::swap(q.local, q.remote);
  std::swap(q.asker, q.answerer);
  q.t1 = p.t3 + later;
  q.t2 = p.t4 + later;
  q.t3 = q.t2 + 5 * us;
  q.t4 = q.t1 + p.round_trip() + 5 * us;
  return q;
}

/// Idle, with the asymmetries that are wanted (more there than back).
simulated_trio idle_trio(std::array<double, 3> asymmetries) {
  simulated_trio trio;
  trio.clocks[1] = {.offset = 1e9, .drift = 50e-6};
  trio.clocks[2] = {.offset = -2e9, .drift = -80e-6};
  for (std::size_t i = 0; i < 3; ++i) {
    trio.paths[i].there.floor += std::max(0.0, asymmetries[i]);
    trio.paths[i].back.floor += std::max(0.0, -asymmetries[i]);
  }
  return trio;
}

std::vector<clock_pair> rows_of(std::span<const probe> probes) {
  probed_paths paths(probes);
  return pair_rows(paths);
}

std::vector<clock_loop> loops_in(std::span<const probe> probes) {
  probed_paths paths(probes);
  return loops_of(pairs_of(paths));
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_pairs_test)

BOOST_AUTO_TEST_CASE(a_row_says_what_the_exchanges_of_a_pair_were_like) {
  random_source random(1);
  const simulated_pair pair{.local = {}, .remote = {.offset = 1e9, .drift = 50e-6}, .path = {}};
  const auto probes = pair.run(random);
  const auto rows = rows_of(probes);
  BOOST_TEST_REQUIRE(rows.size() == 1u);
  const auto& row = rows.front();
  BOOST_TEST((row.asker == 0 && row.answerer == 1 && row.method == "udp" && !row.shared));
  BOOST_TEST(row.exchanges == probes.size());
  BOOST_TEST(row.shortest_ns == shortest_trip(probes));
  BOOST_TEST(row.median_ns == median_trip(probes));
  const auto middle = (probes.front().t1 + probes.back().t4) / 2;
  BOOST_TEST(std::abs(row.offset_ns - (second + middle / 20'000)) <= row.bound_ns);
  BOOST_TEST(std::abs(row.drift - 50e-6) < 1e-6);
  BOOST_TEST(row.bound_ns <= row.shortest_ns / 2 + us);
  BOOST_TEST(row.worst_bound_ns >= row.bound_ns);
  BOOST_TEST(row.worst_bound_ns < 20 * us);
  BOOST_TEST(row.checked.has_value());
}

BOOST_AUTO_TEST_CASE(exchanges_with_bad_stamps_are_counted_and_change_no_figure) {
  for (const bool shared : {false, true}) {
    random_source random(20);
    const simulated_pair pair{.local = {}, .remote = {.offset = shared ? 0 : 1e9}, .path = {}};
    auto probes = pair.run(random);
    for (auto& p : probes)
      p.remote = shared ? p.local : p.remote;
    const auto good = probes;
    auto impossible = probes[100]; // as one was seen on a machine with too much to do
    impossible.t4 = impossible.t1 + (impossible.t3 - impossible.t2) - 6 * us;
    auto contradictory = probes[120]; // possible in itself, and quick
    contradictory.t2 -= 40 * us;
    contradictory.t3 = contradictory.t2 + (contradictory.t4 - contradictory.t1) - 2 * us;
    auto far_away = impossible;
    for (auto* t : {&far_away.t1, &far_away.t4})
      *t += 3600 * second;
    probes.insert(probes.begin() + 100, {impossible, contradictory, far_away});
    const auto rows = rows_of(probes), clean = rows_of(good);
    BOOST_TEST_REQUIRE(rows.size() == 1u);
    const auto &row = rows.front(), &wanted = clean.front();
    BOOST_TEST((row.bad_stamps == 3u && wanted.bad_stamps == 0u));
    BOOST_TEST(row.exchanges == wanted.exchanges);
    BOOST_TEST(row.shortest_ns == wanted.shortest_ns);
    BOOST_TEST(row.median_ns == wanted.median_ns);
    BOOST_TEST((row.offset_ns == wanted.offset_ns && row.bound_ns == wanted.bound_ns));
    BOOST_TEST_REQUIRE(row.checked.has_value());
    BOOST_TEST(row.checked->difference_ns == wanted.checked->difference_ns);
  }
}

BOOST_AUTO_TEST_CASE(every_network_and_method_of_a_pair_has_a_row_but_not_every_direction) {
  random_source random(2);
  auto probes = simulated_pair{}.run(random);
  probes.push_back(asked_back(probes.front(), ms));
  probes.push_back(probes.front());
  probes.back().network = "wifi";
  probes.push_back(probes.front());
  probes.back().method = "control";
  const auto rows = rows_of(probes);
  BOOST_TEST_REQUIRE(rows.size() == 3u);
  BOOST_TEST(rows[0].exchanges == probes.size() - 2);
  BOOST_TEST(rows[1].network == "wifi");
  BOOST_TEST(rows[2].method == "control");
  probed_paths paths(probes);
  const auto pairs = pairs_of(paths);
  BOOST_TEST_REQUIRE(pairs.size() == 1u);
  BOOST_TEST((pairs[0].from == 0 && pairs[0].to == 1));
  BOOST_TEST(paths.exchanges(paths.of_nodes(0, 1)).size() == probes.size());
}

BOOST_AUTO_TEST_CASE(exchanges_asked_the_other_way_round_mean_the_same) {
  random_source random(3);
  const simulated_pair pair{.local = {}, .remote = {.offset = 1e9}, .path = {}};
  auto probes = pair.run(random);
  const auto n = probes.size();
  for (std::size_t i = 0; i < n; ++i)
    probes.push_back(asked_back(probes[i], 10 * ms));
  probed_paths paths(probes);
  const auto pairs = pairs_of(paths);
  BOOST_TEST_REQUIRE(pairs.size() == 1u);
  BOOST_TEST((pairs[0].from == 0 && pairs[0].to == 1));
  BOOST_TEST(pairs[0].course->events.empty());
  BOOST_TEST(judge(pairs[0].course->segments, pair, true, 0, pair.length, random).outside == 0);
  BOOST_TEST(pairs[0].begin_ns == probes.front().t1);
  BOOST_TEST(pairs[0].end_ns == probes.back().t3);
}

BOOST_AUTO_TEST_CASE(a_pair_without_a_usable_exchange_is_left_out) {
  probed_paths none({});
  BOOST_TEST(pairs_of(none).empty());
  BOOST_TEST(pair_rows(none).empty());
  const std::vector impossible{probe{.remote = 1, .t1 = 100, .t2 = 0, .t3 = 500, .t4 = 200}};
  probed_paths lies(impossible);
  BOOST_TEST(pairs_of(lies).empty());
  BOOST_TEST(pair_rows(lies).empty());
}

BOOST_AUTO_TEST_CASE(a_loop_comes_to_the_asymmetries_of_its_paths) {
  const std::array<double, 3> cases[] = {
      {0, 0, 0}, {50e3, 0, 0}, {0, -50e3, 0}, {0, 0, 30e3}, {50e3, 20e3, -30e3}};
  for (const auto& asymmetries : cases) {
    random_source random(4);
    auto probes = idle_trio(asymmetries).run(random);
    // coordinator → robot, then coordinator → cloud, then robot → cloud
    const auto residual = (asymmetries[0] - asymmetries[1] + asymmetries[2]) / 2;
    const auto loops = loops_in(probes);
    BOOST_TEST_REQUIRE(loops.size() == 1u);
    const auto& l = loops.front();
    BOOST_TEST((l.nodes[0] == coordinator_node && l.nodes[1] == 0 && l.nodes[2] == 1));
    BOOST_TEST(std::abs(static_cast<double>(l.residual_ns) - residual) < 1e3);
    BOOST_TEST(std::abs(l.residual_ns) <= l.bound_ns);
    BOOST_TEST(l.bound_ns < 150 * us);
  }
}

BOOST_AUTO_TEST_CASE(rows_and_loops_are_told_at_a_time_away_from_a_step) {
  random_source random(7);
  auto trio = idle_trio({0, 0, 0});
  trio.clocks[1].step_at = 5e9; // the middle of the run
  trio.clocks[1].step_by = 3e6;
  const auto probes = trio.run(random);
  for (const auto& row : rows_of(probes)) {
    BOOST_TEST(row.bound_ns < 30 * us);
    const auto expected = row.answerer == 0 ? 50e-6 : row.asker == 0 ? -130e-6 : -80e-6;
    BOOST_TEST(std::abs(row.drift - expected) < 2e-6, row.drift);
  }
  const auto loops = loops_in(probes);
  BOOST_TEST_REQUIRE(loops.size() == 1u);
  BOOST_TEST(loops[0].bound_ns < 100 * us);
}

BOOST_AUTO_TEST_CASE(a_loop_is_the_same_whoever_asked) {
  const auto residual_with = [](std::array<bool, 3> other_way) {
    random_source random(5);
    const auto trio = idle_trio({50e3, 20e3, -30e3});
    std::vector<probe> probes;
    for (std::size_t path = 0; path < 3; ++path)
      for (const auto& p : trio.run(path, random))
        probes.push_back(other_way[path] ? asked_back(p, 0) : p);
    const auto loops = loops_in(probes);
    BOOST_TEST_REQUIRE(loops.size() == 1u);
    return loops.front();
  };
  const auto straight = residual_with({false, false, false});
  for (unsigned bits = 1; bits < 8; ++bits) {
    const auto l = residual_with({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
    // Round the other way the sign changes.
    BOOST_TEST(std::abs(std::abs(l.residual_ns) - std::abs(straight.residual_ns)) < 1 * us,
               "directions " << bits << ": " << l.residual_ns);
  }
}

BOOST_AUTO_TEST_CASE(four_nodes_make_four_loops_and_two_pairs_none) {
  random_source random(6);
  std::vector<probe> all;
  for (node_id a = 0; a < 4; ++a)
    for (node_id b = a + 1; b < 4; ++b)
      for (auto& p : simulated_pair{.length = 1e9}.run(random)) {
        p.local = p.asker = a;
        p.remote = p.answerer = b;
        all.push_back(p);
      }
  BOOST_TEST(loops_in(all).size() == 4u);
  std::erase_if(all, [](const probe& p) { return p.asker != 0; });
  BOOST_TEST(loops_in(all).empty());
}

BOOST_AUTO_TEST_SUITE_END()
