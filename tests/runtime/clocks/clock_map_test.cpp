// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_map.hpp"
#include "runtime/clocks/offset_strip.hpp"
#include "tests/runtime/clocks/simulated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// Of the mapped ends, and of what simulated clocks show.
constexpr std::int64_t rounding = 3;

clock_map map_of(const simulated_trio& trio, random_source& random) {
  const auto probes = trio.run(random);
  return clock_map(estimate_clocks({.probes = probes, .looks = {}, .names = trio_names}).segments);
}

/// What became of some durations of 1 µs to 3 s, each between any two of the clocks, or on one.
struct fared {
  int outside = 0;      ///< the truth was not within the bound
  int inconsistent = 0; ///< with the ends, mapped each by itself
  int unmapped = 0;
  double worst_begin_s = 0, worst_length_s = 0; ///< of one that was outside
  std::int64_t worst_excess = 0;

  friend std::ostream& operator<<(std::ostream& out, const fared& f) {
    return out << f.outside << " outside, up to " << f.worst_excess << " ns beyond, at "
               << f.worst_begin_s << " s for " << f.worst_length_s << " s; " << f.inconsistent
               << " inconsistent, " << f.unmapped << " unmapped";
  }
};

fared try_durations(const clock_map& sut, const simulated_trio& trio, random_source& random) {
  fared found;
  for (int i = 0; i < 500; ++i) {
    const auto from = static_cast<clock_id>(random.between(0, 2));
    const auto to = static_cast<clock_id>(random.between(0, 2));
    const auto length = any_magnitude(random, 3, 9.5);
    auto begin = between(random, -0.2e9, std::max(0.0, trio.length - length));
    for (const auto& c : trio.clocks) // half of them at the step, if there is one
      if (c.step_by != 0 && i % 2)
        begin = std::max(-0.2e9, c.step_at - random.uniform() * length);
    const auto end = std::min(begin + length, trio.length + 0.2e9);
    const auto b = trio.clocks[from].at(begin), e = trio.clocks[to].at(end);
    const auto truth =
        trio.clocks[reference_clock].at(end) - trio.clocks[reference_clock].at(begin);
    const auto took = sut.between(from, b, to, e);
    const auto first = sut.to_reference(from, b), last = sut.to_reference(to, e);
    if (!took || !first || !last) {
      ++found.unmapped;
      continue;
    }
    const auto excess = std::abs(took->ns - truth) - took->bound - rounding;
    found.outside += excess > 0;
    if (excess > found.worst_excess)
      found = {found.outside, found.inconsistent, found.unmapped,
               begin * 1e-9,  length * 1e-9,      excess};
    found.inconsistent += std::abs(took->ns - (last->ns - first->ns)) >
                          took->bound + first->bound + last->bound + rounding;
    BOOST_TEST(took->bound <= first->bound + last->bound); // else the ends say more
  }
  return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_map_test)

BOOST_AUTO_TEST_CASE(the_reference_clock_needs_no_segment) {
  const clock_map sut;
  BOOST_TEST(sut.to_reference(0, 42)->ns == 42);
  BOOST_TEST(sut.to_reference(0, 42)->bound == 0);
  BOOST_TEST(!sut.to_reference(1, 42).has_value());
  BOOST_TEST(sut.between(0, 10, 0, 3'000'000'010)->ns == 3'000'000'000);
  BOOST_TEST(sut.between(0, 10, 0, 3'000'000'010)->bound == 0);
}

BOOST_AUTO_TEST_CASE(without_an_estimate_a_clocks_own_seconds_count_with_any_rate_in_the_bound) {
  const clock_map sut;
  BOOST_TEST(sut.between(5, 10, 5, 1'000'010)->ns == 1'000'000);
  BOOST_TEST(sut.between(5, 10, 5, 1'000'010)->bound == 1e6 * offset_strip::steepest);
  BOOST_TEST(!sut.between(5, 10, 6, 30).has_value());
}

BOOST_AUTO_TEST_CASE(a_clocks_own_seconds_say_nothing_across_what_may_have_been_a_step) {
  clock_segment before{.from = 1, .to = 0, .first_ns = 100, .last_ns = 199, .bound_ns = 9};
  before.steady_last_ns = 199;
  clock_segment steps{.from = 1, .to = 0, .first_ns = 200, .last_ns = 300, .bound_ns = 9};
  steps.forget_rate();
  clock_segment behind{.from = 1, .to = 0, .first_ns = 301, .last_ns = 400, .bound_ns = 9};
  behind.steady_first_ns = 301;
  const clock_map sut({before, steps, behind});
  BOOST_TEST(sut.between(1, 50, 1, 199)->ns == 149); // before it
  BOOST_TEST(sut.between(1, 301, 1, 1'000)->ns == 699);
  BOOST_TEST(!sut.between(1, 50, 1, 200).has_value());
  BOOST_TEST(!sut.between(1, 50, 1, 350).has_value());
  BOOST_TEST(!sut.between(1, 50, 1, 1'000).has_value());
  BOOST_TEST(!sut.between(1, 300, 1, 1'000).has_value());
  BOOST_TEST(sut.between(1, 150, 1, 350)->bound == 18); // the ends are known
}

BOOST_AUTO_TEST_CASE(several_segments_share_the_time_between_them) {
  const clock_map sut({{.from = 1, .to = 0, .first_ns = 100, .last_ns = 199, .offset_ns = 2},
                       {.from = 1, .to = 0, .last_ns = 99, .offset_ns = 1},
                       {.from = 1, .to = 0, .first_ns = 300, .offset_ns = 3},
                       {.from = 2, .to = 0, .offset_ns = 9}});
  BOOST_TEST(sut.to_reference(1, INT64_MIN / 2)->ns == INT64_MIN / 2 + 1);
  BOOST_TEST(sut.to_reference(1, 99)->ns == 100);
  BOOST_TEST(sut.to_reference(1, 100)->ns == 102);
  BOOST_TEST(!sut.to_reference(1, 200).has_value()); // a gap
  BOOST_TEST(sut.to_reference(1, 300)->ns == 303);
  BOOST_TEST(sut.to_reference(2, 0)->ns == 9);
}

BOOST_AUTO_TEST_CASE(a_direct_estimate_goes_before_the_way_across_the_reference) {
  std::vector<clock_segment> segments{{.from = 1, .to = 0, .offset_ns = 10, .bound_ns = 5},
                                      {.from = 2, .to = 0, .offset_ns = -10, .bound_ns = 6}};
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->ns == 80);
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->bound == 11);
  segments.push_back({.from = 1, .to = 2, .offset_ns = 21, .bound_ns = 1});
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->ns == 79);
  BOOST_TEST(clock_map(segments).between(1, 0, 2, 100)->bound == 1);
  BOOST_TEST(clock_map(segments).between(2, 0, 1, 100)->ns == 120); // only the other way is known
}

BOOST_AUTO_TEST_CASE(durations_are_in_seconds_of_the_reference_clock) {
  // Clock 2 gains 1 ms in a second, or between 0.9 and 1.1 ms.
  const std::vector<clock_segment> segments{
      {.from = 1, .to = 0, .bound_ns = 100'000},
      {.from = 2, .to = 0, .drift = -1e-3, .bound_ns = 200'000, .drift_bound = 1e-4},
      {.from = 1, .to = 2, .bound_ns = 1'000}};
  const clock_map sut(segments);
  const auto same = sut.between(2, 0, 2, 1'000'000'000).value();
  BOOST_TEST((same.ns == 999'000'000 && same.bound == 100'000));
  const auto direct = sut.between(1, 0, 2, 1'000'000'000).value();
  BOOST_TEST((direct.ns == 999'000'000 && direct.bound == 100'000 + 1'001));
  // For so long the mapped ends are nearer to each other.
  const auto longer = sut.between(1, 0, 2, 4'000'000'000).value();
  BOOST_TEST((longer.ns == 3'996'000'000 && longer.bound == 300'000));
}

BOOST_AUTO_TEST_CASE(where_a_clock_may_have_stepped_meanwhile_only_the_mapped_ends_count) {
  const std::vector<clock_segment> segments{{.from = 1, .to = 0, .last_ns = 99, .bound_ns = 4},
                                            {.from = 1,
                                             .to = 0,
                                             .first_ns = 100,
                                             .offset_ns = -50,
                                             .bound_ns = 5,
                                             .steady_first_ns = 90}};
  const clock_map sut(segments);
  BOOST_TEST((sut.between(1, 80, 1, 180)->ns == 50 && sut.between(1, 80, 1, 180)->bound == 9));
  BOOST_TEST((sut.between(1, 90, 1, 190)->ns == 100 && sut.between(1, 90, 1, 190)->bound == 0));
}

BOOST_AUTO_TEST_CASE(a_begin_that_may_lie_before_a_step_is_no_begin_of_a_steady_time) {
  const std::vector<clock_segment> segments{
      {.from = 2, .to = 0, .bound_ns = 500, .steady_first_ns = 1'000},
      {.from = 1, .to = 0, .bound_ns = 400},
      {.from = 1, .to = 2, .bound_ns = 50}};
  const clock_map sut(segments);
  BOOST_TEST(sut.between(1, 1'050, 2, 2'000)->bound == 50);
  BOOST_TEST(sut.between(1, 1'049, 2, 2'000)->bound == 900);
}

BOOST_AUTO_TEST_CASE(durations_of_any_length_hold_the_truth_however_clocks_drift) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    const auto trio = any_trio(random);
    const auto found = try_durations(map_of(trio, random), trio, random);
    BOOST_TEST((found.outside == 0 && found.inconsistent == 0 && found.unmapped == 0),
               "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(durations_hold_the_truth_across_a_step_of_any_of_the_clocks) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(1000 + static_cast<std::uint64_t>(trial));
    auto trio = any_trio(random);
    for (auto& p : trio.paths)
      p = any_idle_pair(random).path;
    auto& c = trio.clocks[random.between(0, 2)];
    if (trial % 3 == 0)
      c = {.drift = c.drift, .wander = 100e3, .period = between(random, 3e9, 30e9)};
    c.step_at = between(random, 0.2, 0.8) * trio.length;
    c.step_by = any_magnitude(random, 5, 9);
    const auto found = try_durations(map_of(trio, random), trio, random);
    BOOST_TEST((found.outside == 0 && found.inconsistent == 0 && found.unmapped == 0),
               "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(durations_hold_the_truth_while_queues_hide_what_clocks_do) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(3000 + static_cast<std::uint64_t>(trial));
    auto trio = any_trio(random);
    auto& c = trio.clocks[random.between(0, 2)];
    c.period = any_magnitude(random, 0, 1) * 1e9;
    c.wander = any_magnitude(random, 3, 4.3);
    const auto found = try_durations(map_of(trio, random), trio, random);
    BOOST_TEST((found.outside == 0 && found.inconsistent == 0 && found.unmapped == 0),
               "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(durations_hold_the_truth_while_rates_change) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(2000 + static_cast<std::uint64_t>(trial));
    auto trio = any_trio(random);
    auto& c = trio.clocks[random.between(1, 2)];
    if (trial % 2) { // hardly to be seen
      c.period = any_magnitude(random, 0, 1.5) * 1e9;
      c.wander = any_magnitude(random, -7, std::log10(5e-6)) * c.period / (2 * std::numbers::pi);
    } else { // not to be overlooked
      for (auto& p : trio.paths)
        p = any_idle_pair(random).path;
      c.wander = between(random, 100e3, 500e3);
      c.period = 2 * std::numbers::pi * c.wander / any_magnitude(random, -4.3, -3.3);
    }
    const auto found = try_durations(map_of(trio, random), trio, random);
    BOOST_TEST((found.outside == 0 && found.inconsistent == 0 && found.unmapped == 0),
               "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(short_durations_are_known_far_better_than_the_clocks_are) {
  random_source random(3);
  simulated_trio trio;
  trio.clocks[1] = {.offset = 1e9, .drift = 50e-6};
  trio.clocks[2] = {.offset = -2e9, .drift = -80e-6};
  for (auto* d : {&trio.paths[0].there, &trio.paths[0].back})
    d->floor = 200e3; // clock 1 is known to 200 µs only, and to clock 2 to 10
  const auto sut = map_of(trio, random);
  for (double t = 0; t < 9.5e9; t += 0.1e9) {
    const auto b = trio.clocks[1].at(t);
    BOOST_TEST(sut.to_reference(1, b)->bound > 150 * us);
    BOOST_TEST(sut.between(1, b, 1, b + 10 * ms)->bound < 5 * us);
    BOOST_TEST(sut.between(1, b, 2, trio.clocks[2].at(t + 100e6))->bound < 30 * us);
  }
}

BOOST_AUTO_TEST_SUITE_END()
