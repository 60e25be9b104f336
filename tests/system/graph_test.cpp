// SPDX-License-Identifier: MIT
// Scenarios that are more than a pipeline: who gets which sample, and how many outcomes that makes.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace peernet;

namespace {

/// A closed-loop sensor "eye" on node "robot", and a second node "cloud".
const std::string two_nodes = R"([scenario]
samples = 30
[nodes.robot]
[nodes.cloud]
[sensors.eye]
node = "robot"
type = "bytes"
size = "200B"
arrival = "closed-loop"
)";

std::string inference(const std::string& name, const std::string& node,
                      const std::string& more = "model = \"echo\"") {
  return "[inference." + name + "]\nnode = \"" + node + "\"\n" + more + "\n";
}

std::string sink(const std::string& name, const std::string& node, const std::string& more = "") {
  return "[sinks." + name + "]\nnode = \"" + node + "\"\n" + more + "\n";
}

std::string link(const std::string& name, const std::string& from, const std::string& to,
                 const std::string& more = "") {
  return "[links." + name + "]\nfrom = \"" + from + "\"\nto = \"" + to + "\"\n" + more + "\n";
}

const std::string by_sink = "SELECT sink, copy, outcome, COUNT(*), COUNT(DISTINCT trace) FROM "
                            "outcomes GROUP BY sink, copy, outcome ORDER BY sink, copy, outcome";

nlohmann::json summary_of(const run_process& run) {
  return nlohmann::json::parse(run.result_file("summary.json"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(graph_test)

BOOST_AUTO_TEST_CASE(fan_out_gives_every_sample_to_sinks_on_two_nodes) {
  run_process run(two_nodes + sink("here", "robot") + sink("there", "cloud") +
                  link("inside", "eye", "here") + link("outside", "eye", "there"));
  run.expect_end(0, {{"eye", 2}});
  auto db = run.database();
  BOOST_TEST(db.table(by_sink) == "here|0|delivered|30|30\nthere|0|delivered|30|30\n");
  BOOST_TEST(db.table("SELECT name, transport, sent, delivered, lost FROM links ORDER BY name") ==
             "inside|local|30|30|0\noutside|zmq-tcp|30|30|0\n");
  BOOST_TEST(db.table("SELECT place, begin_node, end_node, COUNT(*) FROM spans "
                      "WHERE step = 'link' GROUP BY 1, 2, 3") == "outside|robot|cloud|30\n");
}

BOOST_AUTO_TEST_CASE(a_diamond_has_one_outcome_and_counts_the_second_arrival) {
  run_process run(two_nodes + inference("near", "robot") + inference("far", "cloud") +
                  sink("meet", "robot") + link("a-in", "eye", "near") + link("b-in", "eye", "far") +
                  link("a-out", "near", "meet") + link("b-out", "far", "meet"));
  run.expect_end(0, {{"eye", 1}});
  auto db = run.database();
  BOOST_TEST(db.table(by_sink) == "meet|0|delivered|30|30\n");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE step = 'act'") == 60);
  const auto outcomes = summary_of(run)["outcomes"];
  BOOST_TEST(outcomes[0]["delivered"] == 30);
  BOOST_TEST(outcomes[0]["duplicate"] == 30);
  BOOST_TEST(run.out().find("30 arrived again") != std::string::npos, run.out());
  BOOST_TEST(db.table("SELECT place, COUNT(*) FROM spans WHERE step = 'infer' GROUP BY 1") ==
             "far|30\nnear|30\n");
}

BOOST_AUTO_TEST_CASE(a_chain_of_two_models_runs_over_three_nodes) {
  run_process run(two_nodes + "[nodes.edge]\n" + inference("first", "edge") +
                  inference("second", "cloud", "model = \"dummy\"\ninfer = \"1ms\"") +
                  sink("end", "robot") + link("one", "eye", "first") +
                  link("two", "first", "second") + link("three", "second", "end"));
  run.expect_end(0, {{"eye", 1}});
  auto db = run.database();
  BOOST_TEST(db.table(by_sink) == "end|0|delivered|30|30\n");
  BOOST_TEST(db.table("SELECT place, begin_node, end_node, COUNT(*) FROM spans "
                      "WHERE step = 'link' GROUP BY 1, 2, 3") ==
             "one|robot|edge|30\nthree|cloud|robot|30\ntwo|edge|cloud|30\n");
  BOOST_TEST(db.table("SELECT name FROM nodes") == "robot\ncloud\nedge\n");
  BOOST_TEST(db.number("SELECT COUNT(DISTINCT pid) FROM nodes") == 3);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = 'second' AND step = 'infer' AND "
                       "duration_ns < 1000000") == 0);
}

BOOST_AUTO_TEST_CASE(three_sensors_share_the_two_workers_of_one_stage) {
  run_process run(two_nodes +
                      inference("pool", "cloud",
                                "model = \"dummy\"\ninfer = \"2ms\"\ncount = 2\n"
                                "queue = { size = 8, policy = \"block\" }") +
                      sink("end", "robot") + link("in", "eye", "pool") + link("out", "pool", "end"),
                  set({"sensors.eye.count=3"}));
  run.expect_end(0, {{"eye", 1}});
  auto db = run.database();
  BOOST_TEST(db.table(by_sink) == "end|0|delivered|90|90\n"); // each sample goes to one worker
  BOOST_TEST(db.table("SELECT copy, COUNT(*) FROM samples GROUP BY copy") == "0|30\n1|30\n2|30\n");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = 'pool' AND step = 'infer'") == 90);
  BOOST_TEST(db.number("SELECT COUNT(DISTINCT copy) FROM spans WHERE place = 'pool' AND "
                       "step = 'infer'") == 2); // both had work: three samples are in flight
  // One worker does one thing at a time.
  BOOST_TEST(db.number("WITH i AS (SELECT copy, begin_ns, end_ns FROM spans WHERE place = 'pool' "
                       "AND step = 'infer') SELECT COUNT(*) FROM i a JOIN i b ON a.copy = b.copy "
                       "AND a.begin_ns < b.begin_ns AND b.begin_ns < a.end_ns") == 0);
}

BOOST_AUTO_TEST_CASE(dispatch_all_gives_every_sample_to_every_copy) {
  run_process run(two_nodes +
                  inference("twin", "cloud", "model = \"echo\"\ncount = 2\ndispatch = \"all\"") +
                  sink("end", "robot") + link("in", "eye", "twin") + link("out", "twin", "end"));
  run.expect_end(0, {{"eye", 1}});
  auto db = run.database();
  BOOST_TEST(db.table(by_sink) == "end|0|delivered|30|30\n");
  BOOST_TEST(db.table("SELECT copy, COUNT(*), COUNT(DISTINCT trace) FROM spans WHERE "
                      "place = 'twin' AND step = 'infer' GROUP BY copy") == "0|30|30\n1|30|30\n");
  BOOST_TEST(summary_of(run)["outcomes"][0]["duplicate"] == 30);
}

BOOST_AUTO_TEST_CASE(every_copy_of_a_sink_has_an_outcome_of_its_own) {
  run_process run(two_nodes + inference("mirror", "cloud") + sink("end", "robot", "count = 2") +
                  link("in", "eye", "mirror") + link("out", "mirror", "end"));
  run.expect_end(0, {{"eye", 2}});
  auto db = run.database();
  BOOST_TEST(db.table(by_sink) == "end|0|delivered|30|30\nend|1|delivered|30|30\n");
  BOOST_TEST(db.number("SELECT sent FROM links WHERE name = 'out'") == 60);
}

BOOST_AUTO_TEST_CASE(pair_joins_copy_to_copy) {
  run_process run(two_nodes + sink("end", "cloud", "count = 3") +
                      link("out", "eye", "end", "pair = true"),
                  set({"sensors.eye.count=3"}));
  run.expect_end(0, {{"eye", 1}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT s.copy, o.copy, o.outcome, COUNT(*) FROM samples s JOIN outcomes o "
                      "ON o.trace = s.trace GROUP BY 1, 2, 3") ==
             "0|0|delivered|30\n1|1|delivered|30\n2|2|delivered|30\n");
  BOOST_TEST(db.number("SELECT sent FROM links WHERE name = 'out'") == 90);
}

BOOST_AUTO_TEST_CASE(forced_links_use_their_transport_within_one_node) {
  for (const auto* transport : {"zmq-tcp", "zmq-ipc", "tcp", "shm", "caf"}) {
    run_process run(two_nodes + sink("end", "robot") + sink("far", "cloud") +
                    link("inside", "eye", "end",
                         "force = true\ntransport = \"" + std::string(transport) + "\"") +
                    link("outside", "eye", "far"));
    run.expect_end(0, {{"eye", 2}});
    auto db = run.database();
    BOOST_TEST(db.text("SELECT transport FROM links WHERE name = 'inside'") == transport);
    BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = 'inside' AND step = 'link'") ==
               30);
  }
}

BOOST_AUTO_TEST_CASE(two_sensors_reach_different_sinks) {
  run_process run(two_nodes +
                  "[sensors.ear]\nnode = \"cloud\"\ntype = \"text\"\nsize = \"50B\"\n"
                  "rate = \"100Hz\"\n" +
                  sink("left", "robot") + sink("right", "cloud") + link("a", "eye", "left") +
                  link("b", "eye", "right") + link("c", "ear", "right"));
  run.expect_end(0, {{"eye", 2}, {"ear", 1}});
  BOOST_TEST(run.database().table("SELECT s.sensor, o.sink, COUNT(*) FROM samples s JOIN outcomes "
                                  "o ON o.trace = s.trace GROUP BY 1, 2 ORDER BY 1, 2") ==
             "ear|right|30\neye|left|30\neye|right|30\n");
}

BOOST_AUTO_TEST_SUITE_END()
