// SPDX-License-Identifier: MIT
#include "runtime/trace/live_figures.hpp"
#include "runtime/trace/statistics.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr stamp start = stamp_from_ns(1'000'000'000);

} // namespace

BOOST_AUTO_TEST_SUITE(live_figures_test)

BOOST_AUTO_TEST_CASE(a_histogram_is_right_to_a_percent) {
  auto random = random_source(3);
  log_histogram sut;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(std::llround(std::exp(random.uniform() * 25))); // 1 ns to 72 s
    sut.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const auto truth = static_cast<double>(percentile(values, share).value());
    const auto shown = static_cast<double>(sut.percentile(share).value());
    BOOST_TEST(std::fabs(shown - truth) <= 0.008 * truth, share << ": " << shown << " " << truth);
  }
}

BOOST_AUTO_TEST_CASE(a_histogram_takes_every_value) {
  log_histogram sut;
  for (int i = 0; i < 10; ++i) {
    sut.add(INT64_MIN);
    sut.add(INT64_MAX);
  }
  BOOST_TEST(sut.count() == 20u);
  BOOST_TEST(sut.percentile(0.5).value() == 0);
  BOOST_TEST(!sut.percentile(0.9).has_value());
}

BOOST_AUTO_TEST_CASE(samples_are_in_flight_until_every_sink_has_a_last_word) {
  const auto shape = fan_out_layout();
  live_figures sut(shape);
  sut.add(std::vector{make_sample(1, 10, 11), make_sample(2, 20, 21),
                      make_fate(1, 2, outcome::delivered, 30)},
          start);
  BOOST_TEST(sut.now(start).in_flight == 2u);
  sut.add(std::vector{make_fate(1, 4, outcome::consumed, 40)}, start);
  BOOST_TEST(sut.now(start).in_flight == 1u);
  sut.add(std::vector{make_fate(2, 0, outcome::expired, 40)}, start);
  const auto s = sut.now(start);
  BOOST_TEST(s.in_flight == 0u);
  BOOST_TEST(s.intended == 2u);
  BOOST_TEST(s.delivered == 1u);
  BOOST_TEST(s.lost == 1u);
}

BOOST_AUTO_TEST_CASE(a_sample_that_reached_any_sink_is_not_lost) {
  const auto shape = fan_out_layout();
  live_figures sut(shape);
  sut.add(std::vector{make_sample(1, 10, 11), make_fate(1, 2, outcome::delivered, 30),
                      make_fate(1, 3, outcome::dropped, 40)},
          start);
  sut.add(std::vector{make_sample(2, 20, 21), make_fate(2, 1, outcome::dropped, 30),
                      make_fate(2, 3, outcome::dropped, 40)},
          start);
  const auto s = sut.now(start);
  BOOST_TEST(s.in_flight == 0u);
  BOOST_TEST(s.lost == 1u);
  BOOST_TEST(s.sinks == 2u);
}

BOOST_AUTO_TEST_CASE(an_arrival_may_be_told_before_its_sample) {
  const auto shape = pipeline_layout();
  live_figures sut(shape);
  for (std::uint64_t t = 0; t < 20; ++t) {
    sut.add(std::vector{make_fate(t, 4, outcome::delivered, 50'000)}, start);
    sut.add(std::vector{make_sample(t, 10'000, 11'000)}, start);
  }
  const auto s = sut.now(start);
  BOOST_TEST(s.in_flight == 0u);
  BOOST_REQUIRE(s.p50.has_value());
  BOOST_TEST(std::abs(s.p50->count() - 40'000) <= 400);
  BOOST_TEST(!s.p99.has_value());
}

BOOST_AUTO_TEST_CASE(the_rate_is_that_of_the_last_second) {
  const auto shape = pipeline_layout();
  live_figures sut(shape);
  for (std::uint64_t t = 0; t < 30; ++t)
    sut.add(std::vector{make_sample(t, 1, 2), make_fate(t, 4, outcome::delivered, 3)},
            start + 100ms * t);
  BOOST_TEST(sut.now(start + 2900ms).delivered_per_second == 11); // 1.9 s … 2.9 s, both included
  BOOST_TEST(sut.now(start + 3500ms).delivered_per_second == 5);
  BOOST_TEST(sut.now(start + 5s).delivered_per_second == 0);
}

BOOST_AUTO_TEST_CASE(what_never_ends_is_given_up) {
  const auto shape = pipeline_layout();
  live_figures sut(shape, 2s);
  sut.add(std::vector{make_sample(1, 10, 11)}, start);
  BOOST_TEST(sut.now(start + 2s).in_flight == 1u);
  const auto s = sut.now(start + 2001ms);
  BOOST_TEST(s.in_flight == 0u);
  BOOST_TEST(s.overdue == 1u);
  BOOST_TEST(s.lost == 1u);
}

BOOST_AUTO_TEST_CASE(times_across_clocks_count_once_the_clocks_are_known) {
  const auto shape = pipeline_layout();
  live_figures sut(shape);
  const auto arrive = [&](std::uint64_t from) {
    for (auto t = from; t < from + 20; ++t)
      sut.add(std::vector{make_sample(t, 1'000, 1'100),
                          make_fate(t, 4, outcome::delivered, 501'000, {0, 1})},
              start);
  };
  arrive(0);
  BOOST_TEST(!sut.now(start).p50.has_value());
  sut.set_clocks(clock_map({{.from = 1, .to = 0, .offset_ns = -400'000}}));
  arrive(20);
  BOOST_TEST(std::abs(sut.now(start).p50.value().count() - 100'000) <= 1'000);
}

BOOST_AUTO_TEST_CASE(the_widest_clock_bound_of_the_moment_is_told) {
  const auto shape = pipeline_layout();
  live_figures sut(shape);
  BOOST_TEST(!sut.now(start).clock_bound.has_value());
  const auto at = to_ns(start) - 500;
  sut.set_clocks(clock_map({{.from = 1, .to = 0, .anchor_ns = at, .offset_ns = 500, .bound_ns = 70},
                            {.from = 2, .to = 0, .bound_ns = 60},
                            {.from = 2, .to = 1, .bound_ns = 900}}));
  BOOST_TEST(sut.now(start).clock_bound.value().count() == 70);
  sut.set_clocks(clock_map({{.from = 1,
                             .to = 0,
                             .anchor_ns = at,
                             .offset_ns = 500,
                             .bound_ns = 70,
                             .bound_growth = 1e-6}}));
  BOOST_TEST(sut.now(start + std::chrono::seconds{1}).clock_bound.value().count() == 1070);
}

BOOST_AUTO_TEST_CASE(the_warm_up_is_in_no_latency_and_unknown_numbers_are_ignored) {
  const auto shape = pipeline_layout();
  live_figures sut(shape);
  for (std::uint64_t t = 0; t < 50; ++t) {
    auto warm = make_sample(t, 10, 11);
    warm.flags = record_warmup;
    sut.add(std::vector{warm, make_fate(t, 4, outcome::delivered, 30)}, start);
  }
  BOOST_TEST(!sut.now(start).p50.has_value());
  sut.add(std::vector{make_fate(trace_id(9, 0).number(), 4, outcome::delivered, 30),
                      make_fate(1, 77, outcome::delivered, 30),
                      make_record(record_kind::fate, 1, 4, 99, 1, 1)},
          start);
  BOOST_TEST(sut.now(start).delivered == 50u);
}

BOOST_AUTO_TEST_SUITE_END()
