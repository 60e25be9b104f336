// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"
#include "runtime/core/random.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <thread>

using namespace std::chrono_literals;
using peernet::clock_error;
using peernet::clock_step;
using peernet::clock_wander;
using peernet::duration;
using peernet::random_source;
using peernet::stamp;

namespace {

constexpr stamp origin{1h};
constexpr duration tick{1};

/// Uniform in [low, high].
duration between(random_source& random, duration low, duration high) {
  return low + duration{static_cast<std::int64_t>(
                   random.between(0, static_cast<std::uint64_t>((high - low).count())))};
}

/// Any error that a scenario may ask for, with a drift up to `drift_ppm`; a wander in two of three.
clock_error any_error(random_source& random, double drift_ppm = 1000) {
  clock_error error{.offset = between(random, -3s, 3s),
                    .drift_ppm = drift_ppm * (2 * random.uniform() - 1)};
  if (random.between(0, 2) > 0) {
    const auto period = between(random, 10ms, 10s);
    error.wander = {between(random, 0ns, period / 63), period}; // 2π / 63 < 0.1
  }
  return error;
}

/// Checks that `found` is the first machine's time at which `sut` shows `t` or more.
void expect_first(const peernet::clock& sut, stamp t, stamp found, random_source& random) {
  BOOST_TEST((sut.from_machine(found) >= t));
  BOOST_TEST((sut.from_machine(found - tick) < t));
  for (int i = 0; i < 10; ++i)
    BOOST_TEST((sut.from_machine(found - between(random, tick, 20s)) < t));
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_test)

BOOST_AUTO_TEST_CASE(a_true_clock_is_the_machines) {
  const peernet::clock sut;
  const auto before = peernet::clock::machine_now();
  const auto now = sut.now();
  const auto after = peernet::clock::machine_now();
  BOOST_TEST((before <= now && now <= after));
  BOOST_TEST((sut.from_machine(now) == now && sut.to_machine(now) == now));
}

BOOST_AUTO_TEST_CASE(a_test_clock_has_the_offset_and_drift_it_was_given) {
  const auto made = peernet::clock::machine_now();
  const peernet::clock sut(clock_error{.offset = 250ms, .drift_ppm = 40});
  const auto a_minute_on = made + 60s;
  const auto error = sut.from_machine(a_minute_on) - a_minute_on;
  const auto expected = 250ms + 2400us; // 60 s × 40 ppm
  BOOST_TEST(std::abs((error - expected).count()) < 1'000'000 * 40e-6 + 1000);
}

BOOST_AUTO_TEST_CASE(mapping_there_and_back_is_exact_to_a_nanosecond) {
  const peernet::clock sut(clock_error{.offset = -3s, .drift_ppm = -100});
  for (const duration ahead : {duration{0}, duration{1ms}, duration{1h}}) {
    const auto t = peernet::clock::machine_now() + ahead;
    BOOST_TEST(std::abs((sut.to_machine(sut.from_machine(t)) - t).count()) <= 1);
  }
}

BOOST_AUTO_TEST_CASE(a_wander_is_a_sine_from_the_origin_on) {
  const peernet::clock sut(clock_error{.wander = clock_wander{50us, 10s}}, origin);
  for (const auto turns : {0s, 40s, 86'400'000s}) {
    const auto error = [&](duration t) {
      return sut.from_machine(origin + turns + t) - (origin + turns + t);
    };
    BOOST_TEST((error(0s) == 0us));
    BOOST_TEST((error(2500ms) == 50us));
    BOOST_TEST((error(5s) == 0us));
    BOOST_TEST((error(7500ms) == -50us));
    BOOST_TEST((error(duration{10s} / 12) == 25us)); // sin 30°
  }
  BOOST_TEST((sut.from_machine(origin - 2500ms) == origin - 2500ms - 50us));
}

BOOST_AUTO_TEST_CASE(a_step_counts_from_the_runs_start_which_copies_learn_too) {
  const peernet::clock sut(clock_error{.step = clock_step{5s, 2ms}}, origin);
  const auto copy = sut;
  const auto start = origin + 3s, step = start + 5s;
  BOOST_TEST((copy.from_machine(step + 1h) == step + 1h)); // nobody knows the start yet
  sut.run_begins(start);
  for (const auto& clock : {sut, copy, peernet::clock(copy)}) {
    BOOST_TEST((clock.from_machine(step - tick) == step - tick));
    BOOST_TEST((clock.from_machine(step) == step + 2ms));
    BOOST_TEST((clock.from_machine(step + 1h) == step + 1h + 2ms));
  }
  copy.run_begins(start + 1h); // it has begun
  BOOST_TEST((sut.from_machine(step) == step + 2ms));
}

BOOST_AUTO_TEST_CASE(clocks_without_a_step_do_not_mind_the_runs_start) {
  const peernet::clock machine, wrong(clock_error{.offset = 1s}, origin);
  machine.run_begins(origin);
  wrong.run_begins(origin);
  BOOST_TEST((machine.from_machine(origin) == origin));
  BOOST_TEST((wrong.from_machine(origin) == origin + 1s));
}

BOOST_AUTO_TEST_CASE(all_four_errors_add_up) {
  const peernet::clock sut(clock_error{.offset = -1s,
                                       .drift_ppm = 40,
                                       .step = clock_step{1s, -7ms},
                                       .wander = clock_wander{50us, 10s}},
                           origin);
  sut.run_begins(origin);
  const auto t = origin + 102'500ms; // 40 ppm of that are 4.1 ms
  BOOST_TEST((sut.from_machine(t) - t == -1s + 4100us - 7ms + 50us));
}

BOOST_AUTO_TEST_CASE(time_goes_on_at_the_worst_drift_and_wander_allowed) {
  random_source random(1);
  const clock_wander steep{159us, 10ms};
  BOOST_TEST(steep.steepest() < clock_wander::steepest_allowed);
  for (const double drift_ppm : {-1e5, 1e5}) {
    const peernet::clock sut(clock_error{.drift_ppm = drift_ppm, .wander = steep}, origin);
    auto t = origin;
    for (int i = 0; i < 10'000; ++i) {
      const auto next = t + between(random, tick, 5us);
      BOOST_REQUIRE((sut.from_machine(next) >= sut.from_machine(t)));
      t = next;
    }
  }
}

BOOST_AUTO_TEST_CASE(the_first_time_something_is_shown_is_found_whatever_the_error) {
  random_source random(2);
  for (int i = 0; i < 1000; ++i) {
    const peernet::clock sut(any_error(random, i % 10 == 0 ? 1e5 : 1000), origin);
    const auto machine = origin + between(random, -100s, 24h);
    const auto shown = sut.from_machine(machine);
    const auto found = sut.to_machine(shown);
    BOOST_TEST((machine - tick <= found && found <= machine));
    expect_first(sut, shown, found, random);
  }
}

BOOST_AUTO_TEST_CASE(the_first_time_something_is_shown_is_found_around_steps) {
  random_source random(3);
  for (int i = 0; i < 1000; ++i) {
    auto error = any_error(random);
    error.step = {between(random, 0s, 10s), between(random, -1s, 1s)};
    const peernet::clock sut(error, origin);
    sut.run_begins(origin + between(random, 0s, 5s));
    const auto step = origin + error.step->at;
    const auto t = sut.from_machine(step + between(random, -2s, 7s));
    expect_first(sut, t, sut.to_machine(t), random);
    const auto now = step + between(random, -2s, 7s);
    const auto next = sut.to_machine(t, now);
    BOOST_TEST((next >= now && sut.from_machine(next) >= t));
    BOOST_TEST((next == now || sut.from_machine(next - tick) < t));
  }
}

BOOST_AUTO_TEST_CASE(what_a_step_forward_leaves_out_is_at_the_steps_moment) {
  const peernet::clock sut(clock_error{.step = clock_step{5s, 2ms}}, origin);
  const auto step = origin + 5s;
  BOOST_TEST((sut.to_machine(step + 2ms) == step + 2ms));
  sut.run_begins(origin);
  BOOST_TEST((sut.to_machine(step - tick) == step - tick));
  for (const duration into : {0us, 1us, 1999us, 2000us})
    BOOST_TEST((sut.to_machine(step + into) == step));
  BOOST_TEST((sut.to_machine(step + 2ms + tick) == step + tick));
}

BOOST_AUTO_TEST_CASE(what_a_step_back_shows_twice_is_at_the_first_or_the_next) {
  const peernet::clock sut(clock_error{.step = clock_step{5s, -2ms}}, origin);
  sut.run_begins(origin);
  const auto step = origin + 5s, t = step - 1ms;
  BOOST_TEST((sut.to_machine(t) == t));
  BOOST_TEST((sut.to_machine(t, step - 3ms) == t));
  BOOST_TEST((sut.to_machine(t, step - 500us) == step - 500us));
  BOOST_TEST((sut.to_machine(t, step) == step + 1ms));
  BOOST_TEST((sut.to_machine(t, step + 3ms) == step + 3ms));
  BOOST_TEST((sut.to_machine(step) == step + 2ms));
}

BOOST_AUTO_TEST_CASE(threads_that_read_the_clock_see_the_run_begin) {
  const peernet::clock sut(clock_error{.step = clock_step{0s, 1h}});
  const auto before = peernet::clock::machine_now();
  std::jthread reader([copy = sut, before] {
    while (copy.now() < before + 1h) {
    }
  });
  sut.run_begins(before);
}

BOOST_AUTO_TEST_CASE(a_nodes_clock_is_made_again_from_its_domain) {
  random_source random(4);
  const auto error = any_error(random);
  const peernet::clock node(error);
  const auto domain = node.domain();
  const auto told = std::stoll(domain.substr(domain.rfind('-') + 1));
  const peernet::clock again(error, peernet::stamp_from_ns(told));
  BOOST_TEST(again.domain() == domain);
  for (const duration ahead : {duration{0}, duration{1ms}, duration{1h}}) {
    const auto t = peernet::clock::machine_now() + ahead;
    BOOST_TEST((again.from_machine(t) == node.from_machine(t)));
  }
}

BOOST_AUTO_TEST_CASE(sleeping_ends_when_the_test_clock_says) {
  const peernet::clock sut(clock_error{.offset = 2h, .drift_ppm = 0});
  const auto until = sut.now() + 2ms;
  sut.sleep_until(until);
  BOOST_TEST((sut.now() >= until));
  sut.sleep_until(until - 1h); // passed: returns at once
}

BOOST_AUTO_TEST_CASE(a_time_shown_before_a_step_back_is_slept_for_again) {
  const peernet::clock sut(clock_error{.step = clock_step{0s, -1h}});
  sut.run_begins(peernet::clock::machine_now());
  const auto until = sut.now() + 2ms; // first shown an hour ago
  sut.sleep_until(until);
  BOOST_TEST((sut.now() >= until));
}

BOOST_AUTO_TEST_CASE(clocks_of_one_machine_share_a_domain_and_test_clocks_none) {
  BOOST_TEST(peernet::clock().domain() == peernet::clock().domain());
  const peernet::clock a(clock_error{.offset = 1ms}), b(clock_error{.offset = 1ms});
  BOOST_TEST(a.domain() != peernet::clock().domain());
  BOOST_TEST(a.domain() != b.domain());
  for (const auto& error : {clock_error{.step = clock_step{1s, 0s}}, {.wander = clock_wander{}}})
    BOOST_TEST(peernet::clock(error).domain() != peernet::clock().domain());
}

BOOST_AUTO_TEST_CASE(utc_names_sort_by_time) {
  BOOST_TEST(peernet::utc_compact(0) == "19700101T000000Z");
  BOOST_TEST(peernet::utc_compact(1'795'420'267'000'000'000) == "20261123T075107Z");
}

BOOST_AUTO_TEST_SUITE_END()
