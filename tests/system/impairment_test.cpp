// SPDX-License-Identifier: MIT
// Impaired links in whole runs: what was held back, what was real, and that the two are all.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace peernet;

namespace {

const std::string samples = "100";

/// The echo, in an open loop at 200 Hz so that several samples are under way at once.
std::vector<std::string> echo_with(const std::string& impair, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"sensors.probe.arrival=periodic", "sensors.probe.rate=200Hz",
                           "sensors.probe.max-lag=5s", "links.up.impair=" + impair});
  return set_with_room(std::move(more));
}

/// Holds for every sample of a run in which none was lost.
void check_impaired_spans(run_database& db) {
  for (const auto* step : {"emulate", "link"})
    BOOST_TEST(db.number("SELECT COUNT(DISTINCT trace) FROM spans WHERE place = 'up' AND step = '" +
                         std::string(step) + "'") == std::stoll(samples));
  // The way begins where the emulation ends, but for what the channel itself held up.
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans e JOIN spans l ON l.trace = e.trace AND l.place "
                       "= e.place AND l.step = 'link' LEFT JOIN spans q ON q.trace = e.trace AND "
                       "q.place = e.place AND q.step = 'send-queue' AND q.begin_ns >= e.end_ns "
                       "WHERE e.place = 'up' AND e.step = 'emulate' AND l.begin_ns <> "
                       "COALESCE(q.end_ns, e.end_ns)") == 0);
  // Nothing was let out before its time.
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans e JOIN metrics m ON m.trace = e.trace AND "
                       "m.place = e.place AND m.name = 'planned-delay' WHERE e.place = 'up' AND "
                       "e.step = 'emulate' AND e.duration_ns < m.value") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE place = 'up' AND name = "
                       "'planned-delay'") == std::stoll(samples));
}

} // namespace

BOOST_AUTO_TEST_SUITE(impairment_test)

BOOST_AUTO_TEST_CASE(what_is_measured_is_what_was_emulated_and_what_was_real) {
  run_process run(echo_scenario,
                  echo_with("{ delay = \"20ms\", rate = \"4Mbit\" }",
                            {"expect.metrics={ \"up.planned-delay\" = [\"min > 22ms\"] }"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  check_impaired_spans(db);
  // 1088 bytes at 4 Mbit/s, one after the other, and 20 ms.
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE place = 'up' AND value < 22175000") ==
             0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE place = 'up' AND value BETWEEN "
                       "22175000 AND 22177000") > 0);
  // From the sensor's hands to the receiver's: no time is missing, none is there twice.
  BOOST_TEST(
      db.number("SELECT COUNT(*) FROM (SELECT MAX(CASE step WHEN 'dispatch' THEN begin_ns END) - "
                "MIN(CASE step WHEN 'sense' THEN end_ns END) AS whole, SUM(CASE WHEN place = 'up' "
                "AND step IN ('emulate', 'send-queue', 'link') THEN duration_ns END) AS parts "
                "FROM spans WHERE (place = 'up' OR place = 'probe') GROUP BY trace) "
                "WHERE whole < parts OR parts < 22175000") == 0);
  BOOST_TEST(db.number("SELECT delivered FROM links WHERE name = 'up'") == std::stoll(samples));
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = 'down' AND step = 'emulate'") ==
             0);
  BOOST_TEST(run.out().find("up.planned-delay  min > 22ms  22.2 ms") != std::string::npos,
             run.out());
  const auto values = nlohmann::json::parse(run.result_file("summary.json"))["values"];
  BOOST_REQUIRE(values.size() == 1u);
  BOOST_TEST((values[0]["name"] == "planned-delay" && values[0]["unit"] == "ns"), values[0].dump());
}

BOOST_AUTO_TEST_CASE(jitter_on_a_channel_that_retransmits_keeps_order_and_loses_nothing) {
  run_process run(echo_scenario,
                  echo_with("{ delay = \"10ms\", jitter = \"8ms\", distribution = \"pareto\" }"));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  check_impaired_spans(db);
  BOOST_TEST(db.table("SELECT sent, delivered, lost, duplicated, reordered, corrupt FROM links "
                      "WHERE name = 'up'") == "100|100|0|0|0|0\n");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM link_counts WHERE name = 'up' AND side = 'sender' AND "
                       "what LIKE 'impair-%' AND count = 0") == 5);
}

BOOST_AUTO_TEST_CASE(equal_seeds_plan_equal_delays_and_others_do_not) {
  const auto planned = [](const std::string& seed) {
    run_process run(echo_scenario, echo_with("{ delay = \"10ms\", jitter = \"1ms\" }",
                                             {"scenario.samples=20", "scenario.seed=" + seed,
                                              "links.up.transport=udp"})); // waits for no other
    run.expect_end(0, {{"probe", 1}});
    return run.database().table(
        "SELECT trace, value FROM metrics WHERE place = 'up' ORDER BY trace");
  };
  const auto first = planned("5");
  BOOST_TEST(first == planned("5"));
  BOOST_TEST(first != planned("6"));
}

BOOST_AUTO_TEST_CASE(a_full_bottleneck_pushes_back_and_the_send_queues_policy_decides) {
  run_process run(echo_scenario,
                  set({"sensors.probe.arrival=periodic", "sensors.probe.rate=200Hz",
                       "links.up.impair={ rate = \"200kbit\", buffer = \"2kB\" }",
                       "links.up.send-queue={ size = 2, policy = \"drop-oldest\" }"}));
  run.expect_end(0, {{"probe", 1}}); // 43 ms each, and one every 5 ms
  auto db = run.database();
  const auto dropped = db.number("SELECT dropped FROM links WHERE name = 'up'");
  BOOST_TEST((dropped > 50 && dropped < 100));
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'dropped' AND place = "
                       "'up'") == dropped);
  BOOST_TEST(db.number("SELECT lost FROM links WHERE name = 'up'") == 0);
  BOOST_TEST(db.number("SELECT MAX(duration_ns) FROM spans WHERE place = 'up' AND step = "
                       "'send-queue'") > 20'000'000);
}

BOOST_AUTO_TEST_CASE(a_trace_beside_the_scenario_is_replayed) {
  const auto write = [](const temp_folder& folder) {
    std::ofstream(folder / "net.csv") << "time_ms,delay_ms\n0,5\n100,30\n200,\n";
    std::ofstream(folder / "net.toml") << echo_scenario;
  };
  auto arguments = echo_with("{ trace = \"net.csv\" }");
  arguments.insert(arguments.begin(), {"net.toml", "--output", "out"});
  run_process run(arguments, run_process::user::same, write);
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  check_impaired_spans(db);
  for (const auto* ns : {"5000000", "30000000"})
    BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE place = 'up' AND value = " +
                         std::string(ns)) > 20);
}

BOOST_AUTO_TEST_CASE(an_impairment_that_would_be_a_lie_is_refused) {
  run_process run(echo_scenario, set({"links.up.impair={ loss = \"1%\" }"}));
  BOOST_TEST(run.exit_code() == 2);
  BOOST_TEST(run.err().find("links.up.impair.loss: \"zmq-tcp\" retransmits") != std::string::npos,
             run.err());
}

BOOST_AUTO_TEST_SUITE_END()
