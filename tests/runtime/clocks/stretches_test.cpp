// SPDX-License-Identifier: MIT
#include "runtime/clocks/stretches.hpp"
#include "runtime/clocks/window.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

const course_settings settings;

simulated_pair plain() {
  return {.local = {}, .remote = {.offset = 1e9, .drift = 20e-6}, .path = {}};
}

cut_exchanges cut(const simulated_pair& pair, random_source& random) {
  return cut_into_stretches(bounds_of_all(pair.run(random), true), settings);
}

void expect_ordered(const cut_exchanges& c) {
  BOOST_REQUIRE(!c.stretches.empty());
  BOOST_TEST(c.stretches.front().first_ns == INT64_MIN);
  BOOST_TEST(c.stretches.back().last_ns == INT64_MAX);
  for (std::size_t i = 0; i < c.stretches.size(); ++i) {
    const auto& s = c.stretches[i];
    BOOST_TEST(!s.exchanges.empty());
    BOOST_TEST(std::ranges::is_sorted(s.exchanges, {}, &offset_bounds::begin));
    if (i > 0) // in between something happened
      BOOST_TEST(s.first_ns > c.stretches[i - 1].last_ns + 1);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(stretches_test)

BOOST_AUTO_TEST_CASE(without_exchanges_there_is_no_stretch) {
  BOOST_TEST(cut_into_stretches({}, settings).stretches.empty());
}

BOOST_AUTO_TEST_CASE(exchanges_that_agree_are_one_stretch_in_whatever_order_they_come) {
  random_source random(1);
  auto probes = plain().run(random);
  shuffle(probes, random);
  const auto found = cut_into_stretches(bounds_of_all(probes, true), settings);
  expect_ordered(found);
  BOOST_TEST(found.stretches.size() == 1u);
  BOOST_TEST(found.stretches.front().exchanges.size() == probes.size());
  BOOST_TEST(found.bad_stamps.empty());
}

BOOST_AUTO_TEST_CASE(a_step_lies_between_two_stretches) {
  for (int trial = 0; trial < 100; ++trial) {
    BOOST_TEST_INFO_SCOPE("trial " << trial);
    random_source random(static_cast<std::uint64_t>(trial));
    auto pair = plain();
    auto& clock = trial % 2 ? pair.local : pair.remote;
    clock.step_at = between(random, 1e9, 9e9);
    clock.step_by = any_magnitude(random, 5, 9);
    const auto found = cut(pair, random);
    expect_ordered(found);
    BOOST_TEST_REQUIRE(found.stretches.size() == 2u);
    BOOST_TEST(found.stretches[0].last_ns < pair.local.at(clock.step_at + 1));
    BOOST_TEST(found.stretches[1].first_ns > pair.local.at(clock.step_at - 1));
    BOOST_TEST(found.stretches[1].first_ns - found.stretches[0].last_ns <
               second / 2 + pair.local.step_by);
  }
}

BOOST_AUTO_TEST_CASE(two_steps_make_three_stretches) {
  random_source random(2);
  auto pair = plain();
  pair.remote.step_at = 3e9;
  pair.remote.step_by = 1e6;
  pair.local.step_at = 6e9;
  pair.local.step_by = 1e6;
  BOOST_TEST(cut(pair, random).stretches.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_long_gap_lies_between_two_stretches_that_nobody_watched) {
  random_source random(6);
  const auto all = bounds_of_all(plain().run(random), true);
  for (const auto& [gap, parts] : {std::pair{3 * second, 1u}, {5 * second, 2u}}) {
    auto some = all;
    std::erase_if(some, [&](const offset_bounds& b) {
      return b.end() > 2 * second && b.begin() < 2 * second + gap;
    });
    const auto found = cut_into_stretches(some, settings);
    expect_ordered(found);
    BOOST_TEST_REQUIRE(found.stretches.size() == parts);
    BOOST_TEST(!found.stretches[0].unwatched_before);
    if (parts == 1)
      continue;
    BOOST_TEST(found.stretches[1].unwatched_before);
    BOOST_TEST(found.stretches[0].last_ns < 2 * second);
    BOOST_TEST(found.stretches[1].first_ns > 7 * second);
  }
}

BOOST_AUTO_TEST_CASE(coarse_exchanges_stand_alone_but_where_quick_ones_are_around) {
  random_source random(7);
  auto all = bounds_of_all(plain().run(random), true);
  const auto between = [&](std::int64_t begin, std::int64_t end) {
    auto some = all;
    for (auto& b : some)
      b.coarse = b.begin() > begin && b.begin() < end;
    const auto found = cut_into_stretches(some, settings);
    expect_ordered(found);
    return found.stretches;
  };
  BOOST_TEST(between(3 * second, 5 * second).size() == 1u); // a help
  BOOST_TEST(between(3 * second, 8 * second).size() == 3u);
  const auto until_the_end = between(8 * second, 20 * second); // though it is short
  BOOST_TEST_REQUIRE(until_the_end.size() == 2u);
  for (const auto& b : until_the_end[1].exchanges)
    BOOST_TEST(b.coarse);
  BOOST_TEST(between(-second, second).size() == 2u);
  BOOST_TEST(between(-second, 20 * second).size() == 1u); // there is nothing else
}

BOOST_AUTO_TEST_CASE(one_exchange_against_all_others_is_left_out) {
  random_source random(3);
  auto exchanges = bounds_of_all(plain().run(random), true);
  const auto n = exchanges.size();
  for (const auto i : {n / 3, n / 2}) {
    exchanges[i].high -= 300 * us;
    exchanges[i].low -= 300 * us;
  }
  const auto found = cut_into_stretches(exchanges, settings);
  BOOST_TEST(found.stretches.size() == 1u);
  BOOST_TEST(found.stretches.front().exchanges.size() == n - 2);
  BOOST_TEST_REQUIRE(found.bad_stamps.size() == 2u);
  BOOST_TEST((found.bad_stamps[0].what == course_event::kind::bad_stamp));
  BOOST_TEST(found.bad_stamps[0].begin_ns == exchanges[n / 3].begin());
  BOOST_TEST(found.bad_stamps[1].end_ns == exchanges[n / 2].end());
  BOOST_TEST_REQUIRE(found.lone.size() == 2u);
  BOOST_TEST(found.lone[0].said.high == exchanges[n / 3].high);
  BOOST_TEST(found.lone[0].begin_ns == exchanges[n / 3 - 1].begin());
  BOOST_TEST(found.lone[0].end_ns == exchanges[n / 3 + 1].end());
}

BOOST_AUTO_TEST_CASE(a_late_one_in_its_window_is_judged_by_what_comes_behind) {
  for (const double rate : {1.0, 20.0})
    for (int before_the_end = 0; before_the_end < 6; ++before_the_end) {
      BOOST_TEST_INFO_SCOPE(before_the_end << " before the window's end, " << rate
                                           << " per second");
      random_source random(4);
      auto pair = plain();
      pair.length = 30e9;
      pair.rate = rate;
      auto exchanges = bounds_of_all(pair.run(random), true);
      const auto window_end =
          exchanges.front().begin() + settings.window_ns + overlap_of(settings.window_ns);
      const auto behind =
          std::ranges::lower_bound(exchanges, window_end, {}, &offset_bounds::begin);
      auto& bad = *(behind - 1 - before_the_end);
      bad.high += 100 * ms;
      bad.low += 100 * ms;
      const auto found = cut_into_stretches(exchanges, settings);
      BOOST_TEST(found.stretches.size() == 1u);
      BOOST_TEST(found.bad_stamps.size() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(a_stretch_of_few_exchanges_is_doubtful) {
  stretch s{.exchanges = std::vector<offset_bounds>(stretch::witnesses - 1)};
  BOOST_TEST(s.doubtful());
  s.exchanges.emplace_back();
  BOOST_TEST(!s.doubtful());
}

BOOST_AUTO_TEST_CASE(there_and_back_in_less_than_no_time_is_never_used) {
  random_source random(5);
  auto probes = plain().run(random);
  probes.back().t4 -= 2 * ms;
  const auto found = cut_into_stretches(bounds_of_all(probes, true), settings);
  BOOST_TEST(found.stretches.front().exchanges.size() == probes.size() - 1);
  BOOST_TEST(found.lone.empty()); // it says nothing
  BOOST_TEST_REQUIRE(found.bad_stamps.size() == 1u);
  BOOST_TEST(found.bad_stamps[0].size_ns == -probes.back().round_trip());
  probes.erase(probes.begin(), probes.end() - 1);
  BOOST_TEST(cut_into_stretches(bounds_of_all(probes, true), settings).stretches.empty());
}

BOOST_AUTO_TEST_SUITE_END()
