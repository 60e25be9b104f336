// SPDX-License-Identifier: MIT
#include "runtime/trace/run_fact.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace peernet;

namespace {

/// A run over two clocks, three seconds apart.
struct two_clocks : hand_made_run {
  two_clocks() : two_clocks(synthetic_run({.samples = 200, .cloud_offset_ns = 3'000'000'000})) {}
  explicit two_clocks(synthetic_run source) : hand_made_run(source.shape()) {
    BOOST_REQUIRE(record_run(db, source).ok());
  }
};

bool says(const std::vector<std::string>& all, const std::string& part) {
  return std::ranges::any_of(all, [&](const auto& p) { return p.find(part) != p.npos; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(summary_clocks_test)

BOOST_AUTO_TEST_CASE(pairs_that_probed_each_other_are_listed) {
  two_clocks run;
  const auto s = run.finish();
  BOOST_TEST(s.problems.empty());
  BOOST_REQUIRE(!s.clock_pairs.empty());
  const auto& pair = s.clock_pairs.front();
  BOOST_TEST(!pair.shared);
  BOOST_TEST(pair.exchanges > 0u);
  BOOST_TEST(std::abs(std::abs(pair.offset_ns) - 3'000'000'000) <= pair.bound_ns);
  BOOST_TEST(pair.worst_bound_ns >= pair.bound_ns);
  BOOST_TEST(print_summary(s).find("clock pair") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bound_wider_than_allowed_makes_the_run_invalid) {
  two_clocks run;
  BOOST_REQUIRE(run.db.set_run(run_key::clock_max_bound, "1000000000").ok());
  BOOST_TEST((run.finish().verdict == run_verdict::valid));
  BOOST_REQUIRE(run.db.set_run(run_key::clock_max_bound, "1").ok());
  const auto s = run.finish();
  BOOST_TEST((s.verdict == run_verdict::invalid));
  BOOST_TEST(says(s.problems, "max-bound is 1 ns: probe more often ([clock] interval)"));
}

BOOST_AUTO_TEST_CASE(clocks_that_cannot_be_as_they_say_make_the_run_invalid) {
  two_clocks run;
  const std::vector probes = {probe{.asker = 0,
                                    .answerer = 1,
                                    .t1 = 0,
                                    .t2 = 900,
                                    .t3 = 901,
                                    .t4 = 100}}; // one clock, 850 ns apart
  BOOST_REQUIRE(run.db.append_probes(probes).ok());
  const auto s = run.finish();
  BOOST_TEST((s.verdict == run_verdict::invalid));
  BOOST_TEST(says(s.problems, "shared clocks differ: "));
  BOOST_TEST(std::ranges::any_of(s.events, [](const auto& e) {
    return e.severity == "error" && e.what == "shared clocks differ" && e.count == 1;
  }));
}

BOOST_AUTO_TEST_CASE(what_clock_probes_met_is_summed_up_over_all_nodes) {
  two_clocks run;
  const std::vector<reported_count> counts{
      {.kind = count_kind::probe_foreign, .node = 0, .count = 1},
      {.kind = count_kind::probe_foreign, .node = coordinator_node, .count = 2},
      {.kind = count_kind::probe_unexpected, .node = 1, .count = 30},
      {.kind = count_kind::probe_late, .node = 1, .count = 400},
      {.kind = count_kind::probe_overflowed, .node = 0, .count = 5'000},
      {.kind = count_kind::probe_own_stamps, .node = 0, .count = 60'000}};
  BOOST_REQUIRE(run.db.append_counts(counts).ok());
  const auto s = run.finish();
  const probe_mishaps expected{
      .foreign = 3, .unexpected = 30, .late = 400, .overflowed = 5'000, .own_stamps = 60'000};
  BOOST_TEST((s.own.mishaps == expected));
  BOOST_TEST((s.verdict == run_verdict::valid)); // bounds hold whatever happens to probes
}

BOOST_AUTO_TEST_CASE(a_few_events_of_one_kind_are_told_one_by_one_with_their_times) {
  two_clocks run;
  for (int i = 0; i < run_summary::event_row::told_singly; ++i)
    BOOST_REQUIRE(run.db
                      .append_event({.time_ns = synthetic_run::start + (i + 1) * 1'500'000'000LL,
                                     .node = 1,
                                     .severity = severity::warning,
                                     .what = "stage failed",
                                     .detail = "number 7"})
                      .ok());
  const auto s = run.finish();
  BOOST_REQUIRE(s.events.size() == static_cast<std::size_t>(run_summary::event_row::told_singly));
  const auto text = print_summary(s);
  for (const auto* line : {" · at 1.50 s, warning cloud: stage failed, number 7\n",
                           " · at 6.00 s, warning cloud: stage failed, number 7\n"})
    BOOST_TEST(text.find(line) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(times_far_from_all_exchanges_are_not_mapped_and_that_is_a_problem) {
  synthetic_run source({.samples = 200, .cloud_offset_ns = 3'000'000'000});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  const auto unmapped = [&] {
    const auto s = run.finish();
    BOOST_TEST((s.verdict == (s.problems.empty() ? run_verdict::valid : run_verdict::invalid)));
    return says(s.problems, "was not compared with others at that time, and are in no figure: let "
                            "UDP pass");
  };
  BOOST_TEST(!unmapped());
  run.db.database().execute("DELETE FROM probe WHERE t1 > " +
                            std::to_string(synthetic_run::start + 5'000'000'000));
  BOOST_TEST(unmapped());
  // Whoever is asked once in a second cannot be missed before 20 of them have passed.
  BOOST_REQUIRE(run.db.set_run(run_key::clock_interval, "1000000000").ok());
  BOOST_TEST(!unmapped());
}

BOOST_AUTO_TEST_CASE(without_a_time_daemon_the_remedy_is_one_where_kernels_are_believed) {
  synthetic_run source({.samples = 200, .cloud_offset_ns = 3'000'000'000});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  BOOST_REQUIRE(run.db.set_run(run_key::clock_method, "system").ok());
  const auto s = run.finish(); // no kernel was ever asked
  BOOST_REQUIRE(!s.problems.empty());
  BOOST_TEST(s.problems[0].find("in no figure: let a time daemon") != std::string::npos,
             s.problems[0]);
  BOOST_TEST(s.problems[0].find("UDP") == std::string::npos, s.problems[0]);
}

BOOST_AUTO_TEST_CASE(many_events_of_one_kind_are_one_row) {
  two_clocks run;
  for (int i = 0; i < run_summary::event_row::told_singly + 1; ++i)
    BOOST_REQUIRE(run.db
                      .append_event({.time_ns = 100 + i,
                                     .node = 1,
                                     .severity = severity::warning,
                                     .what = "stage failed",
                                     .detail = "number " + std::to_string(i)})
                      .ok());
  const auto s = run.finish();
  BOOST_REQUIRE(s.events.size() == 1);
  BOOST_TEST(s.events[0].count == 5u);
  BOOST_TEST(s.events[0].detail == "number 0");
  BOOST_TEST(s.events[0].node == "cloud");
  BOOST_TEST(print_summary(s).find("warning cloud: stage failed, number 0 (5 times)") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
