// SPDX-License-Identifier: MIT
#include "runtime/clocks/offset_strip.hpp"
#include "runtime/clocks/stretch_fit.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

simulated_pair plain() {
  return {.local = {}, .remote = {.offset = -2e9, .drift = -70e-6}, .path = {}, .length = 20e9};
}

stretch stretch_of(const simulated_pair& pair, random_source& random) {
  return {.exchanges = bounds_of_all(pair.run(random), true)};
}

void expect_gapless(const stretch& s, const fitted_stretch& fitted) {
  BOOST_REQUIRE(!fitted.segments.empty());
  BOOST_TEST(fitted.segments.front().first_ns == s.first_ns);
  BOOST_TEST(fitted.segments.back().last_ns == s.last_ns);
  for (std::size_t i = 0; i + 1 < fitted.segments.size(); ++i)
    BOOST_TEST(fitted.segments[i].last_ns + 1 == fitted.segments[i + 1].first_ns);
}

} // namespace

BOOST_AUTO_TEST_SUITE(stretch_fit_test)

BOOST_AUTO_TEST_CASE(windows_cover_the_exchanges_and_lines_go_on_beyond) {
  random_source random(1);
  const auto s = stretch_of(plain(), random);
  const auto fitted = fit_stretch(s, 0, 1, {});
  expect_gapless(s, fitted);
  BOOST_TEST(fitted.segments.size() == 2u + 3u); // 20.4 s in windows of at most 8 s
  BOOST_TEST(fitted.events.empty());
  for (const auto& f : fitted.segments)
    BOOST_TEST((f.from == 0 && f.to == 1));
  BOOST_TEST(judge(fitted.segments, plain(), true, -100e9, 120e9, random).outside == 0);
}

BOOST_AUTO_TEST_CASE(a_window_may_be_asked_to_be_longer) {
  random_source random(1);
  const auto s = stretch_of(plain(), random);
  BOOST_TEST(fit_stretch(s, 0, 1, {.window_ns = 30 * second}).segments.size() == 2u + 1u);
}

BOOST_AUTO_TEST_CASE(beyond_the_exchanges_the_bound_grows_with_what_rates_are_possible) {
  random_source random(2);
  auto pair = plain();
  pair.length = 2e9;
  const course_settings settings{.rate_beyond = 1e-5};
  const auto s = stretch_of(pair, random);
  const auto fitted = fit_stretch(s, 0, 1, settings);
  const auto& inside = fitted.segments[1];
  const auto& tail = fitted.segments.back();
  const auto end = tail.anchor_ns;
  BOOST_TEST(tail.bound(end) >= inside.bound(end));
  BOOST_TEST(tail.bound(end) <= inside.bound(end) + 2);
  BOOST_TEST(tail.bound_growth >= settings.rate_beyond);
  BOOST_TEST(tail.bound_growth < 1e-4);
  auto turning = pair; // from the last exchange on the remote clock gains 10 ppm
  turning.remote.drift += 1e-5;
  turning.remote.offset -= 1e-5 * (pair.length + 0.2e9);
  BOOST_TEST(judge(fitted.segments, turning, true, pair.length + 0.2e9, 200e9, random).outside ==
             0);
}

BOOST_AUTO_TEST_CASE(a_stretch_that_ends_is_not_passed) {
  random_source random(3);
  auto s = stretch_of(plain(), random);
  s.first_ns = 1 * second;
  s.last_ns = 19 * second;
  std::erase_if(s.exchanges, [&](const offset_bounds& b) { return b.end() > s.last_ns; });
  expect_gapless(s, fit_stretch(s, 0, 1, {}));
}

BOOST_AUTO_TEST_CASE(one_exchange_is_enough_for_a_wide_bound) {
  const stretch s{.exchanges = {{0, 9000, 10'000, -1000, 10'000}}};
  const auto fitted = fit_stretch(s, 0, 1, {});
  expect_gapless(s, fitted);
  BOOST_TEST(fitted.segments[1].bound(5000) >= 5000);
  BOOST_TEST(fitted.segments[1].bound(5000) <= 5050);
  BOOST_TEST(fitted.segments.back().bound_growth >= offset_strip::steepest);
}

BOOST_AUTO_TEST_CASE(clocks_that_bend_are_told_from_paths_that_queue) {
  random_source random(4);
  auto queueing = plain();
  queueing.path.there.queue = 500e3;
  BOOST_TEST(fit_stretch(stretch_of(queueing, random), 0, 1, {}).events.empty());
  auto bending = plain();
  bending.remote.wander = 5e3; // less than the delays: lines still fit
  bending.remote.period = 5e9;
  const auto fitted = fit_stretch(stretch_of(bending, random), 0, 1, {});
  BOOST_TEST_REQUIRE(!fitted.events.empty());
  BOOST_TEST((fitted.events.front().what == course_event::kind::wander));
  BOOST_TEST(fitted.events.front().size_ns > 1 * us);
  BOOST_TEST(judge(fitted.segments, bending, true, -0.2e9, 20.2e9, random).outside == 0);
}

BOOST_AUTO_TEST_CASE(room_that_only_short_times_leave_widens_the_bound) {
  // A step smaller than the delays, behind queues: every exchange of both sides fits one line, and
  // the round trips tell nothing.
  for (int trial = 0; trial < 200; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    auto pair = plain();
    pair.rate = between(random, 10, 40);
    pair.path = {.there = {47e3, 100e3}, .back = {6e3, 100e3}};
    pair.remote.step_at = between(random, 5e9, 15e9);
    pair.remote.step_by = between(random, 10e3, 30e3);
    const auto fitted = fit_stretch(stretch_of(pair, random), 0, 1, {});
    const auto found = judge(fitted.segments, pair, true, 0, 20e9, random);
    BOOST_TEST(found.outside == 0, "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(a_step_in_a_gap_at_the_joint_of_two_windows_bends_both_lines) {
  // By the exchanges of its own window alone each line would go straight on to the joint, past the
  // step, with a bound of less than the step: the windows are three times as long as the gap.
  for (int trial = 0; trial < 200; ++trial) {
    random_source random(300 + static_cast<std::uint64_t>(trial));
    auto pair = plain();
    pair.length = between(random, 15e9, 15.6e9); // two windows
    pair.path = {.there = {95e3, 2e3}, .back = {5e3, 2e3}};
    if (trial % 2)
      std::swap(pair.path.there, pair.path.back);
    const auto half = between(random, 1e9, 2.2e9); // also wider than what windows share anyway
    pair.remote.step_at = pair.length / 2 + between(random, -0.9, 0.9) * half;
    pair.remote.step_by = between(random, 80e3, 95e3); // one line fits both sides
    auto s = stretch_of(pair, random);
    std::erase_if(s.exchanges, [&](const offset_bounds& b) {
      return std::abs(static_cast<double>(b.begin()) - pair.length / 2) < half;
    });
    const auto found = judge(fit_stretch(s, 0, 1, {}).segments, pair, true, 0, pair.length, random);
    BOOST_TEST(found.outside == 0, "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(the_worst_check_of_all_windows_is_kept) {
  random_source random(6);
  const auto fitted = fit_stretch(stretch_of(plain(), random), 0, 1, {});
  BOOST_REQUIRE(fitted.checked.has_value());
  BOOST_TEST(std::abs(fitted.checked->difference_ns) <= fitted.checked->bound_ns);
}

BOOST_AUTO_TEST_SUITE_END()
