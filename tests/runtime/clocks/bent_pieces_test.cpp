// SPDX-License-Identifier: MIT
#include "runtime/clocks/bent_pieces.hpp"
#include "runtime/clocks/offset_strip.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr auto cell = 100 * ms;

std::vector<clock_segment> cover(const simulated_pair& pair, random_source& random,
                                 double slope = 0) {
  const auto all = bounds_of_all(pair.run(random), true);
  return cover_bent(all, 0, 1, 0, 10 * second, cell, slope);
}

void expect_gapless(std::span<const clock_segment> pieces, std::int64_t begin, std::int64_t end) {
  BOOST_REQUIRE(!pieces.empty());
  BOOST_TEST(pieces.front().first_ns == begin);
  BOOST_TEST(pieces.back().last_ns == end - 1);
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
    BOOST_TEST(pieces[i].last_ns + 1 == pieces[i + 1].first_ns);
}

} // namespace

BOOST_AUTO_TEST_SUITE(bent_pieces_test)

BOOST_AUTO_TEST_CASE(a_sine_that_is_seen_often_enough_lies_inside) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    simulated_pair pair{.local = {}, .remote = {.offset = 1e9, .drift = 50e-6}, .path = {}};
    pair.rate = between(random, 20, 200);
    pair.remote.period = between(random, 1.6e9, 20e9); // 8 knots at 20 per second and more
    pair.remote.wander = any_magnitude(random, -5, -3.3) * pair.remote.period / 6.3;
    const auto pieces = cover(pair, random, pair.remote.drift);
    expect_gapless(pieces, 0, 10 * second);
    const auto found = judge(pieces, pair, true, 0, 9.999e9, random);
    BOOST_TEST(found.outside == 0, "trial " << trial << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(a_step_between_two_knots_is_covered_by_both_sides) {
  for (int trial = 0; trial < 100; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    simulated_pair pair{.local = {}, .remote = {.offset = 1e9}, .path = {}};
    pair.remote.step_at = between(random, 1e9, 9e9);
    pair.remote.step_by = any_magnitude(random, 3, 6);
    pair.rate = any_magnitude(random, 0, 2);
    const auto slope = between(random, -200e-6, 200e-6); // as a line through both sides has one
    const auto pieces = cover(pair, random, slope);
    const auto found = judge(pieces, pair, true, 0, 9.999e9, random);
    BOOST_TEST(found.outside == 0, "trial " << trial << ": " << found);
    BOOST_TEST(std::ranges::all_of(pieces, &clock_segment::unsteady));
  }
}

BOOST_AUTO_TEST_CASE(of_each_cell_the_quickest_exchange_decides) {
  const std::vector<offset_bounds> exchanges{{0, 5000, 6000, -1000, 6000},
                                             {20 * ms, 1000, 20 * ms + 2000, -1000, 2000},
                                             {cell, 500, cell + 1000, -500, 1000},
                                             {2 * cell, 500, 2 * cell + 1000, -500, 1000}};
  const auto pieces = cover_bent(exchanges, 0, 1, 0, 3 * cell, cell, 0);
  expect_gapless(pieces, 0, 3 * cell);
  BOOST_TEST(pieces.size() == 4u); // before, between and behind three knots
  BOOST_TEST(pieces[1].first_ns == 20 * ms + 1000);
  BOOST_TEST(pieces[1].offset_ns == 0);
  // 1000 ns, and a quarter of what 100 ppm make over 80 ms
  BOOST_TEST(std::abs(pieces[1].bound_ns - 3000) < 5);
  BOOST_TEST(pieces[3].bound_growth == 1e-4);
}

BOOST_AUTO_TEST_CASE(two_knots_alone_tell_nothing_of_the_rate_between_them) {
  const std::vector<offset_bounds> exchanges{{0, 500, 1000, -500, 1000},
                                             {cell, 500, cell + 1000, -500, 1000}};
  const auto pieces = cover_bent(exchanges, 0, 1, 0, 2 * cell, cell, 0);
  BOOST_TEST(pieces.size() == 3u);
  BOOST_TEST(std::abs(pieces[1].bound_ns - (500 + offset_strip::steepest * cell)) < 5);
}

BOOST_AUTO_TEST_CASE(one_exchange_covers_everything_with_a_bound_that_grows) {
  const std::vector<offset_bounds> one{{5000, 700, 6000, -300, 1000}};
  const auto pieces = cover_bent(one, 3, 4, 0, second, cell, 0);
  expect_gapless(pieces, 0, second);
  for (const auto& p : pieces) {
    BOOST_TEST((p.from == 3 && p.to == 4));
    BOOST_TEST(p.bound(5500) >= 500);
    BOOST_TEST(p.bound(5500) <= 503);
    BOOST_TEST(p.bound_growth == 1e-4);
  }
}

BOOST_AUTO_TEST_SUITE_END()
