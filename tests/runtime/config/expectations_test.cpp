// SPDX-License-Identifier: MIT
#include "runtime/config/expectations.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/why.hpp"

#include <algorithm>

using namespace peernet;

namespace {

/// Two ways from camera to actuator, and one to the log.
constexpr std::string_view two_ways = R"(
[inference.small]
node = "robot"
model = "hog-people"
[sinks.log]
node = "robot"
[links.inside]
from = "camera"
to = "small"
[links.result]
from = "small"
to = "actuator"
[links.logged]
from = "small"
to = "log"
)";

std::string text_with(std::string_view metrics, std::string_view more = {}) {
  return std::string(base_text) + std::string(more) + "[expect.metrics]\n" + std::string(metrics);
}

std::vector<expected_figure> resolved(std::string_view metrics, std::string_view more = {},
                                      const std::vector<std::string>& overrides = {}) {
  const auto s = read_right(text_with(metrics, more), overrides);
  const auto all = resolve_expectations(s, *make_plan(s), catalogue::builtin());
  BOOST_REQUIRE_MESSAGE(all.ok(), why(all));
  return *all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(expectations_test)

BOOST_AUTO_TEST_CASE(every_kind_of_figure_is_found) {
  const auto all = resolved(R"(
"camera->detector->actuator.end-to-end" = ["p95 < 250ms", "max < 1s"]
"uplink.link" = "p50 < 20ms"
"uplink.throughput" = "> 5Mbit"
"downlink.dropped" = "< 1%"
"actuator.delivered" = ">= 99%"
"actuator.queue" = "p90 < 1ms"
"camera.rate" = ">= 9.5Hz"
"camera.skipped" = "< 1%"
"small.people" = "mean > 0.5"
"uplink.encoded-bytes" = "p90 < 20kB"
"uplink.psnr" = "min > 30dB"
"downlink.planned-delay" = "max < 25ms"
)",
                            two_ways,
                            {"links.uplink.codec=jpeg", "links.uplink.psnr=true",
                             "links.downlink.impair={ delay = \"20ms\" }"});
  const auto is = [&](std::size_t i, figure_kind kind, std::string_view target,
                      std::string_view name, figure_unit unit) {
    BOOST_TEST_CONTEXT(all.at(i).metric) {
      BOOST_TEST((all[i].kind == kind));
      BOOST_TEST(all[i].target == target);
      BOOST_TEST(all[i].name == name);
      BOOST_TEST((all[i].unit == unit));
      BOOST_TEST(all[i].inapplicable == "");
    }
  };
  BOOST_REQUIRE_EQUAL(all.size(), 13u);
  is(0, figure_kind::path, "camera->detector->actuator", "end-to-end", figure_unit::time_span);
  is(2, figure_kind::step, "uplink", "link", figure_unit::time_span);
  is(3, figure_kind::link, "uplink", "throughput", figure_unit::bitrate);
  is(4, figure_kind::link, "downlink", "dropped", figure_unit::share);
  is(5, figure_kind::sink, "actuator", "delivered", figure_unit::share);
  is(6, figure_kind::step, "actuator", "queue", figure_unit::time_span);
  is(7, figure_kind::sensor, "camera", "rate", figure_unit::rate);
  is(8, figure_kind::sensor, "camera", "skipped", figure_unit::share);
  is(9, figure_kind::value, "small", "people", figure_unit::number);
  is(10, figure_kind::value, "uplink", "encoded-bytes", figure_unit::size);
  is(11, figure_kind::value, "uplink", "psnr", figure_unit::decibel);
  is(12, figure_kind::value, "downlink", "planned-delay", figure_unit::time_span);
  BOOST_TEST(all[0].condition == "p95 < 250ms");
  BOOST_TEST(all[1].condition == "max < 1s");
  BOOST_TEST(all[1].target == all[0].target);
}

BOOST_AUTO_TEST_CASE(a_path_may_be_written_by_as_little_as_tells_it_from_others) {
  const auto target = [](std::string_view metric, std::string_view more) {
    return resolved("\"" + std::string(metric) + ".end-to-end\" = \"p50 < 1s\"\n", more)
        .at(0)
        .target;
  };
  BOOST_TEST(target("camera->actuator", "") == "camera->detector->actuator");
  BOOST_TEST(target("camera->log", two_ways) == "camera->small->log");
  BOOST_TEST(target("camera->small->actuator", two_ways) == "camera->small->actuator");
  const auto straight =
      std::string(two_ways) + "[links.straight]\nfrom = \"camera\"\nto = \"actuator\"\n";
  BOOST_TEST(target("camera->actuator", straight) == "camera->actuator"); // it is one by itself
}

BOOST_AUTO_TEST_CASE(copies_of_stages_are_one_path) {
  const auto all = resolved(
      "\"camera->actuator.end-to-end\" = \"p50 < 1s\"\n", "",
      {"sensors.camera.count=3", "inference.detector.count=2", "inference.detector.dispatch=all"});
  BOOST_TEST(all.at(0).target == "camera->detector->actuator");
}

BOOST_AUTO_TEST_CASE(figures_that_an_arrangement_has_not_are_marked_with_the_reason) {
  const auto why = [](std::string_view metric, const std::vector<std::string>& overrides) {
    return resolved(metric, "", overrides).at(0).inapplicable;
  };
  const std::string local = "inference.detector.node=robot";
  BOOST_TEST(why("\"uplink.loss\" = \"< 1%\"\n", {local}) == "a local hand-off");
  BOOST_TEST(why("\"uplink.link\" = \"p50 < 1ms\"\n", {local}) == "a local hand-off");
  BOOST_TEST(why("\"uplink.loss\" = \"< 1%\"\n", {local, "links.uplink.force=true"}) == "");
  BOOST_TEST(why("\"uplink.encode\" = \"p50 < 1ms\"\n", {}) == "codec raw has no such step");
  BOOST_TEST(why("\"uplink.encode\" = \"p50 < 1ms\"\n", {"links.uplink.codec=jpeg"}) == "");
  BOOST_TEST(why("\"uplink.encoded-bytes\" = \"max < 1kB\"\n", {}) ==
             "codec raw has no such figure");
  BOOST_TEST(why("\"uplink.psnr\" = \"min > 30dB\"\n", {}) == "codec raw has no such figure");
  BOOST_TEST(why("\"uplink.encoded-bytes\" = \"max < 1kB\"\n", {"links.uplink.codec=jpeg"}) == "");
  BOOST_TEST(why("\"camera.notice\" = \"p50 < 1ms\"\n", {}) == "an open loop has no such step");
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_in_its_place) {
  struct mistake {
    std::string_view line;
    std::uint32_t column;
    std::string_view fragment;
  };
  const mistake table[] = {
      // metrics stand where their key stands
      {"\"uplnk.loss\" = \"< 1%\"", 1,
       "expect.metrics.\"uplnk.loss\": there is no stage or link \"uplnk\"; did you mean "
       "\"uplink\"?"},
      {"\"uplink.los\" = \"< 1%\"", 1, "a link has no figure \"los\"; did you mean \"loss\"?"},
      {"\"uplink\" = \"< 1%\"", 1, "the figure is missing, for example \"uplink.encode\""},
      {"\"uplink.infer\" = \"p50 < 1ms\"", 1, "a link has no figure \"infer\"; valid are: encode"},
      {"\"camera.delivered\" = \"< 1%\"", 1, "a sensor has no figure \"delivered\""},
      {"\"actuator.rate\" = \"> 1Hz\"", 1, "a sink has no figure \"rate\""},
      {"\"detector.people\" = \"mean > 1\"", 1, "inference by dummy has no figure \"people\""},
      {"\"camera->detectr.end-to-end\" = \"p50 < 1s\"", 1, "did you mean \"detector\"?"},
      {"\"camera->uplink.end-to-end\" = \"p50 < 1s\"", 1, "\"uplink\" is a link; a path is"},
      {"\"camera->.end-to-end\" = \"p50 < 1s\"", 1, "there is no stage \"\""},
      {"\"camera->detector.end-to-end\" = \"p50 < 1s\"", 1,
       "no such path from a sensor to a sink; valid are: camera->detector->actuator"},
      {"\"actuator->camera.end-to-end\" = \"p50 < 1s\"", 1, "no such path"},
      {"\"camera->actuator.end-to-end\" = \"p50 < 1s\"", 1,
       "is ambiguous: it may mean camera->detector->actuator, camera->small->actuator; name a "
       "stage that tells them apart"},
      {"\"camera->log.latency\" = \"p50 < 1s\"", 1, "a path has no figure \"latency\""},
      {"uplink.loss = \"< 1%\"", 1, "a metric stands in quotes: \"uplink.loss\""},
      // conditions where they stand themselves
      {"\"uplink.loss\" = \"< 1ms\"", 17, "\"1ms\" is not a share: unknown unit \"ms\""},
      {"\"uplink.loss\" = \"p50 < 1%\"", 17, "one figure of the whole run; leave out \"p50\""},
      {"\"uplink.link\" = [\"p50 < 1ms\", \"p90 ~ 2ms\"]", 31, "compares by <, <=, > or >="},
      {"\"uplink.throughput\" = \"> 5Hz\"", 23, "\"5Hz\" is not a bit rate"},
      {"\"small.people\" = \"> 1\"", 18, "the statistic is missing"},
      {"\"uplink.link\" = \"\"", 17, "write for example \"p95 < 250ms\""},
  };
  const auto lines = static_cast<std::uint32_t>(2 + std::ranges::count(base_text, '\n') +
                                                std::ranges::count(two_ways, '\n'));
  for (const auto& m : table)
    BOOST_TEST_CONTEXT(m.line) {
      expect_one(read_text(text_with(m.line, two_ways)), lines, m.column, m.fragment);
    }
}

BOOST_AUTO_TEST_CASE(what_nobody_was_asked_to_measure_is_a_mistake) {
  const auto r =
      read_text(text_with("\"uplink.psnr\" = \"min > 30dB\"\n"), {"links.uplink.codec=jpeg"});
  BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
  BOOST_TEST(r.errors[0].message.find("is not measured; set psnr = true in [links.uplink]") !=
                 std::string::npos,
             r.errors[0].message);
}

BOOST_AUTO_TEST_CASE(a_wrong_metric_is_one_mistake_for_all_its_conditions) {
  const auto text = text_with("\"uplnk.loss\" = [\"< 1%\", \"> 0%\"]\n");
  BOOST_TEST(read_text(text).errors.size() == 1u);
}

BOOST_AUTO_TEST_CASE(conditions_are_checked_beside_other_mistakes) {
  const auto text = base_with("to = \"detector\"", "to = \"detectr\"") +
                    "[expect.metrics]\n\"camera->actuator.end-to-end\" = \"p50 < 1s\"\n"
                    "\"uplink.loss\" = \"< 1\"\n";
  const auto r = read_text(text); // no word about the path: the graph itself is not sound
  BOOST_TEST_CONTEXT(to_string(r.errors)) {
    BOOST_REQUIRE_EQUAL(r.errors.size(), 2u);
    BOOST_TEST(r.errors[1].message.find("the unit is missing") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_override_is_named_when_its_condition_is_wrong) {
  const auto r = read_text(base_text, {"expect.metrics.\"uplink.loss\"=< 3"});
  BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
  BOOST_TEST(r.errors[0].file == "--set expect.metrics.\"uplink.loss\"");
}

BOOST_AUTO_TEST_SUITE_END()
