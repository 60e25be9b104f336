// SPDX-License-Identifier: MIT
#include "runtime/clocks/live_clocks.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(live_clocks_test)

BOOST_AUTO_TEST_CASE(the_truth_lies_inside_the_bound_whatever_the_delays) {
  random_source random(42);
  for (int trial = 0; trial < 200; ++trial) {
    const simulated_clock local, remote{.offset = (random.uniform() - 0.5) * 6e9,
                                        .drift = (random.uniform() - 0.5) * 200e-6};
    const simulated_path path{.there = {5e3, random.uniform() * 2e6},
                              .back = {20e3, random.uniform() * 2e6}};
    live_clocks sut;
    for (const auto& p : simulate(local, remote, path, 0, 20e9, 2, random)) {
      sut.add(p);
      const auto all = sut.segments();
      BOOST_REQUIRE(all.size() == 1);
      BOOST_TEST((all.front().from == 1 && all.front().to == 0));
      const auto now = static_cast<double>(p.t4);
      const auto shown = remote.at(now);
      BOOST_TEST(std::abs(all.front().convert(shown) - local.at(now)) <= all.front().bound(shown));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_exchange_that_says_most_now_is_kept) {
  const auto exchange = [](std::int64_t t, std::int64_t trip) {
    return probe{
        .local = 0, .remote = 1, .t1 = t, .t2 = t + trip / 2, .t3 = t + trip / 2, .t4 = t + trip};
  };
  live_clocks sut;
  sut.add(exchange(0, 100'000));
  sut.add(exchange(second, 20'000));
  BOOST_TEST(sut.segments().front().bound_ns < 10'100);
  sut.add(exchange(second + 1'000'000, 40'000)); // wider than the other is by now
  BOOST_TEST(sut.segments().front().bound_ns < 10'100);
  sut.add(exchange(2 * second, 40'000)); // the other has grown by 200 µs
  BOOST_TEST(sut.segments().front().bound_ns > 20'000);
}

BOOST_AUTO_TEST_CASE(shared_clocks_and_impossible_exchanges_say_nothing) {
  live_clocks sut;
  sut.add({.local = 0, .remote = 0, .t1 = 0, .t2 = 1, .t3 = 1, .t4 = 2});
  sut.add({.local = 0, .remote = 1, .t1 = 100, .t2 = 0, .t3 = 500, .t4 = 200});
  BOOST_TEST(sut.segments().empty());
}

BOOST_AUTO_TEST_CASE(clocks_beside_the_reference_are_converted_both_ways) {
  live_clocks sut;
  sut.add({.local = 2, .remote = 1, .t1 = 0, .t2 = 505, .t3 = 505, .t4 = 10});
  sut.add({.local = 2, .remote = 0, .t1 = 0, .t2 = -695, .t3 = -695, .t4 = 10});
  std::vector<std::pair<int, int>> pairs;
  for (const auto& s : sut.segments())
    pairs.emplace_back(s.from, s.to);
  BOOST_TEST((pairs == std::vector<std::pair<int, int>>{{2, 0}, {2, 1}, {1, 2}}));
  BOOST_TEST(sut.segments()[0].offset_ns == -700);
  BOOST_TEST(sut.segments()[1].offset_ns == 500);
  BOOST_TEST(sut.segments()[2].offset_ns == -500);
}

BOOST_AUTO_TEST_SUITE_END()
