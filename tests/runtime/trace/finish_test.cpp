// SPDX-License-Identifier: MIT
#include "runtime/trace/finish.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>

using namespace peernet;

namespace {

synthetic_run::options rough() {
  return {.samples = 500,
          .warmup = 50,
          .loss = 0.1,
          .drop = 0.1,
          .cloud_offset_ns = -3'000'000'000,
          .cloud_drift = 1e-6};
}

/// What users read from the derived views, all of it.
std::vector<std::string> derived(hand_made_run& run) {
  auto all = run.rows("SELECT * FROM outcomes ORDER BY trace, sink", 6);
  for (const auto& more : {run.rows("SELECT * FROM spans ORDER BY trace, begin_ns, end_ns", 11),
                           run.rows("SELECT * FROM clocks", 5)})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(finish_test)

BOOST_AUTO_TEST_CASE(a_rough_run_is_valid_and_every_sample_has_its_outcome) {
  synthetic_run source(rough());
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source, 100).ok());
  const auto s = run.finish();
  BOOST_TEST(s.problems.empty());
  check_rows(run.rows("SELECT outcome, COUNT(*) FROM outcomes GROUP BY outcome ORDER BY 1", 2),
             {"delivered|" + std::to_string(source.delivered),
              "dropped|" + std::to_string(source.dropped), "lost|" + std::to_string(source.lost)});
  BOOST_TEST(source.delivered + source.dropped + source.lost == 500u);
}

BOOST_AUTO_TEST_CASE(mapped_times_are_true_within_their_bounds) {
  synthetic_run source(rough());
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  run.finish();
  // In truth the link takes 1.1 to 3 ms each way.
  check_rows(run.rows("SELECT COUNT(*) FROM spans WHERE step = 'link' AND (duration_ns + bound_ns "
                      "< 1100000 OR duration_ns - bound_ns > 3000000)",
                      1),
             {"0"});
  check_rows(run.rows("SELECT COUNT(*) FROM spans WHERE bound_ns IS NULL", 1), {"0"});
}

BOOST_AUTO_TEST_CASE(a_clock_that_drifts_changes_no_duration_in_any_of_the_results) {
  synthetic_run::options options{
      .samples = 60, .period_ns = 2'000'000'000, .infer_ns = 1'000'000'000};
  synthetic_run plain(options); // one clock: what the durations are in truth
  options.cloud_offset_ns = -3'000'000'000;
  options.cloud_drift = 1e-4; // 100 µs in each inference
  synthetic_run drifting(options);
  hand_made_run true_run(plain.shape()), run(drifting.shape());
  BOOST_REQUIRE(record_run(true_run.db, plain).ok());
  BOOST_REQUIRE(record_run(run.db, drifting).ok());
  const auto truth = true_run.finish(), found = run.finish();

  const auto* spans = "SELECT trace || place || step, duration_ns, bound_ns, end_ns - begin_ns "
                      "FROM spans ORDER BY trace, place, step";
  auto a = true_run.db.database().prepare(spans), b = run.db.database().prepare(spans);
  auto compared = 0;
  while (a.next() && b.next()) {
    BOOST_REQUIRE(a.text(0) == b.text(0));
    BOOST_TEST(a.integer(2) == 0);
    BOOST_TEST(std::abs(b.integer(1) - a.integer(1)) <= b.integer(2) + 3, b.text(0));
    BOOST_TEST(std::abs(b.integer(1) - b.integer(3)) <= b.integer(2) + 200, b.text(0)); // ± 50 each
    ++compared;
  }
  BOOST_TEST(compared > 500);

  BOOST_REQUIRE((truth.steps.size() == found.steps.size() && truth.paths.size() == 1));
  for (std::size_t i = 0; i < truth.steps.size(); ++i) {
    const auto &t = truth.steps[i], &f = found.steps[i];
    BOOST_REQUIRE((t.place == f.place && t.step == f.step));
    BOOST_TEST(std::abs(t.durations.mean - f.durations.mean) <= static_cast<double>(f.bound_ns) + 3,
               f.place << " " << f.step);
    BOOST_TEST(std::abs(t.durations.mean - f.durations.mean) < 20'000, f.place << " " << f.step);
  }
  BOOST_REQUIRE((export_run(run.db, found, run.folder / "").ok()));
  BOOST_REQUIRE((export_run(true_run.db, truth, true_run.folder / "").ok()));
  const auto inference_of = [](hand_made_run& r) { // its column of the first row
    auto line = contents(r.folder / "traces.csv");
    line = line.substr(line.find('\n') + 1);
    for (int i = 0; i < 4; ++i)
      line = line.substr(line.find(',') + 1);
    return std::stod(line);
  };
  BOOST_TEST(inference_of(true_run) > 1.0);
  BOOST_TEST(std::abs(inference_of(run) - inference_of(true_run)) < 20e-6);
}

BOOST_AUTO_TEST_CASE(finishing_again_gives_the_same) {
  synthetic_run source(rough());
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  const auto first = print_summary(run.finish());
  const auto before = derived(run);
  run.db = require(store::open(run.folder / "run.db", store::access::finish));
  const auto second = print_summary(run.finish());
  BOOST_TEST(first == second);
  check_rows(derived(run), before);
  auto reader = require(store::open(run.folder / "run.db", store::access::read));
  BOOST_TEST(print_summary(*summarise(reader)) == first);
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_one_file) {
  synthetic_run source({.samples = 20, .warmup = 2});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  run.finish();
  BOOST_TEST(!std::filesystem::exists(run.folder / "run.db-wal"));
  BOOST_TEST(!std::filesystem::exists(run.folder / "run.db-shm"));
}

BOOST_AUTO_TEST_CASE(someone_reading_the_run_does_not_stop_its_finish) {
  synthetic_run source({.samples = 20, .warmup = 2});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  run.db.database().execute("PRAGMA busy_timeout = 0"); // do not wait for the reader
  auto reader = require(store::open(run.folder / "run.db", store::access::read));
  auto q = reader.database().prepare("SELECT * FROM spans");
  BOOST_REQUIRE(q.next());
  BOOST_TEST(run.finish().problems.empty());
}

BOOST_AUTO_TEST_CASE(a_run_with_a_killed_node_accounts_for_every_sample) {
  // The cloud dies while two samples are with it and one is under way to it.
  const at_node robot{0, 0}, cloud{1, 0};
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 10, 11), make_sent(1, 1, 12, 1), make_link(1, 1, robot, 12, cloud, 15),
              make_sent(1, 3, 20, 1, cloud), make_link(1, 3, cloud, 20, robot, 22),
              make_fate(1, 4, outcome::delivered, 25), make_sample(2, 30, 31),
              make_sent(2, 1, 32, 2), make_link(2, 1, robot, 32, cloud, 35), make_sample(3, 40, 41),
              make_sent(3, 1, 42, 3)});
  BOOST_REQUIRE(run.db
                    .append_counts(std::vector<reported_count>{{count_kind::intended, 0, 0, 0, 3},
                                                               {count_kind::arrivals, 0, 2, 0, 1},
                                                               {count_kind::emitted, 0, 0, 0, 8}})
                    .ok());
  BOOST_REQUIRE(run.db.append_link_end({.link = 3, .node = 0, .sent = 3}).ok());
  BOOST_REQUIRE(
      run.db.append_link_end({.link = 4, .node = 0, .side = link_side::receiver, .unique = 1})
          .ok());
  BOOST_REQUIRE(run.db.mark_node_lost(1).ok());
  BOOST_REQUIRE(run.db.set_run_end(run_end::completed).ok());
  const auto s = run.finish();
  BOOST_TEST((s.verdict == run_verdict::node_lost));
  check_rows(s.problems, {});
  check_rows(run.outcomes(), {"actuator|delivered|actuator", "actuator|unfinished|uplink",
                              "actuator|unfinished|uplink"});
}

BOOST_AUTO_TEST_CASE(exports_land_in_the_folder_or_say_why_not) {
  synthetic_run source({.samples = 20, .warmup = 2});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  const auto s = run.finish();
  BOOST_TEST(export_run(run.db, s, run.folder.path()).ok());
  for (const auto* name : {"traces.csv", "summary.json", "trace.json"})
    BOOST_TEST(std::filesystem::file_size(run.folder / name) > 0u);
  const auto failed = export_run(run.db, s, run.folder / "nowhere");
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST(failed.error().message.find("nowhere/traces.csv: No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_expected_is_judged_whenever_a_run_is_finished) {
  synthetic_run source({.samples = 130, .warmup = 10, .loss = 0.05});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  expected_figure loss{.metric = "uplink.loss",
                       .condition = "> 0%",
                       .kind = figure_kind::link,
                       .target = "uplink",
                       .name = "loss",
                       .unit = figure_unit::share,
                       .inapplicable = ""};
  BOOST_REQUIRE(run.db.set_expectations(std::vector{loss}).ok());
  run.db = require(store::open(run.folder / "run.db", store::access::finish)); // another program
  auto s = run.finish();
  BOOST_REQUIRE(s.expectations.size() == 1);
  BOOST_TEST((s.expectations[0].verdict == expectation_verdict::passed));
  BOOST_TEST(*s.expectations[0].measured == static_cast<double>(source.lost) / 130);
  BOOST_TEST((s.verdict == run_verdict::valid));
  loss.condition = "<= 0%";
  BOOST_REQUIRE(run.db.set_expectations(std::vector{loss}).ok());
  BOOST_TEST((run.finish().verdict == run_verdict::failed));
}

BOOST_AUTO_TEST_SUITE_END()
