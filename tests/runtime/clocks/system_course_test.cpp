// SPDX-License-Identifier: MIT
#include "runtime/clocks/system_course.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr std::int64_t epoch = 1'795'000'000 * second; // in 2026

/// A machine: its monotonic clock, and how its wall clock differs from UTC.
struct machine {
  clock_id number;
  simulated_clock monotonic;
  simulated_clock wall;
  std::int64_t max_error = 2 * ms;

  [[nodiscard]] clock_discipline look(double t, bool synchronised = true) const {
    return {.clock = number,
            .time_ns = monotonic.at(t),
            .wall_ns = epoch + wall.at(t),
            .synchronised = synchronised,
            .max_error_ns = max_error};
  }
  void look_often(std::vector<clock_discipline>& out, double phase = 0) const {
    for (auto t = phase; t <= 10e9; t += 1e9)
      out.push_back(look(t));
  }
};

machine any_machine(clock_id number, random_source& random) {
  machine m{
      .number = number,
      .monotonic = {.offset = between(random, -1e13, 1e13), .drift = between(random, -1e-4, 1e-4)},
      .wall = {}};
  m.max_error = std::llround(any_magnitude(random, 4, 7));
  m.wall.offset = between(random, -0.9, 0.9) * static_cast<double>(m.max_error);
  return m;
}

/// How many of 100 moments of [begin, end] are not within the course, and how many not covered.
std::pair<int, int> compare(const interval_course& course, const machine& from, const machine& to,
                            double begin, double end, random_source& random) {
  auto outside = 0, uncovered = 0;
  for (int i = 0; i < 100; ++i) {
    const auto t = between(random, begin, end);
    const auto shown = from.monotonic.at(t);
    const auto truth = static_cast<double>(to.monotonic.at(t) - shown);
    const auto p = std::ranges::find_if(
        course, [&](const interval_piece& q) { return q.first_ns <= shown && shown <= q.last_ns; });
    if (p == course.end())
      ++uncovered;
    else
      outside += truth < p->low_at(shown) - 1 || truth > p->high_at(shown) + 1;
  }
  return {outside, uncovered};
}

} // namespace

BOOST_AUTO_TEST_SUITE(system_course_test)

BOOST_AUTO_TEST_CASE(two_machines_that_keep_their_claims_bound_their_clocks) {
  for (int trial = 0; trial < 200; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    const auto a = any_machine(1, random), b = any_machine(2, random),
               other = any_machine(3, random);
    std::vector<clock_discipline> looks;
    a.look_often(looks);
    b.look_often(looks, -between(random, 0, 0.9e9));
    other.look_often(looks);
    for (auto i = looks.size(); i > 1; --i)
      std::swap(looks[i - 1], looks[random.between(0, i - 1)]);
    const auto course = system_course(looks, 1, 2);
    const auto [outside, uncovered] = compare(course, a, b, 0.1e9, 8.9e9, random);
    BOOST_TEST(outside == 0, "trial " << trial);
    BOOST_TEST(uncovered == 0, "trial " << trial);
    for (const auto& p : course) { // both claims, the clocks' drift, and what errors may grow
      const auto claimed = 2 * static_cast<double>(a.max_error + b.max_error);
      BOOST_TEST(p.high - p.low <= claimed * 1.01 + 2.5e6, "trial " << trial);
    }
  }
}

BOOST_AUTO_TEST_CASE(between_two_looks_a_clock_may_have_strayed) {
  random_source random(5);
  machine a{.number = 1, .monotonic = {.offset = 1e9}, .wall = {}};
  const machine b{.number = 2, .monotonic = {}, .wall = {}, .max_error = 0};
  a.wall.offset = static_cast<double>(a.max_error);
  a.monotonic.wander = 100e3; // nothing at every look; in between it moves by up to 314 ppm
  a.monotonic.period = 2e9;
  std::vector<clock_discipline> looks;
  a.look_often(looks);
  b.look_often(looks);
  BOOST_TEST(compare(system_course(looks, 1, 2), a, b, 0.1e9, 9.9e9, random).first == 0);
  BOOST_TEST(compare(system_course(looks, 2, 1), b, a, 0.1e9, 9.9e9, random).first == 0);
}

BOOST_AUTO_TEST_CASE(claims_that_are_not_kept_are_not_hidden) {
  random_source random(1);
  auto a = any_machine(1, random);
  const auto b = any_machine(2, random);
  a.wall.offset = 100e6;
  std::vector<clock_discipline> looks;
  a.look_often(looks);
  b.look_often(looks);
  BOOST_TEST(compare(system_course(looks, 1, 2), a, b, 1e9, 8e9, random).first == 100);
}

BOOST_AUTO_TEST_CASE(one_machine_without_a_daemon_says_nothing) {
  random_source random(2);
  const auto a = any_machine(1, random), b = any_machine(2, random);
  std::vector<clock_discipline> looks;
  a.look_often(looks);
  BOOST_TEST(system_course(looks, 1, 2).empty());
  for (double t = 0; t <= 10e9; t += 1e9)
    looks.push_back(b.look(t, false));
  BOOST_TEST(system_course(looks, 1, 2).empty());
  BOOST_TEST(system_course(looks, 2, 1).empty());
  BOOST_TEST(system_course({}, 1, 2).empty());
}

BOOST_AUTO_TEST_CASE(a_clock_that_loses_its_daemon_for_a_while_has_a_gap) {
  random_source random(3);
  const auto a = any_machine(1, random), b = any_machine(2, random);
  std::vector<clock_discipline> looks;
  a.look_often(looks);
  for (double t = 0; t <= 10e9; t += 1e9)
    looks.push_back(b.look(t, t != 5e9));
  const auto course = system_course(looks, 1, 2);
  BOOST_TEST((compare(course, a, b, 0.1e9, 3.9e9, random) == std::pair(0, 0)));
  BOOST_TEST((compare(course, a, b, 4.1e9, 5.9e9, random) == std::pair(0, 100)));
  BOOST_TEST((compare(course, a, b, 6.1e9, 9.9e9, random) == std::pair(0, 0)));
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_is_set_widens_the_course_while_it_is) {
  for (const double to_truth : {-300e6, 300e6}) {
    random_source random(4);
    const auto b = any_machine(2, random);
    auto a = any_machine(1, random);
    a.max_error = 400 * ms; // it was as wrong as it said, and is set right after 5.5 s
    a.wall.offset = -to_truth;
    std::vector<clock_discipline> looks;
    b.look_often(looks);
    for (double t = 0; t <= 10e9; t += 1e9) {
      if (t > 5.5e9) {
        a.wall.offset = 0;
        a.max_error = ms;
      }
      looks.push_back(a.look(t));
    }
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      const auto course = system_course(looks, from.number, to.number);
      BOOST_TEST(compare(course, from, to, 0.5e9, 9.4e9, random).first == 0);
      const auto end = course.back();
      BOOST_TEST(end.high - end.low < 2.1 * static_cast<double>(ms + b.max_error) + 2.5e6);
    }
  }
}

BOOST_AUTO_TEST_CASE(where_looks_differ_by_more_than_their_errors_nothing_is_known_of_the_rate) {
  std::vector<clock_discipline> looks;
  const machine a{.number = 1, .monotonic = {}, .wall = {}};
  auto b = a;
  b.number = 2;
  b.monotonic.step_at = 4.5e9;
  b.monotonic.step_by = 20e6;
  a.look_often(looks);
  b.look_often(looks);
  const auto course = system_course(looks, 2, 1);
  BOOST_TEST(std::ranges::count_if(course, &interval_piece::unsteady) > 0);
  for (const auto& p : course)
    BOOST_TEST(p.unsteady() == (p.first_ns < b.monotonic.at(5e9) && p.last_ns > 4 * second));
}

BOOST_AUTO_TEST_SUITE_END()
