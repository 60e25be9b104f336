// SPDX-License-Identifier: MIT
// Random pairs of clocks, their courses, and whether these hold the truth.
#pragma once

#include "runtime/clocks/clock_course.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

namespace peernet {

inline constexpr int trials = 300;

inline clock_course course_of(std::span<const probe> probes, bool from_asker) {
  return estimate_course(bounds_of_all(probes, from_asker), from_asker ? 0 : 1, from_asker ? 1 : 0);
}

/// From before the first burst to behind the last, in true time.
inline judgement judge_run(const clock_course& course, const simulated_pair& pair, bool from_asker,
                           random_source& random) {
  return judge(course.segments, pair, from_asker, -0.3e9, pair.length + 0.3e9, random);
}

inline long count(const clock_course& course, course_event::kind what) {
  return std::ranges::count(course.events, what, &course_event::what);
}

/// Segments without gap or overlap from the beginning to the end of time, events by time.
inline void expect_well_formed(const clock_course& course) {
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

inline simulated_clock& either_clock(simulated_pair& pair, random_source& random) {
  return random.uniform() < 0.5 ? pair.local : pair.remote;
}

/// As if there had been no exchanges in the middle of the run for so long, ns.
inline std::vector<probe> without(const simulated_pair& pair, std::vector<probe> probes,
                                  double gap) {
  const auto middle = pair.length / 2;
  const auto begin = pair.local.at(middle - gap / 2), end = pair.local.at(middle + gap / 2);
  std::erase_if(probes, [&](const probe& p) { return p.t4 > begin && p.t1 < end; });
  return probes;
}

inline simulated_pair any_stepping_pair(random_source& random) {
  auto pair = any_well_probed_pair(random);
  auto& c = either_clock(pair, random);
  c.step_at = between(random, 0.2, 0.8) * pair.length;
  c.step_by = any_magnitude(random, 3, 9);
  return pair;
}

} // namespace peernet
