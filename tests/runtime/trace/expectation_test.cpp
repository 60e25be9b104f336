// SPDX-License-Identifier: MIT
#include "runtime/trace/expectation.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

expected_figure figure(figure_kind kind, std::string target, std::string name, figure_unit unit,
                       std::string condition) {
  return {.metric = target + "." + name,
          .condition = std::move(condition),
          .kind = kind,
          .target = std::move(target),
          .name = std::move(name),
          .unit = unit,
          .inapplicable = ""};
}

expected_figure of_link(std::string name, std::string condition) {
  const auto unit = name == "throughput" ? figure_unit::bitrate : figure_unit::share;
  return figure(figure_kind::link, "uplink", std::move(name), unit, std::move(condition));
}

expected_figure of_step(std::string condition) {
  return figure(figure_kind::step, "uplink", "link", figure_unit::time_span, std::move(condition));
}

/// 150 frames, 3 of them lost; a link step of 2 ms ± 50 µs at the median.
run_summary some_run() {
  run_summary s;
  s.paths = {{.path = "camera->actuator",
              .end_to_end = {
                  .count = 110, .mean = 61e6, .min = 40, .p50 = 60'000'000, .p90 = 80'000'000}}};
  s.steps = {
      {.place = "uplink",
       .step = "link",
       .durations = {.count = 99, .mean = 2.1e6, .min = 1'000, .max = 9'000'000, .p50 = 2'000'000},
       .bound_ns = 50'000},
      {.place = "uplink", .step = "decode"}};
  s.links = {{.name = "uplink",
              .sent = 150,
              .lost = 3,
              .duplicated = 15,
              .reordered = 30,
              .dropped = 50,
              .corrupt = 6,
              .throughput = 5e6},
             {.name = "idle", .sent = 0, .lost = 0},
             {.name = "half", .sent = 10}};
  s.sinks = {{.sink = "actuator", .counts = {90, 1, 2, 3, 4, 0, 0, 0, 0}, .warmup = 1'000}};
  s.sensors = {{.sensor = "camera", .slots = 200, .skipped = 10, .failed = 1, .rate = 9.5},
               {.sensor = "still"}};
  s.values = {
      {.place = "detector", .name = "people", .figures = {.count = 3, .mean = 1.5, .max = 2}}};
  return s;
}

run_summary::expectation_row judged(const expected_figure& e) {
  return judge(e, some_run());
}

void check(const expected_figure& e, expectation_verdict verdict, std::optional<double> measured) {
  const auto row = judged(e);
  BOOST_TEST_CONTEXT(e.metric << " " << e.condition << ": " << row.note) {
    BOOST_TEST(to_string(row.verdict) == to_string(verdict));
    BOOST_TEST(row.measured.has_value() == measured.has_value());
    if (measured && row.measured)
      BOOST_TEST(*row.measured == *measured, boost::test_tools::tolerance(1e-12));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(expectation_test)

using enum expectation_verdict;

BOOST_AUTO_TEST_CASE(statistics_of_durations_are_compared) {
  const auto end_to_end = [](std::string condition) {
    return figure(figure_kind::path, "camera->actuator", "end-to-end", figure_unit::time_span,
                  std::move(condition));
  };
  check(end_to_end("p90 < 100ms"), passed, 80e6);
  check(end_to_end("p90 < 80ms"), failed, 80e6);
  check(end_to_end("p90 <= 80ms"), passed, 80e6);
  check(end_to_end("mean > 62ms"), failed, 61e6);
  check(end_to_end("min >= 40ns"), passed, 40);
}

BOOST_AUTO_TEST_CASE(a_percentile_of_too_few_values_is_undecidable) {
  check(of_step("p90 < 1s"), undecidable, std::nullopt);
  BOOST_TEST(judged(of_step("p90 < 1s")).note == "99 values; p90 needs 100");
  BOOST_TEST(judged(of_step("p99.9 < 1s")).note == "99 values; p99.9 needs 10000");
  check(of_step("max < 1s"), passed, 9e6); // the largest is the largest however many there are
}

BOOST_AUTO_TEST_CASE(a_limit_within_the_clock_bound_is_undecidable) {
  check(of_step("p50 < 2040us"), undecidable, 2e6);
  check(of_step("p50 < 1960us"), undecidable, 2e6);
  check(of_step("p50 < 2050us"), passed, 2e6); // as far away as the clocks are apart at most
  check(of_step("p50 < 1950us"), failed, 2e6);
  const auto row = judged(of_step("p50 < 2040us"));
  BOOST_TEST(row.bound == 50'000);
  BOOST_TEST(row.note == "40.0 µs from the limit");
}

BOOST_AUTO_TEST_CASE(what_was_not_measured_is_undecidable) {
  auto e = of_step("mean < 1s");
  for (const auto* name : {"encode", "decode"}) { // no row; a row without values
    e.name = name;
    check(e, undecidable, std::nullopt);
    BOOST_TEST(judged(e).note == "nothing was measured");
  }
  e = of_link("loss", "< 1%");
  e.target = "half";
  check(e, undecidable, std::nullopt);
  BOOST_TEST(judged(e).note == "an end of the link did not report");
  e.target = "idle";
  BOOST_TEST(judged(e).note == "there were no frames sent");
  check(figure(figure_kind::sensor, "still", "rate", figure_unit::rate, "> 1Hz"), undecidable,
        std::nullopt);
  check(figure(figure_kind::sensor, "still", "skipped", figure_unit::share, "< 1%"), undecidable,
        std::nullopt);
}

BOOST_AUTO_TEST_CASE(shares_of_a_link_are_of_the_frames_sent_and_drops_of_all_that_wanted_to_go) {
  check(of_link("loss", "< 2%"), failed, 0.02);
  check(of_link("loss", "<= 2%"), passed, 0.02);
  check(of_link("duplicated", "< 11%"), passed, 0.1);
  check(of_link("reordered", "> 19%"), passed, 0.2);
  check(of_link("corrupt", "< 4%"), failed, 0.04);
  check(of_link("dropped", "<= 25%"), passed, 0.25);
  check(of_link("throughput", ">= 5Mbit"), passed, 5e6);
}

BOOST_AUTO_TEST_CASE(shares_of_a_sink_are_of_the_samples_outside_the_warm_up) {
  const auto of_sink = [](std::string name, std::string condition) {
    return figure(figure_kind::sink, "actuator", std::move(name), figure_unit::share,
                  std::move(condition));
  };
  check(of_sink("delivered", ">= 90%"), passed, 0.9);
  check(of_sink("lost", "< 4%"), failed, 0.04);
  check(of_sink("expired", "<= 0%"), passed, 0);
}

BOOST_AUTO_TEST_CASE(sensors_and_reported_values_have_figures_too) {
  check(figure(figure_kind::sensor, "camera", "rate", figure_unit::rate, ">= 9.5Hz"), passed, 9.5);
  check(figure(figure_kind::sensor, "camera", "skipped", figure_unit::share, "< 5%"), failed, 0.05);
  check(figure(figure_kind::sensor, "camera", "failed", figure_unit::share, "< 1%"), passed, 0.005);
  const auto people = [](std::string condition) {
    return figure(figure_kind::value, "detector", "people", figure_unit::number,
                  std::move(condition));
  };
  check(people("mean > 1"), passed, 1.5);
  check(people("p50 > 1"), undecidable, std::nullopt);
}

BOOST_AUTO_TEST_CASE(a_figure_that_the_arrangement_has_not_is_neither_good_nor_bad) {
  auto e = of_link("loss", "< 1%");
  e.inapplicable = "a local hand-off";
  check(e, not_applicable, std::nullopt);
  BOOST_TEST(judged(e).note == "a local hand-off");
}

BOOST_AUTO_TEST_CASE(a_condition_that_cannot_be_read_is_undecidable_and_says_so) {
  check(of_link("loss", "gibberish"), undecidable, std::nullopt);
  BOOST_TEST(judged(of_link("loss", "gibberish")).note.find("compares by") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
