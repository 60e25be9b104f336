// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/core/random.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>

using namespace peernet;

namespace {

/// A remote clock with a known error: it shows t + offset + drift × t at the reference time t.
struct true_clock {
  std::int64_t offset = 0;
  double drift = 0;
  [[nodiscard]] std::int64_t at(std::int64_t t) const {
    return t + offset + std::llround(drift * static_cast<double>(t));
  }
};

probe exchange(const true_clock& remote, std::int64_t t, std::int64_t there, std::int64_t stay,
               std::int64_t back) {
  return {.local = 0,
          .remote = 1,
          .t1 = t,
          .t2 = remote.at(t + there),
          .t3 = remote.at(t + there + stay),
          .t4 = t + there + stay + back};
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_estimate_test)

BOOST_AUTO_TEST_CASE(the_truth_lies_inside_the_bound_whatever_the_delays) {
  constexpr std::int64_t second = 1'000'000'000;
  auto random = random_source(42);
  const auto between = [&](double low, double high) {
    return low + random.uniform() * (high - low);
  };
  for (int trial = 0; trial < 500; ++trial) {
    const true_clock remote{std::llround(between(-3e9, 3e9)), between(-100e-6, 100e-6)};
    const auto slow_there = between(0, 5e6), slow_back = between(0, 5e6); // mean extra delay, ns
    std::vector<probe> probes;
    for (int i = 0; i < 30; ++i)
      probes.push_back(exchange(
          remote, std::llround(between(0, 20e9)), std::llround(random.exponential(slow_there)),
          std::llround(between(0, 50e3)), std::llround(random.exponential(slow_back))));
    const auto to_reference = estimate_clock(probes, 1, 0);
    const auto to_remote = estimate_clock(probes, 0, 1);
    BOOST_REQUIRE((to_reference.size() == 1 && to_remote.size() == 1));
    for (const auto t : {-5 * second, 0 * second, 7 * second, 20 * second, 60 * second}) {
      const auto shown = remote.at(t);
      const auto& r = to_reference.front();
      BOOST_TEST(std::abs(r.convert(shown) - t) <= r.bound(shown),
                 "trial " << trial << " at " << t << ": off by " << r.convert(shown) - t
                          << " with bound " << r.bound(shown));
      const auto& l = to_remote.front();
      BOOST_TEST(std::abs(l.convert(t) - shown) <= l.bound(t), "trial " << trial << " at " << t);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_quickest_exchange_decides) {
  const true_clock remote{1'000'000, 0};
  const auto segments = estimate_clock(std::vector{exchange(remote, 0, 9'000, 10, 1'000),
                                                   exchange(remote, 100'000, 300, 10, 100),
                                                   exchange(remote, 200'000, 2'000, 10, 2'000)},
                                       1, 0);
  BOOST_REQUIRE(segments.size() == 1);
  const auto& s = segments.front();
  // It saw 400 ns of delay in all, 100 ns more one way than the middle assumes.
  BOOST_TEST(s.offset_ns == -1'000'100);
  BOOST_TEST(s.bound_ns >= 200);
  BOOST_TEST(s.bound_ns <= 203);
  BOOST_TEST(s.anchor_ns == remote.at(100'305));
  BOOST_TEST(s.bound_growth == 200e-6);
  BOOST_TEST(s.bound(s.anchor_ns + 1'000'000) == s.bound_ns + 200);
}

BOOST_AUTO_TEST_CASE(equal_clocks_differ_by_exactly_nothing) {
  const auto segments = estimate_clock({}, 3, 3);
  BOOST_REQUIRE(segments.size() == 1);
  BOOST_TEST(segments.front().convert(123) == 123);
  BOOST_TEST(segments.front().bound(INT64_MAX) == 0);
}

BOOST_AUTO_TEST_CASE(without_a_possible_exchange_there_is_no_estimate) {
  BOOST_TEST(estimate_clock({}, 1, 0).empty());
  const probe impossible{.local = 0, .remote = 1, .t1 = 100, .t2 = 0, .t3 = 500, .t4 = 200};
  BOOST_TEST(estimate_clock(std::vector{impossible}, 1, 0).empty());
  BOOST_TEST(estimate_clock(std::vector{exchange({}, 0, 1, 1, 1)}, 2, 0).empty());
}

BOOST_AUTO_TEST_CASE(every_clock_that_was_probed_gets_its_segments) {
  auto asked_by_node = exchange({500, 0}, 0, 10, 0, 10);
  asked_by_node.local = 2; // node 2 asked clock 1
  auto asked_by_two = exchange({-700, 0}, 0, 10, 0, 10);
  asked_by_two.local = 2;
  asked_by_two.remote = 0; // and the reference
  const auto segments =
      estimate_clocks(std::vector{exchange({200, 0}, 0, 10, 0, 10), asked_by_node, asked_by_two});
  std::vector<std::pair<int, int>> pairs;
  for (const auto& s : segments)
    pairs.emplace_back(s.from, s.to);
  BOOST_TEST((pairs == std::vector<std::pair<int, int>>{{1, 0}, {1, 2}, {2, 0}, {2, 1}}));
  BOOST_TEST(segments[0].offset_ns == -200);
  BOOST_TEST(segments[1].offset_ns == -500);
  BOOST_TEST(segments[2].offset_ns == -700);
  BOOST_TEST(segments[3].offset_ns == 500);
}

BOOST_AUTO_TEST_SUITE_END()
