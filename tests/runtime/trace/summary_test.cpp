// SPDX-License-Identifier: MIT
#include "runtime/trace/summary.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>

using namespace peernet;

namespace {

const run_summary::step_row& row(const run_summary& s, const std::string& place,
                                 const std::string& step) {
  const auto it = std::find_if(s.steps.begin(), s.steps.end(),
                               [&](const auto& r) { return r.place == place && r.step == step; });
  BOOST_REQUIRE_MESSAGE(it != s.steps.end(), place << "." << step);
  return *it;
}

/// One sample over two nodes whose clocks differ by exactly 1000 ns, with probes that say so.
struct two_clocks {
  two_clocks() : run(pipeline_layout(1)) {
    BOOST_REQUIRE(run.db
                      .append_probes(std::vector{probe{
                          .local = 0, .remote = 1, .t1 = 0, .t2 = 1'050, .t3 = 1'050, .t4 = 100}})
                      .ok());
    run.append({make_sample(1, 0, 100), make_span(1, 0, step::lag, 0, 20),
                make_span(1, 0, step::sense, 20, 100), make_sent(1, 1, 100, 1),
                make_link(1, 1, robot, 100, cloud, 1'300), // 200 in truth
                make_span(1, 2, step::infer, 1'300, 1'800, cloud), make_sent(1, 3, 1'900, 1, cloud),
                make_link(1, 3, cloud, 1'900, robot, 950), // 50 in truth; 100 between the steps
                make_span(1, 4, step::act, 950, 1'000), make_fate(1, 4, outcome::delivered, 1'000),
                make_span(1, 0, step::notice, 1'000, 1'400)});
  }
  static constexpr at_node robot{0, 0}, cloud{1, 1};
  hand_made_run run;
};

} // namespace

BOOST_AUTO_TEST_SUITE(summary_test)

BOOST_FIXTURE_TEST_CASE(durations_across_clocks_are_mapped_and_bounded, two_clocks) {
  const auto s = run.finish();
  const auto& up = row(s, "uplink", "link");
  BOOST_TEST(up.durations.count == 1u);
  BOOST_TEST(up.durations.mean == 200);
  BOOST_TEST(up.bound_ns >= 50); // half of the round trip of 100 ns
  BOOST_TEST(up.bound_ns < 60);
  BOOST_TEST(row(s, "downlink", "link").durations.mean == 50);
  BOOST_TEST(row(s, "detector", "infer").durations.mean == 500);
  BOOST_TEST(row(s, "detector", "infer").bound_ns <= 1); // 500 ns at a rate hardly known
  BOOST_REQUIRE(s.clocks.size() == 2);
  BOOST_TEST(s.clocks[0].shared);
  BOOST_TEST(s.clocks[1].offset_ns.value() == 1'000);
}

BOOST_FIXTURE_TEST_CASE(shares_are_of_the_way_from_intended_to_acted, two_clocks) {
  const auto s = run.finish();
  BOOST_REQUIRE(s.paths.size() == 1);
  BOOST_TEST(s.paths[0].path == "camera->detector->actuator");
  BOOST_TEST(s.paths[0].end_to_end.mean == 1'000);
  BOOST_TEST(s.paths[0].bound_ns == 0); // begins and ends on the robot
  BOOST_TEST(row(s, "detector", "infer").share.value() == 0.5);
  BOOST_TEST(row(s, "uplink", "link").share.value() == 0.2);
  BOOST_TEST(!row(s, "camera", "notice").share.has_value());
  BOOST_TEST(s.paths[0].unexplained == 0.1, boost::test_tools::tolerance(1e-9));
}

BOOST_FIXTURE_TEST_CASE(rows_stand_in_the_order_a_sample_meets_them, two_clocks) {
  std::vector<std::string> order;
  for (const auto& r : run.finish().steps)
    order.push_back(r.place + "." + r.step);
  check_rows(order, {"camera.lag", "camera.sense", "camera.notice", "uplink.link", "detector.infer",
                     "downlink.link", "actuator.act"});
}

BOOST_AUTO_TEST_CASE(the_warm_up_is_in_no_figure_but_in_the_counts) {
  hand_made_run run(pipeline_layout());
  auto records = std::vector{make_sample(1, 0, 1), make_span(1, 0, step::sense, 0, 1'000'000),
                             make_fate(1, 4, outcome::delivered, 9)};
  for (auto& r : records)
    r.flags = record_warmup;
  run.append(records);
  run.append({make_sample(2, 10, 11), make_span(2, 0, step::sense, 10, 11),
              make_fate(2, 4, outcome::delivered, 20)});
  const auto s = run.finish();
  BOOST_TEST(s.intended == 2u);
  BOOST_TEST(s.warmup == 1u);
  BOOST_TEST(row(s, "camera", "sense").durations.max == 1);
  BOOST_TEST(s.paths.at(0).end_to_end.count == 1u);
  BOOST_REQUIRE(s.sinks.size() == 1);
  BOOST_TEST(s.sinks[0].counts[0] == 1u);
  BOOST_TEST(s.sinks[0].warmup == 1u);
  BOOST_TEST(s.begin_ns == 0);
  BOOST_TEST(s.length.count() == 20);
}

BOOST_AUTO_TEST_CASE(the_worst_that_applies_is_the_verdict) {
  const auto verdict = [](bool complete, bool interrupted, bool lost) {
    synthetic_run source({.samples = 30, .warmup = 3});
    hand_made_run run(source.shape());
    BOOST_REQUIRE(record_run(run.db, source).ok());
    if (!complete)
      run.db.database().execute("DELETE FROM reported_count");
    if (interrupted)
      BOOST_REQUIRE(run.db.set_run_end(run_end::interrupted).ok());
    if (lost)
      BOOST_REQUIRE(run.db.mark_node_lost(1).ok());
    return to_string(run.finish().verdict);
  };
  BOOST_TEST(verdict(true, false, false) == "valid");
  BOOST_TEST(verdict(false, false, false) == "invalid");
  BOOST_TEST(verdict(false, true, false) == "interrupted");
  BOOST_TEST(verdict(false, true, true) == "node-lost");
}

BOOST_AUTO_TEST_CASE(a_failed_or_undecidable_expectation_is_the_verdict_of_a_valid_run) {
  const auto verdict = [](const std::vector<std::string>& conditions, bool complete = true) {
    synthetic_run source({.samples = 150, .warmup = 10});
    hand_made_run run(source.shape());
    BOOST_REQUIRE(record_run(run.db, source).ok());
    if (!complete)
      run.db.database().execute("DELETE FROM reported_count");
    std::vector<expected_figure> all;
    for (const auto& c : conditions)
      all.push_back({.metric = "camera.sense",
                     .condition = c,
                     .kind = figure_kind::step,
                     .target = "camera",
                     .name = "sense",
                     .inapplicable = ""});
    all.push_back({.metric = "x.loss", .inapplicable = "a local hand-off"});
    BOOST_REQUIRE(run.db.set_expectations(all).ok());
    return to_string(run.finish().verdict);
  };
  const std::string met = "p90 < 1s", unmet = "p90 > 1s", open = "p99 < 1s"; // of 140 values
  BOOST_TEST(verdict({met}) == "valid");
  BOOST_TEST(verdict({met, unmet}) == "failed");
  BOOST_TEST(verdict({met, open}) == "undecidable");
  BOOST_TEST(verdict({unmet, open}) == "undecidable"); // as the exit codes rank them
  BOOST_TEST(verdict({unmet}, false) == "invalid");
}

BOOST_AUTO_TEST_CASE(reported_values_are_summed_up_by_place_and_name) {
  hand_made_run run(pipeline_layout());
  std::vector<record> records;
  for (const double value : {1.5, 2.5, 100.0}) {
    records.push_back(make_record(record_kind::value, 1, 1, 0, 10, 10));
    records.back().amount = std::bit_cast<std::int64_t>(value);
  }
  records.back().flags = record_warmup;
  run.append(records);
  const auto s = run.finish();
  BOOST_REQUIRE(s.values.size() == 1);
  BOOST_TEST(s.values[0].place == "uplink");
  BOOST_TEST(s.values[0].name == "encoded-bytes");
  BOOST_TEST(s.values[0].figures.count == 2u);
  BOOST_TEST(s.values[0].figures.mean == 2);
}

BOOST_AUTO_TEST_CASE(a_time_that_contradicts_its_bound_makes_the_run_invalid) {
  hand_made_run run(pipeline_layout(1));
  run.append({make_sample(1, 0, 1), make_link(1, 1, {0, 0}, 5'000, {1, 1}, 1'100),
              make_fate(1, 4, outcome::delivered, 9'000)});
  BOOST_REQUIRE(run.db
                    .append_probes(std::vector{
                        probe{.local = 0, .remote = 1, .t2 = 1'050, .t3 = 1'050, .t4 = 100}})
                    .ok());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  for (int i = 0; i < 2; ++i) { // finishing again tells the same once
    const auto s = run.finish();
    const auto& problems = s.problems;
    BOOST_TEST((s.verdict == run_verdict::invalid));
    BOOST_TEST(std::count_if(problems.begin(), problems.end(), [](const auto& p) {
                 return p.find("1 durations are negative beyond their clock bound") !=
                        std::string::npos;
               }) == 1);
    check_rows(run.rows("SELECT severity, what FROM events", 2), {"error|negative duration"});
    BOOST_REQUIRE(s.events.size() == 1);
    BOOST_TEST(s.events[0].detail.find("uplink link: -") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_negative_time_within_its_bound_is_no_contradiction) {
  hand_made_run run(pipeline_layout(1));
  // The middle of the exchange is 40 ns off the truth, the link took 10 ns: it seems to take −30.
  run.append({make_sample(1, 0, 1), make_link(1, 1, {0, 0}, 1'000, {1, 1}, 2'010),
              make_fate(1, 4, outcome::delivered, 9'000)});
  BOOST_REQUIRE(run.db
                    .append_probes(std::vector{
                        probe{.local = 0, .remote = 1, .t2 = 1'090, .t3 = 1'090, .t4 = 100}})
                    .ok());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  const auto s = run.finish();
  BOOST_TEST(row(s, "uplink", "link").durations.mean == -30);
  for (const auto& p : s.problems)
    BOOST_TEST(p.find("negative") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_outputs_share_the_time_of_one_delivery) {
  hand_made_run run(pipeline_layout());
  auto second = make_span(1, 3, step::link, 500, 600);
  second.output = 1;
  run.append({make_sample(1, 0, 100), make_span(1, 3, step::link, 500, 700), second,
              make_fate(1, 4, outcome::delivered, 1'000)});
  BOOST_TEST(row(run.finish(), "downlink", "link").share.value() == 0.3);
}

BOOST_AUTO_TEST_CASE(a_run_without_any_delivery_is_not_called_valid) {
  hand_made_run run(pipeline_layout());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  const auto s = run.finish();
  BOOST_TEST((s.verdict == run_verdict::invalid));
  BOOST_TEST(s.intended == 0u);
}

BOOST_AUTO_TEST_CASE(throughput_is_what_arrived_over_the_length_of_the_run) {
  synthetic_run source({.samples = 100, .warmup = 0, .loss = 0.1});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  const auto s = run.finish();
  BOOST_REQUIRE(s.links.size() == 2);
  BOOST_TEST(s.links[0].lost.value() == source.lost);
  BOOST_TEST(s.links[0].throughput.value() == static_cast<double>(*s.links[0].bytes_received) *
                                                  8e9 / static_cast<double>(s.length.count()),
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(s.own.records == s.own.stored);
  BOOST_TEST(s.own.database > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
