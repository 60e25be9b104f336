// SPDX-License-Identifier: MIT
#include "runtime/trace/export.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(export_json_test)

BOOST_AUTO_TEST_CASE(the_summary_comes_back_as_it_was) {
  synthetic_run source({.samples = 300, .warmup = 30, .loss = 0.1, .cloud_offset_ns = 1'000'000});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  const auto s = run.finish();
  BOOST_REQUIRE(export_json(s, run.folder / "summary.json").ok());
  const auto j = nlohmann::json::parse(contents(run.folder / "summary.json"));
  BOOST_TEST(j.at("schema") == 1);
  BOOST_TEST(j.at("verdict") == "valid");
  BOOST_TEST(j.at("scenario") == "people-offload");
  BOOST_TEST(j.at("intended") == 300);
  BOOST_TEST(j.at("steps").size() == s.steps.size());
  BOOST_TEST(j.at("steps")[0].at("place") == "camera");
  BOOST_TEST(j.at("steps")[0].at("duration_ns").at("p50") == *s.steps[0].durations.p50);
  BOOST_TEST(j.at("steps")[0].at("duration_ns").at("p99").is_null());
  BOOST_TEST(j.at("paths")[0].at("path") == "camera->detector->actuator");
  BOOST_TEST(j.at("links")[0].at("lost") == source.lost);
  BOOST_TEST(j.at("outcomes")[0].at("delivered") == s.sinks[0].counts[0]);
  BOOST_TEST(j.at("clocks")[1].at("shared") == false);
  BOOST_TEST(j.at("overhead").at("stored") == s.own.stored);
}

BOOST_AUTO_TEST_CASE(expectations_sensors_and_values_are_told) {
  const scratch_folder folder;
  run_summary s;
  s.verdict = run_verdict::failed;
  s.expectations = {{.metric = "uplink.loss",
                     .condition = "< 1%",
                     .verdict = expectation_verdict::failed,
                     .unit = figure_unit::share,
                     .measured = 0.25},
                    {.metric = "uplink.link", .condition = "p50 < 1ms", .note = "too few"}};
  s.sensors = {{.sensor = "camera", .slots = 5, .skipped = 1}};
  s.values = {{.place = "detector", .name = "people", .figures = {.count = 1, .mean = 2}}};
  BOOST_REQUIRE(export_json(s, folder / "summary.json").ok());
  const auto j = nlohmann::json::parse(contents(folder / "summary.json"));
  BOOST_TEST(j.at("verdict") == "failed");
  const auto& first = j.at("expectations").at(0);
  BOOST_TEST(first.at("metric") == "uplink.loss");
  BOOST_TEST(first.at("condition") == "< 1%");
  BOOST_TEST(first.at("verdict") == "failed");
  BOOST_TEST(first.at("measured") == 0.25);
  BOOST_TEST(first.at("unit") == "share");
  const auto& second = j.at("expectations").at(1);
  BOOST_TEST(second.at("verdict") == "undecidable");
  BOOST_TEST(second.at("measured").is_null());
  BOOST_TEST(second.at("note") == "too few");
  BOOST_TEST(j.at("sensors").at(0).at("skipped") == 1);
  BOOST_TEST(j.at("sensors").at(0).at("rate_hz").is_null());
  BOOST_TEST(j.at("values").at(0).at("value").at("mean") == 2);
}

BOOST_AUTO_TEST_CASE(every_unit_has_its_name) {
  using enum figure_unit;
  const std::vector<std::pair<figure_unit, std::string>> names{
      {time_span, "ns"}, {share, "share"}, {rate, "Hz"},   {bitrate, "bit/s"},
      {number, ""},      {size, "B"},      {decibel, "dB"}};
  const scratch_folder folder;
  run_summary s;
  for (const auto& [unit, name] : names) {
    s.expectations.push_back({.metric = name, .unit = unit});
    s.values.push_back({.place = name, .unit = unit});
  }
  BOOST_REQUIRE(export_json(s, folder / "summary.json").ok());
  const auto j = nlohmann::json::parse(contents(folder / "summary.json"));
  for (std::size_t i = 0; i < names.size(); ++i) {
    BOOST_TEST(j.at("expectations").at(i).at("unit") == names[i].second);
    BOOST_TEST(j.at("values").at(i).at("unit") == names[i].second);
  }
}

BOOST_AUTO_TEST_CASE(what_clock_probes_met_is_told) {
  const scratch_folder folder;
  run_summary s;
  s.own.mishaps = {.foreign = 1, .unexpected = 2, .late = 3, .overflowed = 4, .own_stamps = 5};
  BOOST_REQUIRE(export_json(s, folder / "summary.json").ok());
  const auto j = nlohmann::json::parse(contents(folder / "summary.json")).at("overhead");
  BOOST_TEST(j.at("clock_probes_foreign") == 1);
  BOOST_TEST(j.at("clock_probes_unexpected") == 2);
  BOOST_TEST(j.at("clock_probes_late") == 3);
  BOOST_TEST(j.at("clock_probes_overflowed") == 4);
  BOOST_TEST(j.at("clock_probes_own_stamps") == 5);
}

BOOST_AUTO_TEST_CASE(an_empty_summary_and_odd_text_make_valid_json) {
  const scratch_folder folder;
  run_summary s;
  s.name = "quote \" backslash \\ newline \n not UTF-8 \xFF";
  BOOST_REQUIRE(export_json(s, folder / "summary.json").ok());
  const auto j = nlohmann::json::parse(contents(folder / "summary.json"));
  BOOST_TEST(j.at("steps").empty());
  BOOST_TEST(j.at("scenario").get<std::string>().find("quote \" backslash \\ newline \n") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
