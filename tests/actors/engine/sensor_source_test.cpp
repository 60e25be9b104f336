// SPDX-License-Identifier: MIT
#include "actors/engine/sensor_source.hpp"
#include "tests/actors/engine/rig.hpp"

#include <stdexcept>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr route_id root = 0;

struct fixture : engine_rig {
  recorder& by = records.add(context.node, context.clock_number);
  keeping_outlet out;
  awaited_list<bool> cancelled;
  const stamp due = clock.now();
  const run_window window{.start = due, .measured = due};

  std::unique_ptr<sensor_source> source_of(scripted_sensor::script script) {
    auto s = std::make_unique<sensor_source>(
        stage_identity{.name = "camera", .copy = 2},
        std::make_unique<scripted_sensor>(std::move(script), &cancelled), 6, root, context);
    s->connect({&out}, nullptr);
    return s;
  }
  static result<std::optional<payload>> picture() { return std::optional{payload::copy_of("123")}; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sensor_source_test, fixture)

BOOST_AUTO_TEST_CASE(a_slot_is_late_by_its_lag_and_then_sensed) {
  auto s = source_of(picture);
  BOOST_CHECK(s->fire(4, due, window, by) == sensor_source::fired::sent);

  const auto all = taken();
  const auto trace = trace_id{6, 4};
  BOOST_TEST(steps_of(all, trace) == "lag sense");
  const auto lag = spans_of(all, step::lag).at(0);
  const auto sense = spans_of(all, step::sense).at(0);
  BOOST_TEST(lag.begin_ns == to_ns(due));
  BOOST_TEST(lag.end_ns == sense.begin_ns);
  const auto sample = of_kind(all, record_kind::sample).at(0);
  BOOST_TEST(sample.trace == trace.number());
  BOOST_TEST(sample.begin_ns == to_ns(due));
  BOOST_TEST(sample.end_ns == sense.end_ns);
  BOOST_TEST(sample.amount == 3);
  for (const auto& r : all) {
    BOOST_TEST(r.route == root);
    BOOST_TEST(r.copy == 2u);
  }
  BOOST_TEST(s->intended() == 1u);

  const auto sent = out.sent.all().at(0).first;
  BOOST_CHECK(sent.header.trace == trace);
  BOOST_CHECK(sent.header.intended == due);
  BOOST_TEST(sent.header.origin_clock == context.clock_number);
  BOOST_TEST(sent.header.route == root);
  BOOST_TEST(sent.body.text() == "123");
}

BOOST_AUTO_TEST_CASE(a_sample_goes_out_on_every_link) {
  auto s = source_of(picture);
  keeping_outlet second;
  s->connect({&out, &second}, nullptr);
  (void)s->fire(0, due, window, by);
  BOOST_TEST(out.sent.size() == 1u);
  BOOST_REQUIRE_EQUAL(second.sent.size(), 1u);
  BOOST_TEST(out.sent.all()[0].first.body.data() == second.sent.all()[0].first.body.data());
}

BOOST_AUTO_TEST_CASE(slots_before_the_measured_part_belong_to_the_warm_up) {
  auto s = source_of(picture);
  const run_window warming{.start = due, .measured = due + 1s};
  (void)s->fire(0, due + 1s - 1ns, warming, by);
  (void)s->fire(1, due + 1s, warming, by);
  s->skip(2, due, warming, by);
  const auto samples = of_kind(taken(), record_kind::sample);
  BOOST_TEST((samples.at(0).flags & record_warmup) != 0);
  BOOST_TEST((samples.at(1).flags & record_warmup) == 0);
  BOOST_TEST((samples.at(2).flags & record_warmup) != 0);
  BOOST_TEST(out.sent.all().at(0).first.header.warmup);
}

BOOST_AUTO_TEST_CASE(behind_the_last_sample_there_is_no_slot) {
  auto s = source_of([]() -> result<std::optional<payload>> { return std::optional<payload>{}; });
  BOOST_CHECK(s->fire(0, due, window, by) == sensor_source::fired::at_end);
  BOOST_TEST(taken().empty());
  BOOST_TEST(s->intended() == 0u);
  BOOST_TEST(out.sent.size() == 0u);
  BOOST_TEST(watcher.seen.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_sensor_that_fails_fails_the_slot_and_is_asked_again) {
  int asked = 0;
  auto s = source_of([&]() -> result<std::optional<payload>> {
    switch (++asked) {
    case 1:
      return error{errc::io, "the lens is dirty"};
    case 2:
      throw std::runtime_error("the lens is gone");
    default:
      return picture();
    }
  });
  BOOST_CHECK(s->fire(0, due, window, by) == sensor_source::fired::failed);
  BOOST_CHECK(s->fire(1, due, window, by) == sensor_source::fired::failed);
  BOOST_CHECK(s->fire(2, due, window, by) == sensor_source::fired::sent);

  const auto all = taken();
  BOOST_TEST(steps_of(all, trace_id{6, 0}) == "lag sense");
  const auto failed = fates_of(all, outcome::failed);
  BOOST_REQUIRE_EQUAL(failed.size(), 2u);
  BOOST_TEST(failed[0].route == root);
  BOOST_TEST(of_kind(all, record_kind::sample).at(0).amount == 0);
  BOOST_TEST(s->intended() == 3u);
  BOOST_TEST(s->failed() == 2u);
  BOOST_TEST(watcher.seen.size() == 2u);
  const auto events_seen = events.take().first;
  BOOST_REQUIRE_EQUAL(events_seen.size(), 2u);
  BOOST_TEST(events_seen[0].detail == "camera: the lens is dirty");
  BOOST_TEST(events_seen[1].detail == "camera: the lens is gone");
}

BOOST_AUTO_TEST_CASE(a_skipped_slot_is_intended_and_never_sensed) {
  auto s = source_of(picture);
  s->skip(3, due, window, by);
  const auto all = taken();
  const auto sample = of_kind(all, record_kind::sample).at(0);
  BOOST_TEST(sample.trace == trace_id(6, 3).number());
  BOOST_TEST(sample.end_ns == never_sensed);
  BOOST_TEST(fates_of(all, outcome::skipped).at(0).trace == trace_id(6, 3).number());
  BOOST_TEST(s->intended() == 1u);
  BOOST_TEST(s->skipped() == 1u);
  BOOST_TEST(out.sent.size() == 0u);
}

BOOST_AUTO_TEST_CASE(frames_are_kept_for_sinks_before_they_leave) {
  frame_keeper keeper(4, 6, 1);
  struct looking_outlet final : outlet {
    explicit looking_outlet(const frame_keeper& k) : keeper_(k) {}
    void send(const sample& s, std::uint16_t, recorder&) override {
      found = keeper_.find(s.header.trace).has_value();
    }
    const frame_keeper& keeper_;
    bool found = false;
  } looking(keeper);
  auto s = source_of(picture);
  s->connect({&looking}, &keeper);
  (void)s->fire(0, due, window, by);
  BOOST_TEST(looking.found);
}

BOOST_AUTO_TEST_CASE(cancelling_reaches_the_sensor) {
  auto s = source_of(picture);
  s->cancel();
  BOOST_TEST(cancelled.size() == 1u);
}

BOOST_AUTO_TEST_CASE(sleeping_ends_at_its_time_or_when_it_is_told_to) {
  std::stop_source stop;
  BOOST_TEST(sleep_until(clock, clock.now() - 1s, stop.get_token()));
  const auto soon = clock.now() + 2ms;
  BOOST_TEST(sleep_until(clock, soon, stop.get_token()));
  BOOST_CHECK(clock.now() >= soon);
  std::jthread stopper([&] { stop.request_stop(); });
  BOOST_TEST(!sleep_until(clock, clock.now() + 1h, stop.get_token()));
}

BOOST_AUTO_TEST_CASE(a_false_clock_says_when_to_wake) {
  const peernet::clock ahead(clock_error{.offset = 1h, .drift_ppm = 0});
  std::stop_source never;
  const auto soon = ahead.now() + 2ms;
  BOOST_TEST(sleep_until(ahead, soon, never.get_token())); // by the machine's clock: in an hour
  BOOST_CHECK(ahead.now() >= soon);
}

BOOST_AUTO_TEST_CASE(an_input_that_ends_by_itself_is_told_once) {
  auto s = source_of([]() -> result<std::optional<payload>> { return std::optional<payload>{}; });
  BOOST_CHECK(s->fire(15, due, window, by) == sensor_source::fired::at_end);
  BOOST_CHECK(s->fire(15, due, window, by) == sensor_source::fired::at_end);
  const auto told = events.take().first;
  BOOST_REQUIRE_EQUAL(told.size(), 1u);
  BOOST_TEST(told[0].what == "sensor ended");
  BOOST_TEST(told[0].detail == "camera: its input ended after 15 samples");
  BOOST_CHECK(told[0].how == severity::info);
}

BOOST_AUTO_TEST_CASE(an_input_that_ends_because_it_was_told_to_is_no_news) {
  auto s = source_of([]() -> result<std::optional<payload>> { return std::optional<payload>{}; });
  s->cancel();
  BOOST_CHECK(s->fire(15, due, window, by) == sensor_source::fired::at_end);
  BOOST_TEST(events.take().first.empty());
}

BOOST_AUTO_TEST_SUITE_END()
