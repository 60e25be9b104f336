// SPDX-License-Identifier: MIT
#include "actors/engine/slot_schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace peernet;

namespace {

constexpr stamp start = stamp_from_ns(5'000'000'000);

slot_schedule poisson(double rate_hz, std::uint64_t seed, std::uint64_t copy = 0) {
  return {arrival::poisson, rate_hz, start, random_source::named(seed, "camera/arrival", copy)};
}

std::vector<stamp> first_slots(slot_schedule slots, int count) {
  std::vector<stamp> due;
  for (int i = 0; i < count; ++i, slots.advance())
    due.push_back(slots.due());
  return due;
}

/// Slot k is due at start + k / rate, to the nanosecond, for k up to a million.
void check_no_drift(std::int64_t rate_hz) {
  slot_schedule slots(arrival::periodic, static_cast<double>(rate_hz), start, random_source{1});
  std::int64_t worst = 0;
  for (std::int64_t k = 0; k <= 1'000'000; ++k, slots.advance()) {
    BOOST_REQUIRE(slots.seq() == static_cast<std::uint64_t>(k));
    const auto exact = k * 1'000'000'000 / rate_hz; // rounded down
    worst = std::max(worst, std::abs(to_ns(slots.due() - start) - exact));
  }
  BOOST_TEST(worst <= 1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(slot_schedule_test)

BOOST_AUTO_TEST_CASE(a_phase_moves_every_slot_by_the_same_part_of_a_period) {
  const auto at_once = first_slots({arrival::periodic, 10, stamp{}, random_source{1}}, 5);
  const auto later = first_slots({arrival::periodic, 10, stamp{}, random_source{1}, 0.25}, 5);
  for (std::size_t i = 0; i < at_once.size(); ++i)
    BOOST_TEST((later[i] - at_once[i]).count() == 25'000'000);
}

BOOST_AUTO_TEST_CASE(a_period_without_an_exact_length_does_not_drift) {
  check_no_drift(3);
}

BOOST_AUTO_TEST_CASE(a_fast_schedule_does_not_drift) {
  check_no_drift(1000);
}

BOOST_AUTO_TEST_CASE(the_first_periodic_slot_is_due_at_the_start) {
  slot_schedule slots(arrival::periodic, 10, start, random_source{1});
  BOOST_CHECK(slots.due() == start);
  slots.advance();
  BOOST_CHECK(slots.due() == start + std::chrono::milliseconds{100});
}

BOOST_AUTO_TEST_CASE(poisson_gaps_have_the_mean_and_spread_of_their_rate) {
  constexpr int count = 200'000;
  const auto due = first_slots(poisson(100, 1), count);
  double sum = 0, squares = 0;
  auto before = start;
  for (const auto t : due) {
    const auto gap = to_seconds(t - before);
    BOOST_REQUIRE(gap >= 0);
    sum += gap;
    squares += gap * gap;
    before = t;
  }
  const auto mean = sum / count;
  BOOST_TEST(mean == 0.01, boost::test_tools::tolerance(0.01));
  // An exponential distribution's deviation is its mean.
  BOOST_TEST(std::sqrt(squares / count - mean * mean) == 0.01, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(poisson_slots_follow_from_the_seed) {
  BOOST_CHECK(first_slots(poisson(50, 1), 100) == first_slots(poisson(50, 1), 100));
  BOOST_CHECK(first_slots(poisson(50, 1), 100) != first_slots(poisson(50, 2), 100));
  BOOST_CHECK(first_slots(poisson(50, 1, 0), 100) != first_slots(poisson(50, 1, 1), 100));
}

BOOST_AUTO_TEST_CASE(poisson_slots_are_numbered_like_any_others) {
  auto slots = poisson(50, 1);
  BOOST_TEST(slots.seq() == 0u);
  slots.advance();
  BOOST_TEST(slots.seq() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
