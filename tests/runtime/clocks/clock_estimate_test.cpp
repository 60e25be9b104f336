// SPDX-License-Identifier: MIT
// What is told to people is in clock_estimate_notices_test.cpp.
#include "runtime/clocks/clock_map.hpp"
#include "tests/runtime/clocks/estimated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using weight = clock_notice::weight;

BOOST_AUTO_TEST_SUITE(clock_estimate_test)

BOOST_AUTO_TEST_CASE(every_two_clocks_that_were_probed_are_within_their_bounds) {
  for (int trial = 0; trial < 100; ++trial) {
    BOOST_TEST_INFO_SCOPE("trial " << trial);
    random_source random(static_cast<std::uint64_t>(trial));
    const auto trio = any_trio(random);
    auto probes = trio.run(random);
    shuffle(probes, random);
    const auto e = estimate(probes);
    expect_truth(e, trio, random);
    BOOST_TEST(only(e.segments, 0, 1).empty()); // nobody asks for it
    BOOST_TEST(e.pairs.size() == 3u);
    BOOST_TEST(e.loops.size() == 1u);
    BOOST_TEST(std::ranges::count(e.notices, weight::error, &clock_notice::how) == 0);
  }
}

BOOST_AUTO_TEST_CASE(delays_there_and_back_make_the_round_trip_under_any_estimate) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    const auto pair = trial % 2 ? any_linear_pair(random) : any_well_probed_pair(random);
    const auto probes = pair.run(random);
    auto e = estimate(probes);
    if (trial % 3 == 0) // a wrong one too
      for (auto& s : e.segments)
        s.offset_ns += 12'345'678;
    const clock_map sut(e.segments);
    auto wrong = 0;
    for (const auto& p : probes) {
      const auto there = sut.between(p.local, p.t1, p.remote, p.t2);
      const auto back = sut.between(p.remote, p.t3, p.local, p.t4);
      const auto residence =
          sut.to_reference(p.remote, p.t3)->ns - sut.to_reference(p.remote, p.t2)->ns;
      wrong += there->ns + back->ns != p.t4 - p.t1 - residence;
      // On one line the answerer's time is what its clock says, but for drift and roundings.
      const auto one_line = std::ranges::any_of(e.segments, [&](const clock_segment& s) {
        return s.first_ns <= p.t2 && p.t3 <= s.last_ns;
      });
      if (one_line) {
        wrong += std::abs(there->ns + back->ns - p.round_trip()) > 2 + (p.t3 - p.t2) / 500;
        wrong += sut.between(p.remote, p.t2, p.remote, p.t3)->ns != residence; // as a span of it is
      }
    }
    BOOST_TEST(wrong == 0, "trial " << trial);
  }
}

BOOST_AUTO_TEST_CASE(two_ways_to_compare_two_clocks_say_more_than_one) {
  random_source random(2);
  auto trio = idle_trio();
  trio.paths[0].there.floor += 40e3; // each way loosens one side of the bound
  trio.paths[2].back.floor += 90e3;
  const auto direct = estimate(trio.run(2, random));
  auto over_reference = trio.run(0, random);
  for (auto& p : trio.run(1, random))
    over_reference.push_back(p);
  const auto composed = estimate(over_reference);
  auto all = trio.run(2, random);
  all.insert(all.end(), over_reference.begin(), over_reference.end());
  const auto both = estimate(all);
  expect_truth(both, trio, random);
  BOOST_TEST(both.notices.empty());
  const auto narrowest = worst_bound(both, trio, 1, 2);
  BOOST_TEST(narrowest < worst_bound(direct, trio, 1, 2) - 5 * us);
  BOOST_TEST(narrowest <
             worst_bound(composed, trio, 1, 0) + worst_bound(composed, trio, 2, 0) - 5 * us);
}

BOOST_AUTO_TEST_CASE(two_ways_that_contradict_each_other_are_an_error_and_both_are_covered) {
  for (const std::int64_t by : {-20 * ms, 20 * ms}) {
    random_source random(3);
    const auto trio = idle_trio();
    auto probes = trio.run(random);
    for (auto& p : probes)
      if (p.asker == 0)
        lie(p, by);
    const auto e = estimate(probes);
    const auto* paths = find(e, "clock paths contradict");
    BOOST_REQUIRE(paths);
    BOOST_TEST((paths->how == weight::error));
    BOOST_TEST((says(*paths, "robot") && says(*paths, "cloud")));
    BOOST_TEST((paths->clock == 1 && paths->node == 0));
    expect_truth(e, trio, random);
    const auto* loop = find(e, "clock loop does not close");
    BOOST_REQUIRE(loop);
    BOOST_TEST((loop->how == weight::error));
    BOOST_TEST((says(*loop, "coordinator") && says(*loop, "robot") && says(*loop, "cloud")));
    BOOST_TEST(std::abs(std::abs(e.loops.front().residual_ns) - 20 * ms) < 50 * us);
  }
}

BOOST_AUTO_TEST_CASE(probes_of_any_interval_tell_a_step_from_a_drift) {
  for (const auto interval : {second / 2, second, 3 * second}) {
    auto found = 0;
    for (std::uint64_t trial = 0; trial < 30; ++trial) {
      random_source random(trial);
      auto trio = idle_trio();
      trio.length = 20.0 * static_cast<double>(interval);
      trio.clocks[1].step_at = between(random, 0.3, 0.7) * trio.length;
      trio.clocks[1].step_by = any_magnitude(random, 6, 7);
      std::vector<probe> probes;
      for (std::size_t path = 0; path < 3; ++path)
        for (const auto& p : trio.run(path, random, 1e9 / static_cast<double>(interval)))
          probes.push_back(p);
      const auto e = estimate_clocks(
          {.probes = probes, .looks = {}, .names = trio_names, .interval_ns = interval});
      BOOST_TEST_INFO_SCOPE("interval " << interval << ", trial " << trial);
      expect_truth(e, trio, random);
      const auto* step = find(e, "clock step");
      found += step && says(*step, "clock of robot stepped");
    }
    BOOST_TEST(found == 30, "interval " << interval);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_times_long_before_and_behind_all_exchanges) {
  random_source random(14);
  const auto trio = idle_trio();
  const auto probes = trio.run(0, random);
  const auto within = [&](std::int64_t interval) {
    const auto e = estimate_clocks(
        {.probes = probes, .looks = {}, .names = trio_names, .interval_ns = interval});
    const auto pieces = only(e.segments, 1, 0);
    BOOST_REQUIRE(!pieces.empty());
    return std::pair{pieces.front().first_ns, pieces.back().last_ns};
  };
  for (const auto interval : {50 * ms, 350 * ms}) {
    const auto [first, last] = within(interval);
    const auto silence = longest_silence(interval);
    BOOST_TEST(first == probes.front().t2 - silence);
    BOOST_TEST(last == probes.back().t3 + silence);
  }
  BOOST_TEST(longest_silence(50 * ms) == second);
  BOOST_TEST(longest_silence(second) == 20 * second);
}

BOOST_AUTO_TEST_CASE(a_way_that_ended_early_says_nothing_of_a_step_behind_its_end) {
  random_source random(15);
  auto trio = idle_trio();
  trio.clocks[2].step_at = 5e9;
  trio.clocks[2].step_by = 60e3; // what the direct way says goes on as if nothing had happened
  for (auto* d : {&trio.paths[1].there, &trio.paths[1].back})
    d->floor = 100e3;
  auto probes = trio.run(random);
  std::erase_if(probes,
                [&](const probe& p) { return p.asker == 0 && p.t1 > trio.clocks[1].at(4.9e9); });
  const auto e = estimate(probes);
  expect_truth(e, trio, random);
  BOOST_TEST(!find(e, "clock paths contradict"));
}

BOOST_AUTO_TEST_CASE(a_shared_clock_is_checked_and_needs_no_segments) {
  random_source random(4);
  auto probes = simulated_pair{}.run(random);
  for (auto& p : probes)
    p.local = p.remote = 1;
  const auto e = estimate(probes);
  BOOST_TEST(e.segments.empty());
  BOOST_TEST(e.notices.empty());
  BOOST_TEST_REQUIRE(e.pairs.size() == 1u);
  BOOST_TEST(e.pairs[0].shared);
  BOOST_TEST(std::abs(e.pairs[0].offset_ns) <= e.pairs[0].bound_ns);
}

BOOST_AUTO_TEST_CASE(the_times_of_a_clocks_pieces_go_on_while_it_steps) {
  random_source random(13);
  auto trio = idle_trio();
  trio.clocks[1].step_at = 5e9;
  trio.clocks[1].step_by = 500e6;
  const auto pieces = only(estimate(trio.run(0, random)).segments, 1, 0);
  BOOST_TEST(pieces.size() >= 3u);
  const auto time_of = [](const clock_segment& s) { return s.convert(s.anchor_ns); };
  BOOST_TEST(std::ranges::is_sorted(pieces, {}, time_of));
}

BOOST_AUTO_TEST_CASE(on_the_systems_word_alone_no_probe_is_needed) {
  random_source random(8);
  const auto trio = idle_trio();
  const auto looks = disciplined(trio, ms);
  const auto e = estimate({}, looks, clock_basis::system);
  BOOST_TEST(e.notices.empty());
  for (const clock_id c : {clock_id{1}, clock_id{2}})
    BOOST_TEST(
        judge(only(e.segments, c, 0), trio.pair(c, 0), true, 0, trio.length, random).outside == 0);
  BOOST_TEST(worst_bound(e, trio, 1, 0) >= 2 * ms);
  BOOST_TEST(worst_bound(e, trio, 1, 0) < 4 * ms);
}

BOOST_AUTO_TEST_CASE(the_systems_word_and_probes_together_are_as_good_as_the_better) {
  random_source random(9);
  const auto trio = idle_trio();
  const auto probes = trio.run(random);
  const auto wide = disciplined(trio, ms), narrow = disciplined(trio, us);
  const auto probed = estimate(probes);
  const auto with_wide = estimate(probes, wide, clock_basis::both);
  const auto with_narrow = estimate(probes, narrow, clock_basis::both);
  BOOST_TEST(with_wide.notices.empty());
  BOOST_TEST(with_narrow.notices.empty());
  expect_truth(with_wide, trio, random);
  expect_truth(with_narrow, trio, random);
  BOOST_TEST(worst_bound(with_wide, trio, 1, 0) <= worst_bound(probed, trio, 1, 0) + 2);
  BOOST_TEST(worst_bound(with_narrow, trio, 1, 0) <= worst_bound(probed, trio, 1, 0) + 2);
}

BOOST_AUTO_TEST_CASE(a_system_clock_that_probes_prove_wrong_is_an_error) {
  random_source random(10);
  const auto trio = idle_trio();
  const auto e = estimate(trio.run(random), disciplined(trio, ms, 50 * ms), clock_basis::both);
  const auto* n = find(e, "system clock contradicts probes");
  BOOST_REQUIRE(n);
  BOOST_TEST((n->how == weight::error && n->clock == 1));
  BOOST_TEST((says(*n, "robot") && says(*n, "coordinator")));
  expect_truth(e, trio, random); // both are covered
}

BOOST_AUTO_TEST_CASE(a_system_clock_without_a_daemon_leaves_the_probes_or_nothing) {
  random_source random(11);
  const auto trio = idle_trio();
  auto looks = disciplined(trio, ms);
  for (auto& l : looks)
    l.synchronised = l.clock != 2;
  const auto probes = trio.run(random);
  const auto both = estimate(probes, looks, clock_basis::both);
  const auto* n = find(both, "system clock not disciplined");
  BOOST_REQUIRE(n);
  BOOST_TEST((n->how == weight::warning && says(*n, "cloud")));
  BOOST_TEST(n->time_ns == looks.front().time_ns); // the reference clock's, when the run began
  expect_truth(both, trio, random);
  const auto alone = estimate(probes, looks, clock_basis::system);
  BOOST_TEST((find(alone, "system clock not disciplined")->how == weight::error));
  BOOST_TEST(only(alone.segments, 2, 0).empty());
  BOOST_TEST(!only(alone.segments, 1, 0).empty());
}

BOOST_AUTO_TEST_CASE(without_a_possible_exchange_there_is_no_estimate) {
  const auto nothing = estimate({});
  BOOST_TEST((nothing.segments.empty() && nothing.pairs.empty() && nothing.notices.empty()));
  const std::vector impossible{probe{.remote = 1, .t1 = 100, .t2 = 0, .t3 = 500, .t4 = 200}};
  BOOST_TEST(estimate(impossible).segments.empty());
  BOOST_TEST(find(estimate(impossible), "bad clock stamp"));
}

BOOST_AUTO_TEST_SUITE_END()
