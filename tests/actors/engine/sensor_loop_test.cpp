// SPDX-License-Identifier: MIT
#include "actors/engine/sensor_loop.hpp"
#include "tests/actors/engine/rig.hpp"

#include <map>
#include <set>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

struct fixture : engine_rig {
  using engine_rig::engine_rig;

  keeping_outlet out;
  awaited_list<bool> cancelled;
  std::vector<std::unique_ptr<sensor_source>> sources;

  static result<std::optional<payload>> picture() { return std::optional{payload::copy_of("123")}; }

  std::vector<sensor_source*> sources_of(std::uint16_t count,
                                         scripted_sensor::script script = picture) {
    std::vector<sensor_source*> all;
    for (std::uint16_t copy = 0; copy < count; ++copy) {
      sources.push_back(std::make_unique<sensor_source>(
          stage_identity{.name = "camera", .copy = copy},
          std::make_unique<scripted_sensor>(script, &cancelled), copy, copy, context));
      sources.back()->connect({&out}, nullptr);
      all.push_back(sources.back().get());
    }
    return all;
  }
  static sensor_config at_rate(double hz, duration max_lag, arrival kind = arrival::periodic) {
    sensor_config c;
    c.name = "camera";
    c.arrival = kind;
    c.rate_hz = hz;
    c.max_lag = max_lag;
    return c;
  }
  /// Runs a loop to its end; its records.
  std::vector<record> run(open_loop& loop, const run_window& window) {
    loop.start(window);
    const auto deadline = clock::machine_now() + test_deadline;
    while (!loop.finished() && clock::machine_now() < deadline)
      std::this_thread::yield();
    BOOST_TEST(loop.finished());
    loop.stop();
    return taken();
  }
};

/// Every slot below `count` of `sensor` is there once, fired or skipped.
void check_complete(const std::vector<record>& all, std::uint32_t sensor, std::uint64_t count) {
  std::map<std::uint64_t, bool> fired; // by slot
  for (const auto& r : of_kind(all, record_kind::sample))
    if (trace_id{r.trace}.sensor() == sensor) {
      const auto [at, is_new] = fired.emplace(trace_id{r.trace}.seq(), r.end_ns != never_sensed);
      BOOST_TEST(is_new);
    }
  BOOST_TEST(fired.size() == count);
  BOOST_TEST((fired.empty() || fired.rbegin()->first == count - 1));
  for (const auto& r : fates_of(all, outcome::skipped))
    if (trace_id{r.trace}.sensor() == sensor)
      BOOST_TEST(!fired.at(trace_id{r.trace}.seq()));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(sensor_loop_test, fixture)

BOOST_AUTO_TEST_CASE(every_slot_is_fired_or_skipped_and_due_at_its_own_time) {
  open_loop loop(sources_of(1), at_rate(1000, 0ns), 1);
  const auto start = clock.now();
  const auto all = run(loop, {.start = start, .measured = start, .samples = 50});
  check_complete(all, 0, 50);
  for (const auto& r : of_kind(all, record_kind::sample))
    BOOST_TEST(r.begin_ns ==
               to_ns(start) + static_cast<std::int64_t>(trace_id{r.trace}.seq()) * 1'000'000);
  BOOST_TEST(sources[0]->intended() == 50u);
  BOOST_TEST(out.sent.size() + sources[0]->skipped() == 50u);
}

BOOST_AUTO_TEST_CASE(no_slot_fires_before_it_is_due) {
  open_loop loop(sources_of(1), at_rate(500, 1h), 1);
  const auto start = clock.now() + 5ms;
  const auto all = run(loop, {.start = start, .measured = start, .samples = 10});
  for (const auto& r : spans_of(all, step::lag))
    BOOST_TEST(r.begin_ns <= r.end_ns);
  BOOST_TEST(spans_of(all, step::lag).size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_slot_later_than_the_greatest_lag_is_skipped) {
  // Ten slots, the first of them a second ago, each a tenth of a second after the other.
  open_loop loop(sources_of(1), at_rate(10, 250ms), 1);
  const auto start = clock.now() - 1s;
  const auto all = run(loop, {.start = start, .measured = start, .samples = 10});
  check_complete(all, 0, 10);
  const auto skipped = fates_of(all, outcome::skipped);
  BOOST_TEST(skipped.size() >= 8u); // due 1000, 900 … 300 ms ago
  for (const auto& r : skipped) {
    const auto due =
        to_ns(start) + static_cast<std::int64_t>(trace_id{r.trace}.seq()) * 100'000'000;
    BOOST_TEST(r.begin_ns - due > 250'000'000);
  }
}

BOOST_AUTO_TEST_CASE(without_a_stated_lag_a_slot_may_be_late_by_one_gap) {
  open_loop loop(sources_of(1), at_rate(2, 0ns), 1);
  const auto start = clock.now() - 3s;
  const auto all = run(loop, {.start = start, .measured = start, .samples = 6});
  check_complete(all, 0, 6);
  BOOST_TEST(fates_of(all, outcome::skipped).size() >= 5u); // due 3, 2.5 … 1 s ago
}

BOOST_AUTO_TEST_CASE(a_generous_lag_lets_every_late_slot_fire) {
  open_loop loop(sources_of(1), at_rate(1000, 1h), 1);
  const auto start = clock.now() - 10s;
  const auto all = run(loop, {.start = start, .measured = start, .samples = 100});
  BOOST_TEST(out.sent.size() == 100u);
  BOOST_TEST(fates_of(all, outcome::skipped).empty());
  // The lag counts from the intended time, however late that makes it.
  for (const auto& r : spans_of(all, step::lag))
    BOOST_TEST(r.end_ns - r.begin_ns > 9'000'000'000);
}

BOOST_AUTO_TEST_CASE(copies_share_a_loop_and_each_keeps_its_own_slots) {
  open_loop loop(sources_of(3), at_rate(500, 1h), 1);
  const auto start = clock.now();
  const auto all = run(loop, {.start = start, .measured = start, .samples = 20});
  for (std::uint32_t sensor = 0; sensor < 3; ++sensor)
    check_complete(all, sensor, 20);
  std::int64_t before = 0;
  for (const auto& r : of_kind(all, record_kind::sample)) {
    BOOST_TEST(r.begin_ns >= before); // the slot that is due first goes first
    before = r.begin_ns;
  }
}

BOOST_AUTO_TEST_CASE(poisson_copies_follow_their_own_random_schedules) {
  open_loop loop(sources_of(2), at_rate(2000, 1h, arrival::poisson), 42);
  const auto start = clock.now();
  const auto all = run(loop, {.start = start, .measured = start, .samples = 30});
  for (std::uint16_t copy = 0; copy < 2; ++copy) {
    slot_schedule expected(arrival::poisson, 2000, start,
                           random_source::named(42, "camera/arrival", copy));
    for (const auto& r : of_kind(all, record_kind::sample))
      if (r.copy == copy) {
        BOOST_TEST(r.begin_ns == to_ns(expected.due()));
        expected.advance();
      }
    BOOST_TEST(expected.seq() == 30u);
  }
}

BOOST_AUTO_TEST_CASE(a_sensor_at_its_end_leaves_the_others_going) {
  std::map<int, int> asked; // only the loop's thread asks
  int next = 0;
  std::vector<sensor_source*> all_sources;
  for (int i = 0; i < 2; ++i) {
    const auto limit = i == 0 ? 5 : 1000;
    const auto one =
        sources_of(1, [&asked, who = next++, limit]() -> result<std::optional<payload>> {
          if (asked[who]++ == limit)
            return std::optional<payload>{};
          return picture();
        });
    all_sources.push_back(one[0]);
  }
  open_loop loop(all_sources, at_rate(1000, 1h), 1);
  const auto start = clock.now();
  (void)run(loop, {.start = start, .measured = start, .samples = 20});
  BOOST_TEST(sources[0]->intended() == 5u);
  BOOST_TEST(sources[1]->intended() == 20u);
}

BOOST_AUTO_TEST_CASE(slots_from_the_window_s_end_on_are_not_intended) {
  open_loop loop(sources_of(1), at_rate(1000, 1h), 1);
  const auto start = clock.now();
  const auto all = run(loop, {.start = start, .measured = start, .end = start + 10ms});
  check_complete(all, 0, 10); // 0 … 9 ms; the one at 10 ms is not
}

BOOST_AUTO_TEST_CASE(a_sensor_that_fails_is_asked_again_at_its_next_slot) {
  int asked = 0;
  open_loop loop(sources_of(1,
                            [&]() -> result<std::optional<payload>> {
                              if (++asked % 2)
                                return error{errc::io, "flaky"};
                              return picture();
                            }),
                 at_rate(1000, 1h), 1);
  const auto start = clock.now();
  const auto all = run(loop, {.start = start, .measured = start, .samples = 10});
  check_complete(all, 0, 10);
  BOOST_TEST(out.sent.size() == 5u);
  BOOST_TEST(fates_of(all, outcome::failed).size() == 5u);
}

BOOST_AUTO_TEST_CASE(stopping_ends_a_wait_for_a_slot_that_is_far_away) {
  open_loop loop(sources_of(1), at_rate(1, 0ns), 1);
  const auto start = clock.now() + 1h;
  loop.start({.start = start, .measured = start});
  BOOST_TEST(!loop.finished());
  loop.stop();
  BOOST_TEST(loop.finished());
  BOOST_TEST(sources[0]->intended() == 0u);
  BOOST_TEST(cancelled.size() >= 1u);
  loop.stop();
}

BOOST_AUTO_TEST_CASE(stopping_cancels_a_sensor_that_waits_for_its_device) {
  awaited_list<bool> inside;
  open_loop loop(sources_of(1,
                            [&]() -> result<std::optional<payload>> {
                              inside.add(true);
                              if (cancelled.wait_for(1))
                                return std::optional<payload>{};
                              return error{errc::timeout, "never cancelled"};
                            }),
                 at_rate(1000, 1h), 1);
  const auto start = clock.now();
  loop.start({.start = start, .measured = start});
  BOOST_REQUIRE(inside.wait_for(1));
  loop.stop();
  BOOST_TEST(sources[0]->failed() == 0u);
}

BOOST_AUTO_TEST_CASE(slots_follow_the_node_s_clock_not_the_machine_s) {
  fixture node(peernet::clock(clock_error{.offset = -1h, .drift_ppm = 0}));
  open_loop loop(node.sources_of(1), at_rate(1000, 1h), 1);
  const auto start = node.clock.now();
  const auto all = node.run(loop, {.start = start, .measured = start, .samples = 5});
  check_complete(all, 0, 5);
  for (const auto& r : spans_of(all, step::lag))
    BOOST_TEST(r.end_ns - r.begin_ns < 1800'000'000'000); // not by an hour
}

BOOST_AUTO_TEST_SUITE_END()
