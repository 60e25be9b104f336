// SPDX-License-Identifier: MIT
#include "runtime/trace/summary.hpp"
#include "runtime/trace/terminal_page.hpp"
#include "tests/runtime/trace/hand_made.hpp"
#include "tests/runtime/trace/printed.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

run_summary whole_run(std::uint64_t samples) {
  synthetic_run source({.samples = samples,
                        .warmup = 10,
                        .loss = 0.05,
                        .drop = 0.05,
                        .cloud_offset_ns = 250'000'000});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  return run.finish();
}

} // namespace

BOOST_AUTO_TEST_SUITE(print_summary_test)

BOOST_AUTO_TEST_CASE(the_verdict_comes_first) {
  const auto first = lines(print_summary(whole_run(300))).front();
  BOOST_TEST(first.rfind("VALID  people-offload: 300 samples, 10 of them warm-up, in 30.0 s", 0) ==
             0u);
}

BOOST_AUTO_TEST_CASE(an_exact_picture_of_a_small_run) {
  run_summary s;
  s.name = "demo";
  s.intended = 2;
  s.length = std::chrono::seconds{1};
  s.steps = {{.place = "camera",
              .step = "sense",
              .durations = {.count = 2, .mean = 1500, .max = 2000},
              .share = 0.25},
             {.place = "uplink",
              .step = "link",
              .durations = {.count = 2, .mean = 4.5e6, .max = 5'000'000},
              .share = 0.75,
              .bound_ns = 61'900}};
  s.paths = {
      {.path = "camera->actuator", .end_to_end = {.count = 2, .mean = 6e6, .max = 7'000'000}}};
  s.links = {
      {.name = "uplink", .transport = "zmq-tcp", .sent = 2, .delivered = 2, .throughput = 1e6}};
  s.sinks = {{.sink = "actuator", .counts = {2}}};
  s.clocks = {{.node = "robot", .offset_ns = 0, .shared = true}};
  s.own = {.records = 9, .stored = 9, .database = 4000};
  BOOST_TEST(
      print_summary(s) ==
      "VALID  demo: 2 samples, in 1.00 s\n"
      "\n"
      "place    step            count     mean      p50      p90      p99      max   share        "
      "±\n"
      "camera   sense               2  1.50 µs        –        –        –  2.00 µs  25.0 %\n"
      "uplink   link                2  4.50 ms        –        –        –  5.00 ms  75.0 %  61.9 "
      "µs\n"
      "\n"
      "camera->actuator\n"
      "end to end                   2  6.00 ms        –        –        –  7.00 ms   100 %\n"
      "between the steps                                                             0.0 %\n"
      "\n"
      "link     transport     sent delivered    lost duplicated reordered  dropped    throughput\n"
      "uplink   zmq-tcp          2         2       –          –         –        –   1.00 Mbit/s\n"
      "\n"
      "sink     delivered warm-up\n"
      "actuator         2       0\n"
      "\n"
      "clocks: every node shares the reference clock, offsets are exactly 0\n"
      "recording: 9 records, none lost, 4.00 kB\n");
}

BOOST_AUTO_TEST_CASE(what_models_and_links_report_is_a_row_each_in_its_unit) {
  auto s = whole_run(60);
  s.values = {{.place = "detector",
               .name = "people",
               .figures = {.count = 40, .mean = 1.25, .min = 0, .max = 3, .p50 = 1}},
              {.place = "uplink",
               .name = "encoded-bytes",
               .unit = figure_unit::size,
               .figures = {.count = 2, .mean = 15'500, .min = 15'000, .max = 16'000}},
              {.place = "uplink",
               .name = "psnr",
               .unit = figure_unit::decibel,
               .figures = {.count = 2, .mean = 38.25, .min = 35.5, .max = 41}},
              {.place = "uplink",
               .name = "planned-delay",
               .unit = figure_unit::time_span,
               .figures = {.count = 2, .mean = 22.5e6, .min = 22e6, .max = 23e6}}};
  const auto text = print_summary(s);
  const auto table =
      "place    value           count       min      mean       p50       p90       p99       max\n"
      "detector people             40         0      1.25         1         –         –         3\n"
      "uplink   encoded-bytes       2   15.0 kB   15.5 kB         –         –         –   16.0 kB\n"
      "uplink   psnr                2   35.5 dB   38.2 dB         –         –         –   41.0 "
      "dB\n"
      "uplink   planned-delay       2   22.0 ms   22.5 ms         –         –         –   23.0 "
      "ms\n";
  BOOST_TEST(text.find(table) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(percentiles_without_enough_samples_are_a_dash) {
  const auto text = print_summary(whole_run(60));
  for (const auto& line : lines(text))
    if (line.rfind("end to end", 0) == 0)
      BOOST_TEST(line.find("–") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_100_columns_whatever_the_names_and_numbers) {
  auto s = whole_run(300);
  const std::string name(200, 'n');
  s.name = name;
  s.problems = {name + " " + name,
                "some words that go on and on and on and on and on and on and on "
                "and on and on and on and on and on until they fill two lines"};
  s.lost_nodes = {name};
  s.steps.push_back({.place = name,
                     .step = name,
                     .durations = {.count = 99'999'999, .mean = -9e13, .max = 99'999'000'000'000},
                     .share = -9.999,
                     .bound_ns = 99'999'000'000'000});
  s.paths.push_back({.path = name});
  s.links.push_back(
      {.name = name, .transport = name, .sent = 99'999'999, .corrupt = 3, .throughput = 99e12});
  s.values.push_back({.place = name,
                      .name = name,
                      .figures = {.count = 99'999'999, .mean = -1.23456e-200, .min = -1e300}});
  s.values.push_back({.place = name, .name = name, .unit = figure_unit::size, .figures = {}});
  run_summary::outcome_row all{.sink = name, .warmup = 9'999'999, .late = 5, .duplicate = 6};
  all.counts.fill(9'999'999);
  s.sinks.push_back(all);
  s.clocks.push_back(
      {.node = name, .offset_ns = -123'456'789'000, .bound_ns = 1, .worst_bound_ns = 2});
  s.clocks.push_back({.node = name});
  s.expectations.push_back({.metric = "m" + name,
                            .condition = "p99.9 >= 123456.789µs and what not",
                            .verdict = expectation_verdict::undecidable,
                            .measured = -99e12,
                            .bound = 99e12,
                            .note = "a reason of many words that does not fit into the line of "
                                    "its expectation and goes on below that line"});
  for (const auto& line : lines(print_summary(s))) {
    // A single word that is too long by itself is not broken.
    if (line.find(name) == std::string::npos)
      BOOST_TEST(columns_of(line) <= 100u, columns_of(line) << ": " << line);
    BOOST_TEST((line.empty() || line.back() != ' '));
  }
  BOOST_TEST(print_summary(s).find("corrupt") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(problems_and_lost_nodes_stand_under_the_verdict) {
  run_summary s;
  s.verdict = run_verdict::node_lost;
  s.lost_nodes = {"cloud"};
  s.problems = {"sensor camera intended 5 samples, 4 are recorded"};
  const auto text = print_summary(s);
  BOOST_TEST(text.rfind("NODE LOST  run: 0 samples", 0) == 0u);
  BOOST_TEST(has_line(text, " ! node cloud was lost while the run was under way"));
  BOOST_TEST(has_line(text, " ! sensor camera intended 5 samples, 4 are recorded"));
}

BOOST_AUTO_TEST_CASE(expectations_stand_right_under_the_verdict) {
  run_summary s;
  s.verdict = run_verdict::undecidable;
  s.problems = {"something else"};
  s.expectations = {{.metric = "camera->actuator.end-to-end",
                     .condition = "p90 < 250ms",
                     .verdict = expectation_verdict::passed,
                     .measured = 61.2e6},
                    {.metric = "uplink.loss",
                     .condition = "< 1%",
                     .verdict = expectation_verdict::failed,
                     .unit = figure_unit::share,
                     .measured = 0.0182},
                    {.metric = "uplink.link",
                     .condition = "p50 < 900µs",
                     .verdict = expectation_verdict::undecidable,
                     .measured = 910e3,
                     .bound = 61.9e3,
                     .note = "10.0 µs from the limit"},
                    {.metric = "uplink.encode",
                     .condition = "p99 < 9ms",
                     .verdict = expectation_verdict::undecidable,
                     .note = "99 values; p99 needs 1000"},
                    {.metric = "inside.loss",
                     .condition = "< 1%",
                     .verdict = expectation_verdict::not_applicable,
                     .note = "a local hand-off"}};
  const auto text = print_summary(s);
  const auto head = text.substr(0, text.find("\n\n"));
  BOOST_TEST(head == "UNDECIDABLE  run: 0 samples, in 0 ns; 1 of 5 expectations failed\n"
                     " ✓ camera->actuator.end-to-end  p90 < 250ms  61.2 ms\n"
                     " ✗ uplink.loss                  < 1%         1.82 %\n"
                     " ? uplink.link                  p50 < 900µs  910 µs ± 61.9 µs, 10.0 µs from "
                     "the limit\n"
                     " ? uplink.encode                p99 < 9ms    99 values; p99 needs 1000\n"
                     " – inside.loss                  < 1%         a local hand-off\n"
                     " ! something else");
}

BOOST_AUTO_TEST_CASE(a_failed_expectation_is_in_the_first_line) {
  run_summary s;
  s.verdict = run_verdict::failed;
  BOOST_TEST(print_summary(s).rfind("FAILED  run: ", 0) == 0u);
}

BOOST_AUTO_TEST_CASE(an_event_says_when_it_happened_if_that_is_known) {
  run_summary s;
  s.begin_ns = 5'000'000'000;
  s.events = {{.severity = "info",
               .node = "robot",
               .what = "early",
               .detail = "not mapped",
               .count = 1,
               .first_ns = {}},
              {.severity = "warning",
               .node = "cloud",
               .what = "clock step",
               .detail = "by +1.00 ms",
               .count = 1,
               .first_ns = 8'250'000'000}};
  BOOST_TEST(has_line(print_summary(s), " · info robot: early, not mapped"));
  BOOST_TEST(has_line(print_summary(s), " · at 3.25 s, warning cloud: clock step, by +1.00 ms"));
}

BOOST_AUTO_TEST_CASE(columns_never_run_together) {
  run_summary s;
  s.steps = {{.place = "camera",
              .step = "link",
              .durations = {.count = 2, .mean = -63e9, .max = 63'000'000'000},
              .share = 276666.167}};
  s.clock_pairs = {{.asker = "robot",
                    .answerer = "cloud",
                    .method = "udp",
                    .offset_ns = -86'400'000'000'000,
                    .drift_ppb = -500'010,
                    .bound_ns = 5}};
  const auto text = print_summary(s);
  for (const auto* part : {" 63.0 s > 999 %", " -86400 s  -500.01 ppm"})
    BOOST_TEST(text.find(part) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(late_and_repeated_arrivals_are_told) {
  run_summary s;
  s.sinks = {{.sink = "actuator", .counts = {7}, .late = 5, .duplicate = 6}};
  BOOST_TEST(has_line(print_summary(s), "         5 arrived after they had expired"));
  BOOST_TEST(has_line(print_summary(s), "         6 arrived again"));
}

BOOST_AUTO_TEST_CASE(only_outcomes_that_happened_have_a_column) {
  const auto text = print_summary(whole_run(300));
  BOOST_TEST(text.find("dropped    lost warm-up") != std::string::npos);
  BOOST_TEST(text.find("corrupt") == std::string::npos);
  BOOST_TEST(text.find("clock of cloud: 250 ms off the reference, ± ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
