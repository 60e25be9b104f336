// SPDX-License-Identifier: MIT
#include "runtime/clocks/interval_course.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>

using namespace peernet;

namespace {

constexpr int trials = 300;
constexpr int moments = 200;

/// Two doubles hold nanoseconds to this.
constexpr double exact = 1e-2;

struct interval {
  double low, high;
};

/// The slow way.
std::optional<interval> at(const interval_course& course, std::int64_t t) {
  for (const auto& p : course)
    if (p.first_ns <= t && t <= p.last_ns)
      return interval{p.low_at(t), p.high_at(t)};
  return std::nullopt;
}

std::vector<std::int64_t> any_cuts(random_source& random) {
  std::vector<std::int64_t> cuts{std::llround(between(random, -1e9, 1e9)),
                                 std::llround(between(random, 8e9, 12e9))};
  for (auto n = random.between(0, 8); n > 0; --n)
    cuts.push_back(std::llround(between(random, 1e9, 8e9)));
  std::ranges::sort(cuts);
  return cuts;
}

/// Pieces that know nothing of each other.
interval_course any_course(random_source& random) {
  const auto cuts = any_cuts(random);
  interval_course course;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const auto low = between(random, -5e6, 5e6);
    const auto length = static_cast<double>(cuts[i + 1] - cuts[i]);
    const auto width = between(random, 0, 5e6), at_end = between(random, 0, 5e6);
    const auto slope = between(random, -1e-3, 1e-3);
    course.push_back(
        {cuts[i], cuts[i + 1] - 1, low, low + width, slope, slope + (at_end - width) / length});
  }
  return course;
}

using function = std::function<double(double)>;

/// An offset of up to 3 s that bends and drifts.
function any_truth(random_source& random) {
  const auto offset = between(random, -3e9, 3e9), drift = between(random, -1e-4, 1e-4);
  const auto period = between(random, 1e9, 10e9), swing = between(random, 0, 1e-4) * period / 6.3;
  return [=](double t) { return offset + drift * t + swing * std::sin(6.3 * t / period); };
}

/// Pieces that all contain `truth`, from `begin` on.
interval_course any_course_of(const function& truth, double begin, random_source& random) {
  interval_course course;
  for (auto cuts = any_cuts(random); cuts.size() > 1; cuts.erase(cuts.begin())) {
    const auto first = cuts[0] + std::llround(begin), last = cuts[1] - 1 + std::llround(begin);
    const auto length = static_cast<double>(last - first);
    interval_piece p{first, last, 0, 0, between(random, -1e-4, 1e-4), between(random, -1e-4, 1e-4)};
    p.low = p.high = truth(static_cast<double>(first));
    for (int i = 0; i <= 100; ++i) {
      const auto t = static_cast<double>(first) + length * i / 100;
      p.low -= std::max(0.0, p.low_at(std::llround(t)) - truth(t));
      p.high += std::max(0.0, truth(t) - p.high_at(std::llround(t)));
    }
    p.low -= between(random, 10e3, 50e3); // between the hundredths it bends by less
    p.high += between(random, 10e3, 50e3);
    course.push_back(p);
  }
  return course;
}

/// A random moment that `course` covers, or nearly.
std::int64_t any_moment(const interval_course& course, random_source& random) {
  return course.front().first_ns - 1000 +
         static_cast<std::int64_t>(random.between(
             0,
             static_cast<std::uint64_t>(course.back().last_ns - course.front().first_ns) + 2000));
}

} // namespace

BOOST_AUTO_TEST_SUITE(interval_course_test)

BOOST_AUTO_TEST_CASE(segments_become_intervals_on_both_sides_of_their_anchors) {
  const std::vector<clock_segment> segments{{.from = 1,
                                             .to = 0,
                                             .last_ns = 499,
                                             .anchor_ns = 0,
                                             .offset_ns = 7000,
                                             .drift = 1e-3,
                                             .bound_ns = 100,
                                             .bound_growth = 0.01},
                                            {.from = 1, .to = 0, .first_ns = 500, .bound_ns = 5}};
  const auto sut = intervals_of(segments, -1000, 1000);
  BOOST_TEST(sut.front().first_ns == -1000);
  BOOST_TEST(sut.back().last_ns == 1000);
  BOOST_TEST(!at(sut, -1001).has_value());
  BOOST_TEST(std::abs(at(sut, -1000)->low - (7000 - 1 - 110)) < exact);
  BOOST_TEST(std::abs(at(sut, -1)->high - (7000 + 100)) < 0.1);
  BOOST_TEST(std::abs(at(sut, 400)->high - (7000 + 0.4 + 104)) < exact);
  BOOST_TEST(at(sut, 500)->low == -5);
}

BOOST_AUTO_TEST_CASE(a_course_survives_becoming_segments_but_for_roundings) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    const auto before = any_course(random);
    const auto segments = segments_of(before, 2, 1);
    const auto after = intervals_of(segments, INT64_MIN, INT64_MAX);
    for (int i = 0; i < moments; ++i) {
      const auto t = any_moment(before, random);
      const auto b = at(before, t), a = at(after, t);
      BOOST_REQUIRE(b.has_value() == a.has_value());
      if (!b)
        continue;
      BOOST_TEST((a->low <= b->low && a->low > b->low - 3), "trial " << trial);
      BOOST_TEST((a->high >= b->high && a->high < b->high + 3), "trial " << trial);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_intersection_is_what_both_say_at_every_moment) {
  auto with_conflict = 0;
  for (int trial = 0; trial < trials; ++trial) {
    BOOST_TEST_INFO_SCOPE("trial " << trial);
    random_source random(static_cast<std::uint64_t>(trial));
    const auto a = any_course(random), b = any_course(random);
    std::vector<course_conflict> conflicts;
    const auto both = intersect(a, b, conflicts);
    auto wrong = 0;
    for (int i = 0; i < moments; ++i) {
      const auto t = any_moment(i % 2 ? a : b, random);
      const auto in_a = at(a, t), in_b = at(b, t), found = at(both, t);
      if (!in_a || !in_b) {
        const auto one = in_a ? in_a : in_b;
        wrong +=
            found.has_value() != one.has_value() ||
            (one && std::abs(found->low - one->low) + std::abs(found->high - one->high) > exact);
        continue;
      }
      const auto low = std::max(in_a->low, in_b->low), high = std::min(in_a->high, in_b->high);
      const auto conflict = std::ranges::find_if(
          conflicts, [t](const course_conflict& c) { return c.begin_ns <= t && t <= c.end_ns; });
      if (conflict == conflicts.end()) {
        wrong += low > high + exact || std::abs(found->low - low) > exact ||
                 std::abs(found->high - high) > exact;
        continue;
      }
      ++with_conflict;
      wrong += static_cast<double>(conflict->apart_ns) < low - high - 1 ||
               found->low > std::min(in_a->low, in_b->low) + exact ||
               found->high < std::max(in_a->high, in_b->high) - exact;
    }
    BOOST_TEST(wrong == 0);
  }
  BOOST_TEST(with_conflict > trials);
}

BOOST_AUTO_TEST_CASE(courses_that_hold_the_truth_never_conflict_and_keep_it) {
  for (int trial = 0; trial < trials; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    const auto truth = any_truth(random);
    std::vector<course_conflict> conflicts;
    const auto sut =
        intersect(any_course_of(truth, 0, random), any_course_of(truth, 0, random), conflicts);
    auto outside = 0;
    for (int i = 0; i < moments; ++i) {
      const auto t = any_moment(sut, random);
      if (const auto found = at(sut, t)) {
        const auto offset = truth(static_cast<double>(t));
        outside += offset < found->low || offset > found->high;
      }
    }
    BOOST_TEST(outside == 0, "trial " << trial);
    BOOST_TEST(conflicts.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_composition_holds_the_sum_of_both_truths_and_hardly_more) {
  for (int trial = 0; trial < trials; ++trial) {
    BOOST_TEST_INFO_SCOPE("trial " << trial);
    random_source random(static_cast<std::uint64_t>(trial));
    const auto first_truth = any_truth(random), second_truth = any_truth(random);
    const auto first = any_course_of(first_truth, 0, random);
    const auto second = any_course_of(second_truth, first_truth(0), random);
    const auto sut = compose(first, second);
    auto outside = 0, missing = 0, too_wide = 0;
    for (int i = 0; i < moments; ++i) {
      const auto t = any_moment(first, random);
      const auto there = static_cast<double>(t) + first_truth(static_cast<double>(t));
      const auto in_first = at(first, t);
      const auto early = at(second, std::llround(there - 1e6));
      const auto late = at(second, std::llround(there + 1e6));
      const auto found = at(sut, t);
      if (!found) {
        missing += in_first && early && late;
        continue;
      }
      const auto sum = first_truth(static_cast<double>(t)) + second_truth(there);
      outside += sum < found->low || sum > found->high;
      if (const auto in_second = at(second, std::llround(there)); early && late && in_second) {
        const auto width = [](const auto& some) { return some->high - some->low; };
        too_wide += width(found) > width(in_first) * 1.01 +
                                       std::max({width(early), width(late), width(in_second)}) +
                                       10e3;
      }
    }
    BOOST_TEST(outside == 0);
    BOOST_TEST(missing == 0);
    BOOST_TEST(too_wide == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_composition_allows_for_not_knowing_where_in_the_second_it_is) {
  const interval_course vague{{0, second, -1e6, 1e6, 0, 0}};
  const interval_course drifting{{-second, 2 * second, -1e6, -1e6, 1e-3, 1e-3}}; // known exactly
  const auto sut = compose(vague, drifting);
  for (const auto t : {std::int64_t{0}, second / 2, second})
    for (const double first : {-1e6, 1e6}) {
      const auto sum = first + 1e-3 * (static_cast<double>(t) + first);
      BOOST_TEST((at(sut, t)->low <= sum && sum <= at(sut, t)->high));
    }
}

BOOST_AUTO_TEST_CASE(with_nothing_a_course_stays_what_it_was_and_leads_nowhere) {
  random_source random(1);
  const auto course = any_course(random);
  std::vector<course_conflict> conflicts;
  BOOST_TEST(intersect(course, {}, conflicts).size() == course.size());
  BOOST_TEST(intersect({}, course, conflicts).size() == course.size());
  BOOST_TEST(compose(course, {}).empty());
  BOOST_TEST(compose({}, course).empty());
  BOOST_TEST(conflicts.empty());
}

BOOST_AUTO_TEST_CASE(a_contradiction_that_lasts_is_told_once) {
  const interval_course a{{0, 999, 0, 10, 0, 0}, {1000, 1999, 0, 20, 0, 0}};
  const interval_course b{{0, 1499, 50, 60, 0, 0}, {1500, 1999, 15, 60, 0, 0}};
  std::vector<course_conflict> conflicts;
  const auto both = intersect(a, b, conflicts);
  BOOST_TEST_REQUIRE(conflicts.size() == 1u);
  BOOST_TEST(conflicts[0].begin_ns == 0);
  BOOST_TEST(conflicts[0].end_ns == 1499);
  BOOST_TEST(conflicts[0].apart_ns == 40);
  BOOST_TEST((at(both, 500)->low == 0 && at(both, 500)->high == 60));
  BOOST_TEST((at(both, 1600)->low == 15 && at(both, 1600)->high == 20));
}

BOOST_AUTO_TEST_CASE(rates_are_stated_for_a_second_more_unless_a_clock_may_have_stepped) {
  interval_course course;
  for (std::int64_t i = 0; i < 6; ++i) { // pieces of 0.6 s at 10, 20, … ppm, each ± 1 ppm
    const auto rate = static_cast<double>(i + 1) * 10e-6;
    course.push_back(
        {i * 600 * ms, (i + 1) * 600 * ms - 1, 0, 1, rate, rate, rate - 1e-6, rate + 1e-6});
  }
  course[4].forget_rate();
  const auto segments = segments_of(course, 1, 0);
  const auto states = [&](std::size_t i, std::int64_t first, std::int64_t last, double bound) {
    const auto& s = segments[i];
    return s.steady_first_ns == first * 600 * ms && s.steady_last_ns == last * 600 * ms - 1 &&
           std::abs(s.drift_bound - bound) < 1e-12;
  };
  BOOST_TEST(states(0, 0, 3, 21e-6));
  BOOST_TEST(states(2, 0, 4, 21e-6));
  BOOST_TEST(states(3, 1, 4, 21e-6));
  BOOST_TEST((!segments[4].steady_at(segments[4].first_ns)));
  BOOST_TEST(states(5, 5, 6, 1e-6));
  const auto again = intervals_of(segments, INT64_MIN / 2, INT64_MAX / 2);
  BOOST_TEST((!again.front().unsteady() && again.back().fastest >= course.back().fastest - 1e-12));
  BOOST_TEST(std::ranges::count_if(again, &interval_piece::unsteady) >= 1);
}

BOOST_AUTO_TEST_CASE(of_two_rates_the_common_part_counts_and_a_step_counts_always) {
  const interval_piece a{0, 99, -10, 10, 0, 0, -5e-6, 3e-6}, b{0, 99, -10, 10, 0, 0, 1e-6, 9e-6};
  const auto rate_of = [](const interval_piece& p, const interval_piece& q) {
    std::vector<course_conflict> conflicts;
    return intersect({p}, {q}, conflicts).front();
  };
  BOOST_TEST((rate_of(a, b).slowest == 1e-6 && rate_of(a, b).fastest == 3e-6));
  auto stepped = a, elsewhere = a;
  stepped.forget_rate();
  elsewhere.slowest = elsewhere.fastest = 20e-6;
  BOOST_TEST(rate_of(stepped, b).unsteady());
  BOOST_TEST(rate_of(b, stepped).unsteady());
  BOOST_TEST(rate_of(elsewhere, b).unsteady()); // not both can be right
  BOOST_TEST(compose({stepped}, {a}).front().unsteady());
}

BOOST_AUTO_TEST_SUITE_END()
