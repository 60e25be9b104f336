// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_course.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using kind = course_event::kind;

namespace {

constexpr int trials = 300;

clock_course course_of(std::span<const probe> probes, bool from_asker) {
  return estimate_course(bounds_of_all(probes, from_asker), from_asker ? 0 : 1, from_asker ? 1 : 0);
}

/// From before the first burst to behind the last, in true time.
judgement judge_run(const clock_course& course, const simulated_pair& pair, bool from_asker,
                    random_source& random) {
  return judge(course.segments, pair, from_asker, -0.3e9, pair.length + 0.3e9, random);
}

long count(const clock_course& course, kind what) {
  return std::ranges::count(course.events, what, &course_event::what);
}

/// Segments without gap or overlap from the beginning to the end of time, events by time.
void expect_well_formed(const clock_course& course) {
  BOOST_REQUIRE(!course.segments.empty());
  auto gaps = 0;
  for (std::size_t i = 0; i + 1 < course.segments.size(); ++i)
    gaps += course.segments[i].last_ns + 1 != course.segments[i + 1].first_ns;
  BOOST_TEST(gaps == 0);
  BOOST_TEST(course.segments.front().first_ns == INT64_MIN);
  BOOST_TEST(course.segments.back().last_ns == INT64_MAX);
  BOOST_TEST(std::ranges::is_sorted(course.events, {}, &course_event::begin_ns));
}

/// Judges many random pairs, seen from both sides; `more` looks at each course.
template <class Make, class More>
void in_every_trial(std::uint64_t seed, Make make, More more) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(seed + static_cast<std::uint64_t>(trial));
    const simulated_pair pair = make(random);
    auto probes = pair.run(random);
    shuffle(probes, random);
    for (const bool from_asker : {true, false}) {
      BOOST_TEST_INFO_SCOPE("trial " << trial << (from_asker ? ", asker" : ", answerer"));
      const auto course = course_of(probes, from_asker);
      expect_well_formed(course);
      const auto found = judge_run(course, pair, from_asker, random);
      BOOST_TEST(found.outside == 0, found);
      more(pair, probes, course, from_asker, found);
    }
  }
}

simulated_clock& either_clock(simulated_pair& pair, random_source& random) {
  return random.uniform() < 0.5 ? pair.local : pair.remote;
}

/// As if there had been no exchanges in the middle of the run for so long, ns.
std::vector<probe> without(const simulated_pair& pair, std::vector<probe> probes, double gap) {
  const auto middle = pair.length / 2;
  const auto begin = pair.local.at(middle - gap / 2), end = pair.local.at(middle + gap / 2);
  std::erase_if(probes, [&](const probe& p) { return p.t4 > begin && p.t1 < end; });
  return probes;
}

simulated_pair any_stepping_pair(random_source& random) {
  auto pair = any_well_probed_pair(random);
  auto& c = either_clock(pair, random);
  c.step_at = between(random, 0.2, 0.8) * pair.length;
  c.step_by = any_magnitude(random, 3, 9);
  return pair;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_course_test)

BOOST_AUTO_TEST_CASE(the_truth_lies_inside_the_bound_whatever_the_clocks_and_the_path) {
  in_every_trial(1000, any_linear_pair, [](auto&, auto&, const auto& course, bool, auto&) {
    BOOST_TEST(count(course, kind::step) == 0);
    BOOST_TEST(count(course, kind::bad_stamp) == 0);
  });
}

BOOST_AUTO_TEST_CASE(an_idle_symmetric_path_is_known_to_half_its_round_trip) {
  in_every_trial(
      2000, any_idle_pair,
      [](const auto& pair, const auto& probes, const auto& course, bool from_asker, auto&) {
        random_source random(2000);
        const auto found = judge(course.segments, pair, from_asker, 0, pair.length, random);
        BOOST_TEST(found.worst_bound <= shortest_trip(probes) / 2 + 1 * us, found);
        BOOST_TEST(found.worst_error <= us / 2, found);
        BOOST_TEST(course.events.empty());
      });
}

BOOST_AUTO_TEST_CASE(an_asymmetry_is_half_hidden_in_the_line_and_wholly_in_the_bound) {
  for (const double asymmetry : {-200e3, -50e3, -5e3, 0.0, 5e3, 50e3, 200e3}) {
    random_source random(3000);
    auto pair = any_idle_pair(random);
    pair.path.there.floor += std::max(0.0, asymmetry);
    pair.path.back.floor += std::max(0.0, -asymmetry);
    const auto course = course_of(pair.run(random), true);
    const auto found = judge_run(course, pair, true, random);
    BOOST_TEST(found.outside == 0, found);
    BOOST_TEST(std::abs(static_cast<double>(found.worst_error) - std::abs(asymmetry) / 2) < 1e3,
               "asymmetry " << asymmetry << ": " << found);
  }
}

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

BOOST_AUTO_TEST_CASE(a_gap_alone_is_no_event_and_widens_the_bound_only_there) {
  random_source random(4600);
  auto pair = any_idle_pair(random);
  pair.length = 30e9;
  const auto course = course_of(without(pair, pair.run(random), 8e9), true);
  BOOST_TEST(course.events.empty());
  const auto bound_at = [&](double t) {
    return judge(course.segments, pair, true, t, t, random, 1);
  };
  const auto inside = bound_at(15e9);
  BOOST_TEST(inside.outside == 0);
  BOOST_TEST(inside.worst_bound > 2 * bound_at(5e9).worst_bound, inside);
  BOOST_TEST(inside.worst_bound < 60 * us, inside);
}

BOOST_AUTO_TEST_CASE(where_the_control_plane_takes_over_only_its_bound_counts) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(4700 + static_cast<std::uint64_t>(trial));
    auto pair = any_idle_pair(random);
    auto& clock = either_clock(pair, random);
    clock.step_at = between(random, 1e9, pair.length);
    clock.step_by = any_magnitude(random, 4, 5.3); // less than the control plane shows
    auto slow = pair;
    slow.path = {.there = {100e3, 40e3}, .back = {80e3, 40e3}};
    slow.rate = 10;
    const auto dead = between(random, 0.5e9, pair.length - 1e9);
    const auto back = trial % 2 ? 1e18 : dead + between(random, 2e9, 9e9);
    auto probes = pair.run(random);
    std::erase_if(probes, [&](const probe& p) { return p.t1 > dead && p.t1 < back; });
    for (auto p : slow.run(random))
      if (p.t1 > dead + 1e9 && p.t1 < back + 1e8) {
        p.method = by_control;
        probes.push_back(p);
      }
    for (const bool from_asker : {true, false}) {
      BOOST_TEST_INFO_SCOPE("trial " << trial << (from_asker ? ", asker" : ", answerer"));
      const auto found = judge_run(course_of(probes, from_asker), pair, from_asker, random);
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

BOOST_AUTO_TEST_CASE(one_stamp_that_lies_is_left_out_and_named) {
  constexpr std::int64_t probe::*stamps[] = {&probe::t1, &probe::t2, &probe::t3, &probe::t4};
  auto named = 0;
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(7000 + static_cast<std::uint64_t>(trial));
    const auto pair = any_idle_pair(random);
    auto probes = pair.run(random);
    const bool at_an_end = trial % 10 == 0;
    auto& bad = at_an_end ? probes[trial % 20 == 0 ? 0 : probes.size() - 1]
                          : probes[random.between(45, probes.size() - 46)];
    const auto truth = bad.round_trip();
    const auto which = random.between(0, 3);
    const auto by = std::llround(any_magnitude(random, 3, 9)) * (random.uniform() < 0.5 ? 1 : -1);
    bad.*stamps[which] += by;
    for (const bool from_asker : {true, false}) {
      BOOST_TEST_INFO_SCOPE("trial " << trial << ": t" << which + 1 << " off by " << by);
      const auto course = course_of(probes, from_asker);
      const auto found = judge_run(course, pair, from_asker, random);
      BOOST_TEST(found.outside == 0, found);
      // One that makes the exchange seem slow is as good as a slow exchange.
      if (bad.round_trip() < 0)
        BOOST_TEST(count(course, kind::bad_stamp) == 1);
      if (bad.round_trip() >= truth)
        BOOST_TEST(course.events.empty());
      named += static_cast<int>(count(course, kind::bad_stamp));
    }
  }
  BOOST_TEST(named > trials / 2);
}

BOOST_AUTO_TEST_CASE(an_answer_whose_two_stamps_lie_together_is_left_out_and_named) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(8000 + static_cast<std::uint64_t>(trial));
    const auto pair = any_idle_pair(random);
    auto probes = pair.run(random);
    auto& bad = probes[random.between(45, probes.size() - 46)];
    const auto by = std::llround(any_magnitude(random, 4.7, 9)) * (random.uniform() < 0.5 ? 1 : -1);
    bad.t2 += by;
    bad.t3 += by;
    BOOST_TEST_INFO_SCOPE("trial " << trial << ": off by " << by);
    const auto course = course_of(probes, true);
    BOOST_TEST(judge_run(course, pair, true, random).outside == 0);
    BOOST_TEST_REQUIRE(course.events.size() == 1);
    const auto& e = course.events.front();
    BOOST_TEST((e.what == kind::bad_stamp));
    BOOST_TEST((e.begin_ns == bad.t1 && e.end_ns == bad.t4));
    BOOST_TEST(std::abs(e.size_ns - std::abs(by)) < 40 * us); // what it contradicts are bounds
  }
}

BOOST_AUTO_TEST_CASE(so_few_contradicting_exchanges_at_an_end_are_not_believed_alone) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(12'000 + static_cast<std::uint64_t>(trial));
    const auto pair = any_idle_pair(random);
    auto probes = pair.run(random);
    const auto by = std::llround(any_magnitude(random, 4.7, 9)) * (random.uniform() < 0.5 ? 1 : -1);
    const bool at_the_end = random.uniform() < 0.5;
    const auto few = random.between(1, 3);
    for (std::size_t i = 0; i < few; ++i) {
      auto& bad = at_the_end ? probes[probes.size() - 1 - i] : probes[i];
      bad.t2 += by;
      bad.t3 += by;
    }
    BOOST_TEST_INFO_SCOPE("trial " << trial << ": off by " << by);
    const auto course = course_of(probes, true);
    expect_well_formed(course);
    const auto found = judge_run(course, pair, true, random);
    BOOST_TEST(found.outside == 0, found);
    BOOST_TEST(!course.events.empty());
  }
}

BOOST_AUTO_TEST_CASE(these_checks_notice_an_estimate_that_is_wrong) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(9000 + static_cast<std::uint64_t>(trial));
    const auto pair = trial % 2 ? any_linear_pair(random) : any_stepping_pair(random);
    const auto course = course_of(pair.run(random), true);
    BOOST_TEST(judge_run(course, pair, true, random).outside == 0);
    for (const double wrong_by : {-2.0, 2.0}) { // the truth may be a bound away already
      auto wrong = course;
      for (auto& s : wrong.segments)
        s.offset_ns += std::llround(wrong_by * static_cast<double>(s.bound_ns) + wrong_by);
      BOOST_TEST(judge(wrong.segments, pair, true, 0, pair.length, random).outside > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_least_squares_line_is_reported_beside_the_estimate) {
  random_source random(10);
  auto pair = any_idle_pair(random);
  const auto course = course_of(pair.run(random), true);
  BOOST_REQUIRE(course.checked.has_value());
  BOOST_TEST(std::abs(course.checked->difference_ns) < 1 * us);
  BOOST_TEST(course.checked->bound_ns >= 10 * us);
  const auto few = pair.run(random);
  BOOST_TEST(!course_of(std::span(few).first(20), true).checked.has_value());
}

BOOST_AUTO_TEST_CASE(a_single_exchange_says_what_it_can) {
  const simulated_pair pair{.local = {}, .remote = {.offset = 5e9, .drift = 50e-6}, .path = {}};
  random_source random(11);
  const auto course = course_of(std::vector{pair.run(random).front()}, true);
  expect_well_formed(course);
  BOOST_TEST(judge_run(course, pair, true, random).outside == 0);
}

BOOST_AUTO_TEST_CASE(without_a_possible_exchange_there_is_no_course) {
  BOOST_TEST(estimate_course({}, 0, 1).segments.empty());
  const probe impossible{.t1 = 100, .t2 = 0, .t3 = 500, .t4 = 200};
  const auto course = course_of(std::vector{impossible}, true);
  BOOST_TEST(course.segments.empty());
  BOOST_TEST(count(course, kind::bad_stamp) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
