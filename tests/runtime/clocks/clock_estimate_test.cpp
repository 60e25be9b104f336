// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_map.hpp"
#include "tests/runtime/clocks/simulated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using weight = clock_notice::weight;

namespace {

clock_estimates estimate(std::span<const probe> probes,
                         std::span<const clock_discipline> looks = {},
                         clock_basis basis = clock_basis::probe) {
  return estimate_clocks({.probes = probes, .looks = looks, .names = trio_names, .basis = basis});
}

const clock_notice* find(const clock_estimates& e, std::string_view what) {
  const auto at = std::ranges::find(e.notices, what, &clock_notice::what);
  return at == e.notices.end() ? nullptr : &*at;
}

bool says(const clock_notice& n, std::string_view text) {
  return n.detail.find(text) != std::string::npos;
}

/// As if a daemon kept all machines to UTC within `max_error`; UTC is true time, and the wall
/// clocks are right but for `off`.
std::vector<clock_discipline> disciplined(const simulated_trio& trio, std::int64_t max_error,
                                          std::int64_t off = 0) {
  std::vector<clock_discipline> looks;
  for (clock_id c = 0; c < 3; ++c)
    for (double t = -1e9; t <= trio.length + 2e9; t += 1e9)
      looks.push_back({.clock = c,
                       .node = simulated_trio::node(c),
                       .time_ns = trio.clocks[c].at(t),
                       .wall_ns = std::llround(t) + (c == 1 ? off : 0),
                       .synchronised = true,
                       .max_error_ns = max_error});
  return looks;
}

simulated_trio idle_trio() {
  simulated_trio trio;
  trio.clocks[1] = {.offset = 1e9, .drift = 50e-6};
  trio.clocks[2] = {.offset = -2e9, .drift = -80e-6};
  return trio;
}

/// Every conversion that there is, against the truth.
void expect_truth(const clock_estimates& e, const simulated_trio& trio, random_source& random) {
  for (const auto& [from, to] : {std::pair{1, 0}, {2, 0}, {1, 2}, {2, 1}}) {
    const auto [a, b] = std::pair{static_cast<clock_id>(from), static_cast<clock_id>(to)};
    const auto found =
        judge(only(e.segments, a, b), trio.pair(a, b), true, -0.3e9, trio.length + 0.3e9, random);
    BOOST_TEST(found.outside == 0, from << " to " << to << ": " << found);
  }
}

std::int64_t worst_bound(const clock_estimates& e, const simulated_trio& trio, clock_id from,
                         clock_id to) {
  random_source random(1);
  return judge(only(e.segments, from, to), trio.pair(from, to), true, 0, trio.length, random)
      .worst_bound;
}

} // namespace

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

BOOST_AUTO_TEST_CASE(nothing_is_said_of_times_long_before_and_behind_all_exchanges) {
  random_source random(14);
  const auto trio = idle_trio();
  const auto probes = trio.run(0, random);
  const auto within = [&](std::int64_t silence) {
    const auto e = estimate_clocks(
        {.probes = probes, .looks = {}, .names = trio_names, .silence_ns = silence});
    const auto pieces = only(e.segments, 1, 0);
    BOOST_REQUIRE(!pieces.empty());
    return std::pair{pieces.front().first_ns, pieces.back().last_ns};
  };
  for (const auto silence : {longest_silence(50 * ms), 7 * second}) {
    const auto [first, last] = within(silence);
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

BOOST_AUTO_TEST_CASE(datagrams_that_stop_are_told_with_time_and_length) {
  random_source random(16);
  const auto trio = idle_trio();
  auto probes = trio.run(random);
  const auto dead = [&](const probe& p, double from, double to) {
    const auto& local = trio.clocks[p.local];
    return p.t1 > local.at(from) && p.t1 < local.at(to);
  };
  auto helped = probes; // of the coordinator and the robot
  std::erase_if(helped, [&](const probe& p) {
    return p.answerer == 0 && p.asker == coordinator_node && !dead(p, 3e9, 6e9);
  });
  for (auto& p : probes)
    if (p.answerer == 1 && p.asker == 0 && dead(p, 7e9, 20e9))
      p.t1 = -1; // robot and cloud: to the end
  std::erase_if(probes, [&](const probe& p) {
    return p.t1 == -1 || (p.asker == coordinator_node && p.answerer == 0 && dead(p, 2e9, 6e9));
  });
  for (auto p : helped)
    if (p.answerer == 0) {
      p.method = by_control;
      probes.push_back(p);
    }
  const auto e = estimate(probes);
  std::vector<clock_notice> told;
  for (const auto& n : e.notices)
    if (n.what == "clock probes unanswered")
      told.push_back(n);
  BOOST_TEST_REQUIRE(told.size() == 2u);
  BOOST_TEST(says(told[0], "between coordinator and robot for 4.0"), told[0].detail);
  BOOST_TEST(says(told[0], "over the control plane"), told[0].detail);
  BOOST_TEST((told[0].clock == 0 && std::abs(told[0].time_ns - 2 * second) < 200 * ms));
  BOOST_TEST(says(told[1], "between robot and cloud for 3."), told[1].detail);
  BOOST_TEST((told[1].clock == 1 && std::abs(told[1].time_ns - trio.clocks[1].at(7e9)) < 200 * ms));
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_by_seconds_is_not_silent) {
  random_source random(17);
  auto trio = idle_trio();
  trio.clocks[1].step_at = 5e9;
  trio.clocks[1].step_by = 20e9;
  BOOST_TEST(!find(estimate(trio.run(random)), "clock probes unanswered"));
}

BOOST_AUTO_TEST_CASE(a_node_that_only_the_control_plane_reached_is_told) {
  random_source random(18);
  auto probes = idle_trio().run(0, random);
  for (auto& p : probes)
    p.method = by_control;
  const auto e = estimate(probes);
  const auto* n = find(e, "clock probes unanswered");
  BOOST_REQUIRE(n);
  BOOST_TEST((says(*n, "robot never answered the coordinator by UDP") && n->node == 0));
  BOOST_TEST(e.notices.size() == 1u);
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

BOOST_AUTO_TEST_CASE(shared_clocks_that_differ_are_an_error) {
  random_source random(5);
  auto probes = simulated_pair{}.run(random);
  for (auto& p : probes) {
    p.local = p.remote = 1;
    lie(p, 100 * us);
  }
  const auto e = estimate(probes);
  BOOST_TEST_REQUIRE(e.notices.size() == 1u);
  const auto& n = e.notices.front();
  BOOST_TEST(n.what == "shared clocks differ");
  BOOST_TEST((n.how == weight::error && n.clock == 1));
  BOOST_TEST((n.time_ns >= probes.front().t1 && n.time_ns <= probes.back().t4));
  BOOST_TEST((says(n, "robot") && says(n, "cloud")));
}

BOOST_AUTO_TEST_CASE(a_step_between_two_clocks_names_both_how_far_and_when) {
  random_source random(6);
  auto trio = idle_trio();
  trio.clocks[1].step_at = 5e9;
  trio.clocks[1].step_by = 3e6;
  const auto probes = trio.run(0, random);
  const auto e = estimate(probes);
  BOOST_TEST_REQUIRE(e.notices.size() == 1u);
  const auto& n = e.notices.front();
  BOOST_TEST(n.what == "clock step");
  BOOST_TEST((n.how == weight::warning && n.clock == 1 && n.node == 0));
  BOOST_TEST(n.detail.starts_with("robot against coordinator by +3.00 ms, within "), n.detail);
  BOOST_TEST(n.detail.ends_with(" ms"), n.detail);
  BOOST_TEST(std::abs(n.time_ns - trio.clocks[1].at(5e9)) < 200 * ms);
}

BOOST_AUTO_TEST_CASE(a_step_that_several_clocks_saw_is_one_event_of_the_one_that_stepped) {
  const std::string words[] = {"clock of coordinator stepped by +5.00 ms against robot and cloud",
                               "clock of robot stepped by +5.00 ms against coordinator and cloud",
                               "clock of cloud stepped by +5.00 ms against coordinator and robot"};
  for (clock_id culprit = 0; culprit < 3; ++culprit) {
    random_source random(12);
    auto trio = idle_trio();
    trio.clocks[culprit].step_at = 5e9;
    trio.clocks[culprit].step_by = 5e6;
    const auto e = estimate(trio.run(random));
    BOOST_TEST_REQUIRE(e.notices.size() == 1u);
    const auto& n = e.notices.front();
    BOOST_TEST(n.detail.starts_with(words[culprit]), n.detail);
    BOOST_TEST(n.node == simulated_trio::node(culprit));
    BOOST_TEST(std::abs(n.time_ns - trio.clocks[n.clock].at(5e9)) < 200 * ms);
    expect_truth(e, trio, random);
  }
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

BOOST_AUTO_TEST_CASE(wander_and_bad_stamps_are_told) {
  random_source random(7);
  auto trio = idle_trio();
  auto probes = trio.run(0, random);
  lie(probes[probes.size() / 2], 3 * ms);
  const auto lying = estimate(probes);
  BOOST_TEST_REQUIRE(lying.notices.size() == 1u);
  BOOST_TEST(lying.notices.front().what == "bad clock stamp");
  trio.clocks[1].wander = 200e3;
  trio.clocks[1].period = 5e9;
  const auto bent = estimate(trio.run(0, random));
  BOOST_TEST_REQUIRE(bent.notices.size() == 1u);
  BOOST_TEST(bent.notices.front().what == "clock wander");
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

BOOST_AUTO_TEST_CASE(a_kernel_that_changes_its_clocks_rate_is_told) {
  const auto look = [](clock_id clock, std::int64_t time, std::int64_t rate) {
    return clock_discipline{.clock = clock, .node = clock, .time_ns = time, .rate_ppb = rate};
  };
  const std::vector looks{look(0, 0, 5'000), look(1, 0, 0), look(0, second, 5'090),
                          look(1, second, -2'500)};
  const std::vector<std::string> names{"robot", "cloud"};
  const auto found = estimate_clocks({.probes = {}, .looks = looks, .names = names});
  BOOST_REQUIRE(found.notices.size() == 1);
  const auto& n = found.notices.front();
  BOOST_TEST(n.what == "clock steered");
  BOOST_TEST((n.clock == 1 && n.time_ns == second));
  BOOST_TEST(
      n.detail.find("of cloud changed its clock's rate by -2.500 ppm within the last 1.00 s") !=
      std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
