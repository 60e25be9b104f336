// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"
#include "transports/arrival_clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr std::int64_t us = 1'000, ms = 1'000'000, s = 1'000'000'000;

/// A machine whose truth is known: monotonic time `t`, the wall clock ahead by `ahead`.
struct machine {
  std::int64_t ahead = 1'700'000'000 * s;

  [[nodiscard]] std::int64_t wall(std::int64_t t) const { return t + ahead; }
  /// The wall clock is read at `t`, between two readings `before` earlier and `after` later.
  [[nodiscard]] wall_reading read(std::int64_t t, std::int64_t before = 20,
                                  std::int64_t after = 30) const {
    return {stamp_from_ns(t - before), wall(t), stamp_from_ns(t + after)};
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(arrival_clock_test)

BOOST_AUTO_TEST_CASE(a_kernel_stamp_is_converted_late_by_no_more_than_the_reading_is_wide) {
  const machine m;
  arrival_clock sut(m.read(0));
  for (std::int64_t t = 1 * ms; t < 100 * ms; t += ms) {
    const auto a = sut.arrival_of(m.wall(t), m.read(t + 50 * us));
    BOOST_TEST(a.by_kernel);
    BOOST_TEST(to_ns(a.at) >= t);
    BOOST_TEST(to_ns(a.at) <= t + 50);
  }
}

BOOST_AUTO_TEST_CASE(without_a_kernel_stamp_the_own_reading_counts) {
  const machine m;
  arrival_clock sut(m.read(0));
  const auto a = sut.arrival_of(std::nullopt, m.read(1 * ms));
  BOOST_TEST(!a.by_kernel);
  BOOST_TEST(to_ns(a.at) == 1 * ms + 30);
}

BOOST_AUTO_TEST_CASE(a_stamp_is_never_later_than_the_moment_it_was_read) {
  const machine m;
  arrival_clock sut(m.read(0));
  const auto a = sut.arrival_of(m.wall(1 * ms), m.read(1 * ms, 20, 500));
  BOOST_TEST(to_ns(a.at) <= 1 * ms + 500);
  BOOST_TEST(to_ns(a.at) >= 1 * ms);
}

BOOST_AUTO_TEST_CASE(no_step_of_the_wall_clock_makes_a_stamp_early) {
  // Set at 10 ms, by little or much, forwards or backwards; one datagram before, one after, both
  // read afterwards, soon or later.
  for (const auto step : {-100 * s, -1 * s, -20 * ms, -100 * us, 100 * us, 20 * ms, 1 * s, 100 * s})
    for (const auto read_after : {10 * us, 1 * ms, 500 * ms}) {
      machine m;
      arrival_clock sut(m.read(0));
      BOOST_TEST(sut.arrival_of(m.wall(5 * ms), m.read(6 * ms)).by_kernel);
      const auto stamped_before = m.wall(9 * ms);
      m.ahead += step;
      const auto stamped_after = m.wall(11 * ms);
      for (const auto& [stamped, truth] :
           {std::pair{stamped_before, 9 * ms}, std::pair{stamped_after, 11 * ms}}) {
        const auto read = 11 * ms + read_after;
        const auto a = sut.arrival_of(stamped, m.read(read));
        BOOST_TEST_CONTEXT("step " << step << ", truth " << truth << ", read " << read) {
          BOOST_TEST(to_ns(a.at) >= truth);
          BOOST_TEST(to_ns(a.at) <= read + 30);
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(a_step_forwards_costs_the_kernel_stamps_from_before_it_and_no_more) {
  machine m;
  arrival_clock sut(m.read(0));
  const auto old = m.wall(9 * ms);
  m.ahead += 2 * ms;
  BOOST_TEST(!sut.arrival_of(old, m.read(10 * ms)).by_kernel);
  BOOST_TEST(!sut.arrival_of(old, m.read(11 * ms)).by_kernel); // still in the socket
  BOOST_TEST(sut.arrival_of(m.wall(12 * ms), m.read(13 * ms)).by_kernel);
}

BOOST_AUTO_TEST_CASE(a_reading_that_was_interrupted_is_no_excuse_for_missing_a_step) {
  machine m;
  arrival_clock sut(m.read(0));
  const auto old = m.wall(9 * ms);
  m.ahead += 1 * ms;
  // As wide as the step: it agrees with the wall clock before and after.
  const auto interrupted = sut.arrival_of(old, m.read(12 * ms, 2 * ms, 2 * ms));
  BOOST_TEST(!interrupted.by_kernel);
  BOOST_TEST(to_ns(interrupted.at) == 14 * ms);
  BOOST_TEST(!sut.arrival_of(old, m.read(15 * ms)).by_kernel);
  BOOST_TEST(sut.arrival_of(m.wall(16 * ms), m.read(17 * ms)).by_kernel);
}

BOOST_AUTO_TEST_CASE(a_reading_of_this_machine_is_ordered_and_dates_the_wall_clock) {
  const auto wall_before = wall_clock_ns();
  const auto before = clock::machine_now();
  const auto r = read_wall();
  const auto after = clock::machine_now();
  const auto wall_after = wall_clock_ns();
  BOOST_TEST(to_ns(before) <= to_ns(r.before));
  BOOST_TEST(to_ns(r.before) <= to_ns(r.after));
  BOOST_TEST(to_ns(r.after) <= to_ns(after));
  BOOST_TEST(wall_before <= r.wall_ns);
  BOOST_TEST(r.wall_ns <= wall_after);
}

BOOST_AUTO_TEST_SUITE_END()
