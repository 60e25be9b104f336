// SPDX-License-Identifier: MIT
#include "runtime/trace/export.hpp"
#include "tests/runtime/trace/hand_made.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <sstream>

using namespace peernet;

namespace {

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> all;
  std::istringstream in(line + ",");
  for (std::string f; std::getline(in, f, ',');)
    all.push_back(f);
  return all;
}

struct csv {
  std::vector<std::string> header;
  std::vector<std::map<std::string, std::string>> rows;
};

csv exported(hand_made_run& run) {
  const auto file = run.folder / "traces.csv";
  const auto done = export_csv(run.db, file);
  BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
  std::istringstream in(contents(file));
  csv table;
  std::string line;
  std::getline(in, line);
  table.header = fields(line);
  while (std::getline(in, line)) {
    const auto values = fields(line);
    BOOST_REQUIRE(values.size() == table.header.size());
    auto& row = table.rows.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i)
      row[table.header[i]] = values[i];
  }
  return table;
}

} // namespace

BOOST_AUTO_TEST_SUITE(export_csv_test)

BOOST_AUTO_TEST_CASE(it_begins_with_the_columns_that_peernet_users_know) {
  hand_made_run run(pipeline_layout());
  const auto table = exported(run);
  const std::vector<std::string> known{
      "iteration",          "sensing",  "upload",       "preprocessing",  "inference",
      "postprocessing",     "download", "upload-bytes", "download-bytes", "upload-throughput",
      "download-throughput"};
  BOOST_REQUIRE(table.header.size() >= known.size());
  check_rows({table.header.begin(), table.header.begin() + static_cast<long>(known.size())}, known);
  BOOST_TEST(table.rows.empty());
}

BOOST_AUTO_TEST_CASE(sums_are_of_the_steps_on_each_side_of_the_last_inference) {
  hand_made_run run(pipeline_layout());
  const at_node robot{0, 0}, cloud{1, 0};
  auto up = make_sent(5, 1, 2'000, 1), down = make_sent(5, 3, 30'000, 1, cloud);
  up.amount = 1'000;
  down.amount = 50;
  run.append({make_sample(5, 0, 1'500), make_span(5, 0, step::lag, 0, 500),
              make_span(5, 0, step::sense, 500, 1'500), make_span(5, 1, step::encode, 1'500, 2'000),
              up, make_link(5, 1, robot, 2'000, cloud, 6'000),
              make_span(5, 2, step::queue, 6'000, 9'000, cloud),
              make_span(5, 1, step::decode, 9'000, 9'500, cloud),
              make_span(5, 2, step::preprocess, 9'500, 10'000, cloud),
              make_span(5, 2, step::infer, 10'000, 29'000, cloud),
              make_span(5, 2, step::postprocess, 29'000, 30'000, cloud), down,
              make_link(5, 3, cloud, 30'000, robot, 32'000),
              make_span(5, 4, step::act, 32'000, 33'000),
              make_fate(5, 4, outcome::delivered, 33'000)});
  run.finish();
  const auto table = exported(run);
  BOOST_REQUIRE(table.rows.size() == 1);
  auto row = table.rows.front();
  BOOST_TEST(row["iteration"] == "5");
  BOOST_TEST(row["sensing"] == "0.000001000");
  BOOST_TEST(row["upload"] == "0.000008000"); // 500 + 4000 + 3000 + 500 ns
  BOOST_TEST(row["preprocessing"] == "0.000000500");
  BOOST_TEST(row["inference"] == "0.000019000");
  BOOST_TEST(row["postprocessing"] == "0.000001000");
  BOOST_TEST(row["download"] == "0.000002000");
  BOOST_TEST(row["upload-bytes"] == "1000");
  BOOST_TEST(row["download-bytes"] == "50");
  BOOST_TEST(row["upload-throughput"] == "1000000000");
  BOOST_TEST(row["download-throughput"] == "200000000");
  BOOST_TEST(row["outcome"] == "delivered");
  BOOST_TEST(row["end-to-end"] == "0.000033000");
  BOOST_TEST(row["camera.lag"] == "0.000000500");
  BOOST_TEST(row["uplink.link"] == "0.000004000");
  BOOST_TEST(row["actuator.act"] == "0.000001000");
}

BOOST_AUTO_TEST_CASE(figures_that_need_other_clocks_than_the_reference_carry_their_bound) {
  hand_made_run run(pipeline_layout(1));
  run.append({make_sample(1, 0, 1), make_span(1, 0, step::sense, 0, 1'000),
              make_link(1, 1, {0, 0}, 1'000, {1, 1}, 2'500),
              make_span(1, 2, step::infer, 2'500, 2'600, {1, 1}),
              make_link(1, 3, {1, 1}, 2'600, {0, 0}, 2'000),
              make_fate(1, 4, outcome::delivered, 9'000)});
  const probe exchange{.remote = 1, .answerer = 1, .t1 = 0, .t2 = 1'050, .t3 = 1'050, .t4 = 100};
  BOOST_REQUIRE(run.db.append_probes(std::vector(20, exchange)).ok());
  run.finish();
  auto table = exported(run);
  BOOST_REQUIRE(table.rows.size() == 1);
  auto& row = table.rows[0];
  const auto bound = std::stod(row["uplink.link.bound"]);
  BOOST_TEST(bound >= 50e-9); // half the round trip
  BOOST_TEST(bound < 1e-6);
  BOOST_TEST(std::stod(row["downlink.link.bound"]) >= 50e-9);
  BOOST_TEST(std::stod(row["end-to-end.bound"]) == 0);           // from the robot to the robot
  const auto inferring = std::stod(row["detector.infer.bound"]); // 100 ns at a rate hardly known
  BOOST_TEST((inferring >= 0 && inferring < 10e-9));
  BOOST_TEST(!row.contains("camera.sense.bound"));
}

BOOST_AUTO_TEST_CASE(what_did_not_happen_is_empty) {
  hand_made_run run(pipeline_layout());
  run.append({make_sample(1, 0, never_sensed), make_fate(1, 0, outcome::skipped, 1),
              make_sample(2, 0, 10), make_span(2, 0, step::sense, 0, 10),
              make_fate(2, 2, outcome::dropped, 1, {1, 0})});
  run.finish();
  auto table = exported(run);
  BOOST_REQUIRE(table.rows.size() == 2);
  auto& skipped = table.rows[0];
  for (const auto* column : {"sensing", "upload", "inference", "upload-bytes", "end-to-end"})
    BOOST_TEST(skipped[column].empty());
  BOOST_TEST(skipped["outcome"] == "skipped");
  BOOST_TEST(table.rows[1]["outcome"] == "dropped");
  BOOST_TEST(table.rows[1]["place"] == "detector");
  BOOST_TEST(table.rows[1]["sensing"] == "0.000000010");
}

BOOST_AUTO_TEST_CASE(each_sink_of_a_fan_out_has_a_row_with_its_own_way) {
  hand_made_run run(fan_out_layout());
  run.append({make_sample(1, 0, 10), make_span(1, 0, step::sense, 0, 10),
              make_link(1, 1, {0, 0}, 10, {0, 0}, 30), make_fate(1, 2, outcome::delivered, 40),
              make_link(1, 3, {0, 0}, 10, {1, 0}, 60), make_span(1, 4, step::infer, 60, 90, {1, 0}),
              make_fate(1, 6, outcome::delivered, 100)});
  run.finish();
  auto table = exported(run);
  BOOST_REQUIRE(table.rows.size() == 2);
  BOOST_TEST(table.rows[0]["sink"] == "direct");
  BOOST_TEST(table.rows[0]["upload"] == "0.000000020"); // no inference: all is upload
  BOOST_TEST(table.rows[0]["detector.infer"].empty());
  BOOST_TEST(table.rows[0]["download"].empty());
  BOOST_TEST(table.rows[1]["sink"] == "final");
  BOOST_TEST(table.rows[1]["upload"] == "0.000000050");
  BOOST_TEST(table.rows[1]["near.link"].empty());
  BOOST_TEST(table.rows[1]["inference"] == "0.000000030");
}

BOOST_AUTO_TEST_CASE(of_several_outputs_the_row_shows_the_one_that_arrived_first) {
  hand_made_run run(pipeline_layout());
  auto first = make_span(1, 3, step::link, 0, 10), second = make_span(1, 3, step::link, 0, 20);
  auto arrival = make_fate(1, 4, outcome::delivered, 50);
  second.output = arrival.output = 1;
  auto third = make_span(1, 3, step::link, 0, 30);
  third.output = 2;
  run.append({make_sample(1, 0, 1), first, second, third, arrival});
  run.finish();
  BOOST_TEST(exported(run).rows.front()["downlink.link"] == "0.000000020");
}

BOOST_AUTO_TEST_CASE(names_with_commas_are_quoted) {
  auto shape = pipeline_layout();
  shape.user_steps = {"plan, then \"go\""};
  hand_made_run run(shape);
  run.append({make_span(1, 2, step::user, 0, 10)});
  const auto done = export_csv(run.db, run.folder / "t.csv");
  BOOST_REQUIRE(done.ok());
  BOOST_TEST(contents(run.folder / "t.csv").find("\"detector.plan, then \"\"go\"\"\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported) {
  synthetic_run source({.samples = 20, .warmup = 2});
  hand_made_run run(source.shape());
  BOOST_REQUIRE(record_run(run.db, source).ok());
  const auto done = export_csv(run.db, "/dev/full");
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().message == "cannot write /dev/full: No space left on device");
}

BOOST_AUTO_TEST_SUITE_END()
