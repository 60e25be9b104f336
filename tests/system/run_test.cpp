// SPDX-License-Identifier: MIT
// The plain case, over every transport: a run that goes well, and all it leaves behind.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace fs = std::filesystem;
using namespace peernet;

namespace {

constexpr std::int64_t samples = 100;

/// A transport, and the overrides that make the echo go over it.
struct way {
  std::string name;
  std::vector<std::string> overrides;
};

std::ostream& operator<<(std::ostream& out, const way& w) {
  return out << w.name;
}

const std::vector<way> ways{{"zmq-tcp", both_over("zmq-tcp")},
                            {"zmq-ipc", both_over("zmq-ipc")},
                            {"tcp", both_over("tcp")},
                            {"shm", both_over("shm")},
                            {"udp", both_over("udp")},
                            {"caf", both_over("caf")},
                            {"local", {"inference.mirror.node=robot"}}};

using place_and_step = std::pair<std::string, std::string>;

/// What every sample must have gone through, and nothing else.
std::set<place_and_step> steps_of(const way& w) {
  std::set<place_and_step> steps{{"probe", "lag"},    {"probe", "sense"},  {"probe", "notice"},
                                 {"mirror", "queue"}, {"mirror", "infer"}, {"back", "queue"},
                                 {"back", "act"}};
  if (w.name != "local")
    steps.insert({{"up", "link"}, {"up", "dispatch"}, {"down", "link"}, {"down", "dispatch"}});
  if (w.name == "udp") // the kernel says when it had a datagram
    steps.insert({{"up", "wake"}, {"down", "wake"}});
  return steps;
}

/// A channel may have no room for a moment, on a busy machine at any time: the sample then waits on
/// the sending side. That is a step of those samples alone that did wait, once, until the moment
/// they were handed over.
void check_waits(run_database& db, const std::string& link) {
  const auto waits = " FROM spans w WHERE w.step = 'send-queue' AND w.place = '" + link + "'";
  BOOST_TEST(db.number("SELECT COUNT(*) - COUNT(DISTINCT trace)" + waits) == 0, link);
  BOOST_TEST(db.number("SELECT COUNT(*)" + waits + " AND w.begin_ns >= w.end_ns") == 0, link);
  BOOST_TEST(db.number("SELECT COUNT(*)" + waits +
                       " AND NOT EXISTS (SELECT 1 FROM spans l WHERE l.trace = w.trace AND "
                       "l.place = w.place AND l.step = 'link' AND l.begin_ns = w.end_ns)") == 0,
             link << ": a wait that does not end where the way begins");
}

} // namespace

BOOST_AUTO_TEST_SUITE(run_test)

BOOST_DATA_TEST_CASE(echo_over_every_transport_is_valid_and_leaves_all_its_files, ways, w) {
  run_process run(echo_scenario, set(w.overrides));
  run.expect_end(0, {{"probe", 1}});

  const auto out = run.out();
  BOOST_TEST(out.substr(0, 5) == "VALID");
  BOOST_TEST(out.find("Results: " + run.results().value_or("none")) != std::string::npos);
  for (const auto* name : {"run.db", "traces.csv", "summary.json", "trace.json", "scenario.toml"})
    BOOST_TEST(!run.result_file(name).empty(), name);
  BOOST_TEST(!fs::exists(*run.results() + "/run.db-wal"), "run.db is one self-contained file");

  const auto csv = run.result_file("traces.csv");
  BOOST_TEST(std::count(csv.begin(), csv.end(), '\n') == samples + 1);
  const auto summary = nlohmann::json::parse(run.result_file("summary.json"));
  BOOST_TEST(summary["verdict"] == "valid");
  BOOST_TEST(summary["intended"] == samples);
  const auto trace = nlohmann::json::parse(run.result_file("trace.json"));
  BOOST_TEST((trace.is_array() ? trace : trace["traceEvents"]).size() > samples);
}

BOOST_DATA_TEST_CASE(every_sample_has_every_step, ways, w) {
  run_process run(echo_scenario, set(w.overrides));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();

  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples WHERE sensor = 'probe'") == samples);
  BOOST_TEST(db.number("SELECT MAX(seq) FROM samples") == samples - 1);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered' AND "
                       "sink = 'back' AND place = 'back'") == samples);
  const auto wanted = steps_of(w);
  std::set<place_and_step> seen;
  for (const auto& row : db.rows("SELECT place, step, COUNT(*), COUNT(DISTINCT trace) FROM spans "
                                 "GROUP BY place, step")) {
    if (row[1] == "send-queue" && wanted.contains({row[0], "link"})) {
      check_waits(db, row[0]);
      continue;
    }
    seen.emplace(row[0], row[1]);
    BOOST_TEST(row[2] == std::to_string(samples), row[0] << "." << row[1] << ": " << row[2]);
    BOOST_TEST(row[3] == std::to_string(samples), row[0] << "." << row[1] << ": " << row[3]);
  }
  for (const auto& [place, step] : wanted)
    BOOST_TEST(seen.count({place, step}) == 1u, place << "." << step << " is missing");
  for (const auto& [place, step] : seen)
    BOOST_TEST(wanted.count({place, step}) == 1u, place << "." << step << " has no business here");
}

BOOST_DATA_TEST_CASE(the_spans_of_a_trace_follow_each_other_in_time, ways, w) {
  run_process run(echo_scenario, set(w.overrides));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();

  // Ends that are one and the same stamp; and nothing begins before what was before it has ended.
  const std::vector<std::string> touching{"lag sense", "link dispatch", "dispatch queue"};
  for (std::int64_t seq = 0; seq < samples; ++seq) {
    const auto of = " FROM spans WHERE trace = " + std::to_string(seq);
    const auto rows = db.rows("SELECT step, begin_ns, end_ns" + of +
                              " ORDER BY begin_ns, end_ns, CASE step WHEN 'lag' THEN 0 ELSE 1 END");
    BOOST_REQUIRE(!rows.empty());
    for (std::size_t i = 1; i < rows.size(); ++i) {
      const auto before = std::stoll(rows[i - 1][2]), begin = std::stoll(rows[i][1]);
      BOOST_TEST(begin >= before, "trace " << seq << ": " << rows[i][0] << " begins "
                                           << before - begin << " ns before " << rows[i - 1][0]
                                           << " has ended");
      const auto joint = rows[i - 1][0] + " " + rows[i][0];
      if (std::find(touching.begin(), touching.end(), joint) != touching.end())
        BOOST_TEST(begin == before, "trace " << seq << ": a gap at " << joint);
    }
  }
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples s JOIN spans p ON p.trace = s.trace WHERE "
                       "p.step = 'lag' AND p.begin_ns <> s.intended_ns") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples s JOIN spans p ON p.trace = s.trace WHERE "
                       "p.step = 'sense' AND p.end_ns <> s.sensed_ns") == 0);
}

BOOST_AUTO_TEST_CASE(a_number_of_samples_is_kept_exactly_by_every_sensor) {
  run_process run(echo_scenario,
                  set({"scenario.samples=37", "sensors.probe.count=3", "sinks.back.count=2"}));
  run.expect_end(0, {{"probe", 2}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT copy, COUNT(*), MIN(seq), MAX(seq) FROM samples GROUP BY copy") ==
             "0|37|0|36\n1|37|0|36\n2|37|0|36\n");
}

BOOST_AUTO_TEST_CASE(a_duration_in_open_loop_gives_every_slot_and_marks_the_warm_up) {
  // 0.5 s at 100 Hz: slots at 0, 10, … 490 ms; the first 20 of them in the warm-up.
  run_process run(endless_scenario, set({"scenario.duration=500ms", "scenario.warmup=200ms"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 50);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples WHERE warmup") == 20);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE warmup") == 20);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples WHERE intended_ns <> 10000000 * seq + "
                       "(SELECT intended_ns FROM samples WHERE seq = 0)") == 0);
  const auto summary = nlohmann::json::parse(run.result_file("summary.json"));
  BOOST_TEST(summary["warmup"] == 20);
}

BOOST_AUTO_TEST_CASE(the_scenario_among_the_results_can_be_run_again) {
  run_process run(echo_scenario, set({"scenario.samples=5", "scenario.seed=7"}));
  run.expect_end(0, {{"probe", 1}});
  const auto copy = *run.results() + "/scenario.toml";
  run_process check({copy, "--check"}, run_process::user::same);
  BOOST_TEST(check.exit_code() == 0, check.err());
  BOOST_TEST(check.out().find("5 samples") != std::string::npos, check.out());
  BOOST_TEST(check.out().find("seed 7") != std::string::npos, check.out());
}

BOOST_AUTO_TEST_CASE(two_runs_at_once_do_not_disturb_each_other) {
  run_process one(echo_scenario, set(both_over("zmq-ipc")));
  run_process other(echo_scenario, set(both_over("zmq-ipc")));
  one.expect_end(0, {{"probe", 1}});
  other.expect_end(0, {{"probe", 1}});
  for (auto* run : {&one, &other})
    BOOST_TEST(run->database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                      "outcome = 'delivered'") == samples);
}

BOOST_AUTO_TEST_CASE(a_summary_that_cannot_be_printed_is_an_error) {
  for (const auto& more : {std::vector<std::string>{}, {"--json"}, {"--check"}}) {
    std::vector<std::string> arguments{"scenario.toml", "--output", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    run_process run(arguments, run_process::user::same, [](const temp_folder& folder) {
      std::ofstream(folder / "scenario.toml") << echo_scenario;
      fs::create_symlink("/dev/full", folder / "stdout");
    });
    BOOST_TEST(run.exit_code() == 1, run.err());
    BOOST_TEST(run.err().find("standard output") != std::string::npos, run.err());
  }
}

BOOST_AUTO_TEST_CASE(closed_standard_descriptors_do_no_harm) {
  const temp_folder folder;
  std::ofstream(folder / "scenario.toml") << echo_scenario;
  const auto command = std::string(PEERNET_BINARY_DIR "/bin/peernet-run ") +
                       (folder / "scenario.toml") + " --set scenario.samples=5 --output " +
                       (folder / "out");
  for (const auto* closed : {" 2>&- >/dev/null", " <&- >&- 2>&-"})
    BOOST_TEST(std::system((command + closed).c_str()) == 0, closed);
}

BOOST_AUTO_TEST_CASE(many_copies_do_not_run_out_of_descriptors) {
  const temp_folder folder;
  std::ofstream(folder / "scenario.toml") << echo_scenario;
  const auto command = "ulimit -Sn 256; " PEERNET_BINARY_DIR "/bin/peernet-run " +
                       (folder / "scenario.toml") +
                       " --set scenario.samples=1 --set sensors.probe.count=400 --output " +
                       (folder / "out") + " >/dev/null 2>&1";
  BOOST_TEST(std::system(command.c_str()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
