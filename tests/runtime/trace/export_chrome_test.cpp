// SPDX-License-Identifier: MIT
#include "runtime/trace/export.hpp"
#include "tests/runtime/trace/hand_made.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace peernet;
using nlohmann::json;

namespace {

std::vector<json> events(hand_made_run& run) {
  const auto done = export_chrome(run.db, run.folder / "trace.json");
  BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
  return json::parse(contents(run.folder / "trace.json")).at("traceEvents");
}

std::vector<json> of_phase(const std::vector<json>& all, const std::string& phase) {
  std::vector<json> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some),
               [&](const json& e) { return e.at("ph") == phase; });
  return some;
}

} // namespace

BOOST_AUTO_TEST_SUITE(export_chrome_test)

BOOST_AUTO_TEST_CASE(every_span_is_a_slice_in_microseconds_since_the_start) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 1'000'000, 1'500'000),
              make_span(1, 0, step::sense, 1'002'000, 1'500'001),
              make_link(1, 1, {0, 0}, 1'600'000, {1, 0}, 1'900'000)});
  run.finish();
  const auto all = events(run);
  const auto slices = of_phase(all, "X");
  BOOST_REQUIRE(slices.size() == 2);
  BOOST_TEST(slices[0].at("name") == "sense");
  BOOST_TEST(slices[0].at("ts").get<double>() == 2.0);
  BOOST_TEST(slices[0].at("dur").get<double>() == 498.001);
  BOOST_TEST(slices[0].at("pid") == 1);
  BOOST_TEST(slices[1].at("pid") == 2); // a link is drawn where it arrives
  BOOST_TEST(slices[1].at("cat") == "uplink");
  std::set<std::string> names;
  for (const auto& m : of_phase(all, "M"))
    if (m.at("name") != "thread_sort_index")
      names.insert(m.at("args").at("name").get<std::string>());
  BOOST_TEST((names == std::set<std::string>{"node robot", "node cloud", "camera", "uplink"}));
}

BOOST_AUTO_TEST_CASE(arrows_follow_the_sample_from_place_to_place) {
  synthetic_run source({.samples = 3, .warmup = 0});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  run.finish();
  const auto all = events(run);
  const auto starts = of_phase(all, "s"), ends = of_phase(all, "f");
  // camera → uplink at the robot → uplink at the cloud → detector → downlink there → here →
  // actuator
  BOOST_TEST(starts.size() == 3u * 6u);
  BOOST_REQUIRE(ends.size() == starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    BOOST_TEST(starts[i].at("id") == ends[i].at("id"));
    BOOST_TEST(starts[i].at("ts").get<double>() <= ends[i].at("ts").get<double>());
  }
  // Each end lies on a slice, or viewers drop the arrow.
  const auto slices = of_phase(all, "X");
  for (const auto& a : {starts, ends})
    for (const auto& e : a)
      BOOST_TEST(std::any_of(slices.begin(), slices.end(), [&](const json& s) {
        return s.at("pid") == e.at("pid") && s.at("tid") == e.at("tid") && s.at("ts") == e.at("ts");
      }));
}

BOOST_AUTO_TEST_CASE(slices_of_one_track_never_overlap) {
  // The detector takes half a period longer than the period: samples pile up.
  synthetic_run source({.samples = 50,
                        .warmup = 0,
                        .cloud_offset_ns = 5'000'000,
                        .period_ns = 20'000'000,
                        .infer_ns = 30'000'000});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  run.finish();
  std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> tracks;
  for (const auto& s : of_phase(events(run), "X"))
    tracks[{s.at("pid"), s.at("tid")}].emplace_back(
        s.at("ts").get<double>(), s.at("ts").get<double>() + s.at("dur").get<double>());
  for (auto& [where, slices] : tracks) {
    std::sort(slices.begin(), slices.end());
    for (std::size_t i = 1; i < slices.size(); ++i)
      BOOST_TEST(slices[i - 1].second <= slices[i].first + 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(a_duration_below_0_says_so_and_what_it_is) {
  hand_made_run run(pipeline_layout(1));
  const std::vector probes{probe{.remote = 1,
                                 .t1 = 1'000'000,
                                 .t2 = 1'300'000,
                                 .t3 = 1'300'000,
                                 .t4 = 1'600'000,
                                 .phase = probe_phase::during,
                                 .network = "",
                                 .method = std::string(by_udp)}};
  BOOST_REQUIRE(run.db.append_probes(probes).ok());
  run.append({make_sample(1, 1'000'000, 1'100'000),
              make_span(1, 0, step::sense, 1'002'000, 1'100'000),
              make_link(1, 1, {0, 0}, 1'300'000, {1, 1}, 1'200'000)});
  run.finish();
  const auto slices = of_phase(events(run), "X");
  BOOST_REQUIRE(slices.size() == 2);
  BOOST_TEST(slices[0].at("name") == "sense");
  BOOST_TEST(slices[0].at("args").at("duration_us").get<double>() == 98.0);
  BOOST_TEST(slices[0].at("args").at("bound_us").get<double>() == 0.0);
  BOOST_TEST(slices[1].at("dur").get<double>() == 0.0); // all that can be drawn
  BOOST_TEST(slices[1].at("name") == "link (negative)");
  BOOST_TEST(slices[1].at("cat") == "uplink,negative");
  BOOST_TEST(std::abs(slices[1].at("args").at("duration_us").get<double>() + 100) < 1);
  BOOST_TEST(slices[1].at("args").at("bound_us").get<double>() >= 300.0);
}

BOOST_AUTO_TEST_CASE(events_are_marks_over_their_node) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 1'000'000, 1'500'000)});
  BOOST_REQUIRE(run.db
                    .append_event({.time_ns = 1'250'000,
                                   .node = 1,
                                   .severity = severity::warning,
                                   .what = "clock step",
                                   .detail = "by \"+1 ms\""})
                    .ok());
  BOOST_REQUIRE(run.db.append_event({.time_ns = 1'300'000, .what = "node lost"}).ok());
  run.finish();
  const auto all = events(run);
  const auto marks = of_phase(all, "i");
  BOOST_REQUIRE(marks.size() == 2);
  BOOST_TEST(marks[0].at("name") == "clock step");
  BOOST_TEST(marks[0].at("ts").get<double>() == 250.0);
  BOOST_TEST(marks[0].at("pid") == 2);
  BOOST_TEST(marks[0].at("args").at("detail") == "by \"+1 ms\"");
  BOOST_TEST(marks[0].at("args").at("severity") == "warning");
  BOOST_TEST(marks[1].at("pid") == 0);
  const auto names = of_phase(all, "M");
  BOOST_TEST(std::any_of(names.begin(), names.end(), [](const json& m) {
    return m.at("pid") == 0 && m.at("args").at("name") == "coordinator";
  }));
}

BOOST_AUTO_TEST_CASE(an_empty_run_and_odd_names_make_valid_json) {
  auto shape = pipeline_layout();
  shape.nodes[0].name = "a \"robot\" \\ \xFF";
  hand_made_run run(shape);
  BOOST_TEST(of_phase(events(run), "X").empty());
}

BOOST_AUTO_TEST_SUITE_END()
