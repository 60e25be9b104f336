// SPDX-License-Identifier: MIT
// Clocks that step, swing and change their rates.
#include "tests/runtime/clocks/course_trials.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using kind = course_event::kind;

BOOST_AUTO_TEST_SUITE(clock_course_bends_test)

BOOST_AUTO_TEST_CASE(a_step_of_either_clock_lies_inside_the_bound_and_shows_if_it_is_large) {
  auto large_steps = 0;
  in_every_trial(
      4000, any_stepping_pair,
      [&](const simulated_pair& pair, auto& probes, const clock_course& course, bool from_asker,
          auto&) {
        const bool local_steps = pair.local.step_by > 0;
        const auto& clock = local_steps ? pair.local : pair.remote;
        const auto before = pair.shown(clock.step_at - 1, from_asker).first;
        const auto after = pair.shown(clock.step_at + 1, from_asker).first;
        for (const auto& e : course.events)
          if (e.what == kind::step)
            BOOST_TEST((e.begin_ns <= after && before <= e.end_ns));
        if (clock.step_by < 3 * static_cast<double>(median_trip(probes)))
          return;
        ++large_steps;
        BOOST_TEST_REQUIRE(count(course, kind::step) == 1);
        const auto& e = *std::ranges::find(course.events, kind::step, &course_event::what);
        const auto by = clock.step_by * (local_steps == from_asker ? -1 : 1);
        const auto error = std::abs(static_cast<double>(e.size_ns) - by);
        BOOST_TEST(error <= static_cast<double>(e.size_bound_ns) + 2,
                   "step by " << by << " seen as " << e.size_ns << " ± " << e.size_bound_ns);
        BOOST_TEST(e.size_bound_ns < std::abs(e.size_ns));
      });
  BOOST_TEST(large_steps > trials);
}

BOOST_AUTO_TEST_CASE(a_step_that_nobody_saw_in_a_gap_lies_inside_the_bound) {
  for (int trial = 0; trial < 2 * trials; ++trial) {
    random_source random(4500 + static_cast<std::uint64_t>(trial));
    auto pair = any_idle_pair(random);
    for (auto* d : {&pair.path.there, &pair.path.back})
      d->floor = between(random, 5e3, 100e3);
    pair.length = between(random, 10e9, 40e9);
    auto& clock = either_clock(pair, random);
    clock.step_at = pair.length / 2 + between(random, -0.4e9, 0.4e9);
    clock.step_by = any_magnitude(random, 4, 7);
    const auto probes = without(pair, pair.run(random), between(random, 1e9, 9e9));
    for (const bool from_asker : {true, false}) {
      BOOST_TEST_INFO_SCOPE("trial " << trial << (from_asker ? ", asker" : ", answerer"));
      const auto course = course_of(probes, from_asker);
      expect_well_formed(course);
      const auto found = judge_run(course, pair, from_asker, random);
      BOOST_TEST(found.outside == 0, found);
    }
  }
}

BOOST_AUTO_TEST_CASE(between_two_stretches_the_offset_goes_on_with_the_clocks_rates) {
  random_source random(4800);
  auto pair = any_idle_pair(random);
  pair.remote = {.offset = 1e9, .drift = 90e-6, .step_at = 7e9, .step_by = 300e3};
  pair.length = 14e9;
  pair.rate = 2; // half a second between exchanges, in which it drifts by 45 µs
  const auto course = course_of(pair.run(random), true);
  BOOST_TEST_REQUIRE(count(course, kind::step) == 1);
  const auto& s = course.at(pair.local.at(7e9));
  BOOST_TEST(std::abs(s.drift - 90e-6) < 20e-6);
  BOOST_TEST(s.bound_ns < 180 * us); // half the step, and what is uncertain anyway
}

BOOST_AUTO_TEST_CASE(what_only_one_exchange_saw_is_inside_the_bound) {
  auto seen = 0;
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(4900 + static_cast<std::uint64_t>(trial));
    auto pair = any_idle_pair(random);
    const auto at = between(random, 0.3, 0.7) * pair.length;
    const auto lasts = between(random, 10e6, 45e6), by = any_magnitude(random, 5, 7);
    auto there_and_back = pair; // the remote clock is ahead for a moment
    there_and_back.remote.offset += by;
    auto before = pair.run(random);
    auto during = there_and_back.run(random);
    std::vector<probe> probes;
    for (const auto& p : before)
      if (p.t4 < at || p.t1 > at + lasts)
        probes.push_back(p);
    const auto of_the_excursion = std::ranges::count_if(
        during, [&](const probe& p) { return p.t1 > at && p.t4 < at + lasts; });
    if (of_the_excursion != 1)
      continue; // nobody saw it, or it is believed
    for (const auto& p : during)
      if (p.t1 > at && p.t4 < at + lasts)
        probes.push_back(p);
    ++seen;
    BOOST_TEST_INFO_SCOPE("trial " << trial << " by " << by);
    const auto course = course_of(probes, true);
    const auto within = judge(course.segments, there_and_back, true, at, at + lasts, random);
    BOOST_TEST(within.outside == 0, within);
    BOOST_TEST(judge_run(course, pair, true, random).outside == 0);
    BOOST_TEST(judge(course.segments, pair, true, 0, at - 0.2e9, random).worst_bound < 50 * us);
  }
  BOOST_TEST(seen > trials / 4);
}

BOOST_AUTO_TEST_CASE(rates_that_change_slowly_keep_the_truth_inside_the_bound) {
  const auto wandering = [](random_source& random) {
    auto pair = any_well_probed_pair(random);
    auto& c = either_clock(pair, random);
    c.period = any_magnitude(random, 0, 1.5) * 1e9;
    c.wander = any_magnitude(random, -7, std::log10(5e-6)) * c.period / (2 * std::numbers::pi);
    return pair;
  };
  in_every_trial(5000, wandering, [](auto&, auto&, const auto& course, bool, auto&) {
    BOOST_TEST(count(course, kind::step) == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_wander_well_above_the_round_trip_shows) {
  const auto wandering = [](random_source& random) {
    auto pair = any_idle_pair(random);
    auto& c = either_clock(pair, random);
    c.wander = between(random, 100e3, 500e3);
    c.period = 2 * std::numbers::pi * c.wander / any_magnitude(random, -4.3, -3.3); // to 500 ppm
    return pair;
  };
  in_every_trial(6000, wandering, [](auto&, auto&, const auto& course, bool, auto&) {
    BOOST_TEST(count(course, kind::wander) > 0);
  });
}

BOOST_AUTO_TEST_CASE(a_wander_between_processes_of_one_machine_keeps_the_truth_inside) {
  // Hardly any delay but that of threads that wake late: lines fit every short time, and none holds
  // beyond its last quick exchange.
  const auto wandering = [](random_source& random) {
    simulated_pair pair;
    pair.path = {.there = {1e3, 4e3}, .back = {1e3, 4e3}, .residence = 10e3};
    pair.remote = {.offset = 2e9, .drift = -20e-6, .wander = 300e3, .period = 4e9};
    pair.length = 4e9;
    pair.rate = between(random, 20, 60);
    return pair;
  };
  in_every_trial(6500, wandering, [](auto&, auto&, const auto& course, bool, auto&) {
    BOOST_TEST(count(course, kind::wander) > 0);
    BOOST_TEST(count(course, kind::step) == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_step_longer_than_a_window_shows_too) {
  for (const double by : {10e9, 100e9, 3600e9})
    for (const bool local : {true, false}) {
      random_source random(6000);
      auto pair = any_idle_pair(random);
      auto& clock = local ? pair.local : pair.remote;
      clock.step_at = pair.length / 2;
      clock.step_by = by;
      for (const bool from_asker : {true, false}) {
        const auto course = course_of(pair.run(random), from_asker);
        expect_well_formed(course);
        BOOST_TEST(count(course, kind::step) == 1, "by " << by);
        const auto found = judge_run(course, pair, from_asker, random);
        BOOST_TEST(found.outside == 0, found);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_step_of_clocks_that_swing_as_well_is_found_where_it_was) {
  auto steps = 0;
  const auto both = [](random_source& random) {
    auto pair = any_idle_pair(random);
    auto& swings = either_clock(pair, random);
    swings.period = any_magnitude(random, 0.2, 2) * 1e9;
    swings.wander = any_magnitude(random, -5, -3.3) * swings.period / (2 * std::numbers::pi);
    auto& steps_too = either_clock(pair, random);
    steps_too.step_at = between(random, 0.1, 0.9) * pair.length;
    steps_too.step_by = any_magnitude(random, 5, 9);
    pair.rate = any_magnitude(random, 1, 2.2);
    return pair;
  };
  in_every_trial(
      8000, both,
      [&](const simulated_pair& pair, auto&, const clock_course& course, bool from_asker, auto&) {
        const auto at = std::min(pair.local.step_at, pair.remote.step_at);
        const auto before = pair.shown(at - 1, from_asker).first;
        const auto after = pair.shown(at + 1, from_asker).first;
        for (const auto& e : course.events)
          if (e.what == kind::step) {
            BOOST_TEST((e.begin_ns <= after && before <= e.end_ns));
            ++steps;
          }
        BOOST_TEST(
            course.at(before).unsteady()); // no rate tells of what the step did to a duration
        BOOST_TEST(course.at(after).unsteady());
      });
  BOOST_TEST(steps > trials);
}

BOOST_AUTO_TEST_CASE(a_swing_faster_than_probes_come_keeps_the_truth_inside_and_shows) {
  for (const auto& [amplitude, period] : {std::pair{7e3, 0.1e9}, {20e3, 0.3e9}, {50e3, 0.7e9}})
    for (std::uint64_t seed = 7000; seed < 7020; ++seed) {
      random_source random(seed);
      auto pair = any_idle_pair(random);
      pair.remote.wander = amplitude;
      pair.remote.period = period;
      pair.path = {.there = {.floor = 600, .queue = 300}, .back = {.floor = 600, .queue = 300}};
      const auto course = course_of(pair.run(random), true);
      BOOST_TEST(count(course, kind::wander) > 0);
      const auto found = judge(course.segments, pair, true, 0, pair.length, random);
      BOOST_TEST(found.outside == 0, "amplitude " << amplitude << ": " << found);
    }
}

BOOST_AUTO_TEST_SUITE_END()
