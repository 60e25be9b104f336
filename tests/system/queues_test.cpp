// SPDX-License-Identifier: MIT
// What happens to samples where more comes than goes: full queues before stages and on links, slots
// that cannot fire, and loops that wait for the end of what they sent.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace peernet;

namespace {

namespace data = boost::unit_test::data;

std::int64_t count_of(run_database& db, const std::string& outcome) {
  return db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = '" + outcome + "'");
}

std::string fate(run_database& db, std::int64_t seq) {
  return db.text("SELECT outcome FROM outcomes WHERE trace = " + std::to_string(seq));
}

nlohmann::json outcomes_of(const run_process& run) {
  return nlohmann::json::parse(run.result_file("summary.json"))["outcomes"][0];
}

/// 100 samples at 200 Hz meet a model that needs 15 ms for each.
std::vector<std::string> overload(std::vector<std::string> more) {
  more.insert(more.end(),
              {"scenario.samples=100", "sensors.probe.rate=200Hz", "inference.mirror.infer=15ms"});
  return set(more);
}

/// Frames of 1 MB at 100 Hz towards a node that takes one in 30 ms and holds back the rest.
std::vector<std::string> slow_receiver(const std::string& policy) {
  return set({"scenario.samples=100", "scenario.drain=5s", "sensors.probe.size=1MB",
              "sensors.probe.rate=100Hz", "inference.mirror.infer=30ms",
              "inference.mirror.queue.size=1", "inference.mirror.queue.policy=block",
              "links.up.send-queue.size=2", "links.up.send-queue.policy=" + policy});
}

/// The most samples of the sensor that were under way at one moment.
std::int64_t most_in_flight(run_database& db) {
  return db.number(
      "WITH way AS (SELECT s.trace, s.intended_ns AS at, a.end_ns AS till FROM samples s "
      "JOIN spans a ON a.trace = s.trace AND a.step = 'act') "
      "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM way a JOIN way b "
      "ON b.at <= a.at AND a.at < b.till GROUP BY a.trace)");
}

} // namespace

BOOST_AUTO_TEST_SUITE(queues_test)

BOOST_AUTO_TEST_CASE(drop_oldest_lets_the_newest_through) {
  run_process run(endless_scenario, overload({"inference.mirror.queue.size=1",
                                              "inference.mirror.queue.policy=drop-oldest"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "dropped") > 10);
  BOOST_TEST(count_of(db, "delivered") > 10);
  BOOST_TEST(count_of(db, "delivered") + count_of(db, "dropped") + count_of(db, "skipped") == 100);
  BOOST_TEST(fate(db, 99) != "dropped"); // nothing came behind it that could push it out
  BOOST_TEST(db.table("SELECT DISTINCT place FROM outcomes WHERE outcome = 'dropped'") ==
             "mirror\n");
}

BOOST_AUTO_TEST_CASE(drop_newest_finishes_what_was_accepted) {
  run_process run(endless_scenario, overload({"inference.mirror.queue.size=1",
                                              "inference.mirror.queue.policy=drop-newest"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "dropped") > 10);
  BOOST_TEST(count_of(db, "delivered") > 10);
  BOOST_TEST(count_of(db, "delivered") + count_of(db, "dropped") + count_of(db, "skipped") == 100);
  BOOST_TEST(fate(db, 0) == "delivered"); // the queue was empty
}

BOOST_AUTO_TEST_CASE(block_drops_nothing) {
  run_process run(endless_scenario, overload({"inference.mirror.queue.size=1",
                                              "inference.mirror.queue.policy=block"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "dropped") == 0);
  BOOST_TEST(count_of(db, "delivered") + count_of(db, "skipped") == 100);
  BOOST_TEST(count_of(db, "delivered") > 50); // the way there buffers them
}

BOOST_AUTO_TEST_CASE(a_sensor_held_back_skips_the_slots_whose_time_has_passed) {
  run_process run(
      endless_scenario,
      set({"scenario.samples=100", "inference.mirror.node=robot", "sensors.probe.rate=200Hz",
           "sensors.probe.max-lag=5ms", "inference.mirror.infer=15ms",
           "inference.mirror.queue.size=1", "inference.mirror.queue.policy=block"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 100); // never forgotten
  BOOST_TEST(count_of(db, "skipped") > 20);
  BOOST_TEST(count_of(db, "delivered") > 10);
  BOOST_TEST(count_of(db, "skipped") + count_of(db, "delivered") == 100);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples s JOIN outcomes o ON o.trace = s.trace "
                       "WHERE (s.sensed_ns IS NULL) <> (o.outcome = 'skipped')") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'skipped' AND "
                       "place <> 'probe'") == 0);
}

BOOST_DATA_TEST_CASE(a_full_send_queue_gives_way, data::make({"drop-oldest", "drop-newest"}),
                     policy) {
  run_process run(endless_scenario, slow_receiver(policy));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  const auto dropped = count_of(db, "dropped");
  BOOST_TEST(dropped > 5);
  BOOST_TEST(count_of(db, "delivered") > 10);
  BOOST_TEST(count_of(db, "delivered") + dropped + count_of(db, "skipped") == 100);
  BOOST_TEST(db.table("SELECT DISTINCT place FROM outcomes WHERE outcome = 'dropped'") == "up\n");
  BOOST_TEST(db.number("SELECT dropped FROM links WHERE name = 'up'") == dropped);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = 'up' AND step = 'send-queue'") >
             0);
  const auto spared = std::string(policy) == "drop-oldest" ? 99 : 0;
  BOOST_TEST(fate(db, spared) != "dropped");
}

BOOST_AUTO_TEST_CASE(a_blocking_send_queue_drops_nothing) {
  run_process run(endless_scenario, slow_receiver("block"));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "delivered") == 100);
  BOOST_TEST(db.number("SELECT lost FROM links WHERE name = 'up'") == 0);
}

BOOST_AUTO_TEST_CASE(poisson_arrivals_are_irregular_and_the_same_for_the_same_seed) {
  const auto gaps = [](const std::string& seed) {
    run_process run(endless_scenario,
                    set({"scenario.samples=50", "sensors.probe.rate=200Hz",
                         "sensors.probe.arrival=poisson", "scenario.seed=" + seed}));
    run.expect_end(0, {{"probe", 1}});
    return run.database().table(
        "SELECT seq, intended_ns - (SELECT MIN(intended_ns) FROM samples) FROM samples "
        "ORDER BY seq");
  };
  const auto one = gaps("1");
  BOOST_TEST(one == gaps("1"));
  BOOST_TEST(one != gaps("2"));
  BOOST_TEST(one.find("1|5000000\n") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_has_one_sample_in_flight) {
  run_process run(echo_scenario, {});
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(most_in_flight(db) == 1);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_has_as_many_in_flight_as_it_is_told) {
  run_process run(echo_scenario, set({"sensors.probe.in-flight=4", "inference.mirror.model=dummy",
                                      "inference.mirror.infer=10ms", "inference.mirror.count=4"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(most_in_flight(db) == 4);
  BOOST_TEST(count_of(db, "delivered") == 100);
}

BOOST_AUTO_TEST_CASE(what_takes_longer_than_its_timeout_expires_and_counts_as_late) {
  run_process run(echo_scenario,
                  set({"scenario.samples=5", "sensors.probe.timeout=60ms",
                       "inference.mirror.model=dummy", "inference.mirror.infer=150ms"}));
  run.expect_end(4, {{"probe", 1}}); // with nothing delivered there is nothing to say
  BOOST_TEST(run.out().substr(0, 7) == "INVALID");
  auto db = run.database();
  BOOST_TEST(db.table("SELECT seq, o.outcome, o.place FROM samples s JOIN outcomes o ON "
                      "o.trace = s.trace ORDER BY seq") ==
             "0|expired|probe\n1|expired|probe\n2|expired|probe\n3|expired|probe\n"
             "4|expired|probe\n");
  BOOST_TEST(outcomes_of(run)["expired"] == 5);
  BOOST_TEST(outcomes_of(run)["late"] == 5); // all arrive in the end
}

BOOST_DATA_TEST_CASE(a_loop_hears_of_the_end_on_another_node, data::make({"zmq-tcp", "caf"}),
                     transport) {
  // The sink is not on the sensor's node: the notice travels over the nodes' direct connection.
  auto overrides = both_over(transport);
  overrides.insert(overrides.end(), {"sinks.back.node=cloud", "inference.mirror.node=robot"});
  run_process run(echo_scenario, set(overrides));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "delivered") == 100);
  BOOST_TEST(db.table("SELECT place, begin_node, end_node, COUNT(*) FROM spans WHERE "
                      "step = 'notice' GROUP BY 1, 2, 3") == "probe|cloud|robot|100\n");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans n JOIN spans a ON a.trace = n.trace AND "
                       "a.step = 'act' WHERE n.step = 'notice' AND n.begin_ns <> a.end_ns") == 0);
  BOOST_TEST(most_in_flight(db) == 1);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_does_not_drop_its_own_samples) {
  run_process run(echo_scenario, set({"sensors.probe.in-flight=16", "scenario.samples=5000"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "delivered") == 5000);
  run_process check(echo_scenario, {"--set", "sensors.probe.in-flight=16", "--check"});
  BOOST_TEST(check.exit_code() == 0, check.err());
  BOOST_TEST(check.out().find("queue 16 drop-oldest") != std::string::npos, check.out());
  BOOST_TEST(check.out().find("queue 8 ") == std::string::npos, check.out());
}

BOOST_AUTO_TEST_CASE(a_closed_loop_that_drops_does_not_run_wild) {
  run_process run(echo_scenario,
                  set({"sensors.probe.in-flight=16", "scenario.samples=2000",
                       "inference.mirror.model=dummy", "inference.mirror.infer=1ms",
                       "inference.mirror.queue.size=1", "links.up.send-queue.size=1"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "dropped") > 100);
  // 2000 samples, of which at most 10 000 in a second replace a dropped one.
  BOOST_TEST(db.number("SELECT MAX(intended_ns) - MIN(intended_ns) FROM samples") >
             count_of(db, "dropped") * 90'000);
}

BOOST_AUTO_TEST_CASE(a_blocking_queue_that_the_end_catches_full_leaves_unfinished_samples) {
  run_process run(endless_scenario,
                  set({"scenario.samples=20", "scenario.drain=100ms", "inference.mirror.infer=60s",
                       "inference.mirror.queue={ size = 1, policy = \"block\" }"}));
  run.expect_end(4, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(count_of(db, "dropped") == 0);
  BOOST_TEST(count_of(db, "unfinished") > 10);
}

BOOST_AUTO_TEST_CASE(a_long_drain_is_shown_where_the_output_is_no_terminal) {
  run_process run(endless_scenario,
                  set({"scenario.samples=10", "scenario.drain=20s", "inference.mirror.infer=500ms",
                       "inference.mirror.queue.size=100"}));
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.err().find("draining ") != std::string::npos, run.err());
}

BOOST_AUTO_TEST_SUITE_END()
