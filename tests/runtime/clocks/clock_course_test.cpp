// SPDX-License-Identifier: MIT
// Clocks that run straight; those that do not are in clock_course_bends_test.cpp.
#include "tests/runtime/clocks/course_trials.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using kind = course_event::kind;

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
