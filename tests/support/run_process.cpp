// SPDX-License-Identifier: MIT
#include "tests/support/run_process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

/// The signal was sent to the process and waits to be taken.
bool is_pending(pid_t pid, int signal) {
  const std::string key = "ShdPnd:";
  const auto status = read_whole("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find(key);
  return at != std::string::npos &&
         (std::stoull(status.substr(at + key.size(), 20), nullptr, 16) >> (signal - 1) & 1) != 0;
}

} // namespace

run_process::run_process(std::string_view scenario, const std::vector<std::string>& more,
                         const std::string& program) {
  std::ofstream(folder_ / "scenario.toml") << scenario;
  std::vector<std::string> arguments{folder_ / "scenario.toml", "--output", output()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  start(arguments, program);
}

run_process::run_process(const std::vector<std::string>& arguments, surroundings where,
                         const std::function<void(const temp_folder&)>& prepare)
    : where_(std::move(where)) {
  if (prepare)
    prepare(folder_);
  start(arguments);
}

void run_process::start(const std::vector<std::string>& arguments, const std::string& program) {
  started_ = std::chrono::steady_clock::now();
  process_.emplace(marked_process::settings{.program = program,
                                            .arguments = arguments,
                                            .mark = folder_.path().filename(),
                                            .folder = folder_.path(),
                                            .output = folder_ / "",
                                            .who = where_.who,
                                            .network = where_.network,
                                            .variables = where_.variables});
}

void run_process::give_up(const std::string& why) {
  const auto said = err();
  process_->kill_all();
  BOOST_FAIL(why << "\n-- stderr:\n" << said << "-- stdout:\n" << out());
  std::abort(); // BOOST_FAIL throws
}

void run_process::signal(int number) {
  BOOST_REQUIRE_MESSAGE(::kill(pid(), number) == 0, "cannot signal: " << std::strerror(errno));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended() && is_pending(pid(), number)) {
    if (std::chrono::steady_clock::now() > deadline)
      give_up("signal " + std::to_string(number) + " was not taken");
    std::this_thread::sleep_for(between_looks);
  }
}

void run_process::signal_all(int number) const {
  BOOST_REQUIRE_MESSAGE(::kill(-pid(), number) == 0, "cannot signal: " << std::strerror(errno));
}

void run_process::watch() {
  had_nodes_ = had_nodes_ || std::ranges::any_of(members(), [](auto& m) { return m.plays_node(); });
}

void run_process::await(std::string_view what, const std::function<bool()>& met,
                        std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  for (;; std::this_thread::sleep_for(between_looks)) {
    const auto over = ended(); // before the look, so that the last state is looked at
    watch();
    if (met())
      return;
    if (over)
      give_up("the run ended before " + std::string(what));
    if (std::chrono::steady_clock::now() > deadline)
      give_up("waited " + std::to_string(at_most.count()) + " ms in vain until " +
              std::string(what));
  }
}

void run_process::await_samples(std::int64_t count) {
  await(std::to_string(count) + " samples are in run.db",
        [&] { return so_far("SELECT COUNT(*) FROM samples") >= count; });
}

int run_process::exit_code(std::chrono::milliseconds at_most) {
  await(
      "it ends", [&] { return ended(); }, at_most);
  return *process_->code();
}

void run_process::await_gone(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!ended() || !members().empty()) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::string left;
      for (const auto& m : members())
        left += " " + std::to_string(m.pid) + (m.plays_node() ? " (a node)" : "");
      give_up("processes of the run are left after " + std::to_string(at_most.count()) +
              " ms:" + left);
    }
    std::this_thread::sleep_for(between_looks);
  }
}

void run_process::expect_end(int code, const sinks_reached& reach,
                             std::chrono::milliseconds at_most) {
  const auto was = exit_code(at_most);
  BOOST_TEST(was == code, "exit code " << was << " instead of " << code << "\n-- stderr:\n"
                                       << err() << "-- stdout:\n"
                                       << out());
  for (const auto& m : members())
    BOOST_ERROR("process " << m.pid << " of the run is left");
  if (!results())
    return;
  auto db = database();
  check_outcomes(db, reach);
  check_spans(db);
}

std::vector<run_member> run_process::members() const {
  auto all = process_->marked();
  for (const auto& mark : where_.machines)
    for (auto& m : processes_marked(mark))
      if (m.plays_node())
        all.push_back(std::move(m));
  return all;
}

std::map<unsigned, run_member> run_process::nodes() const {
  std::map<unsigned, run_member> found;
  for (auto& m : process_->marked())
    if (const auto number = m.node())
      found.emplace(*number, std::move(m));
  return found;
}

pid_t run_process::node(unsigned number) {
  std::map<unsigned, run_member> found;
  await("node " + std::to_string(number) + " has a process", [&] {
    found = nodes();
    return found.count(number) != 0;
  });
  return found[number].pid;
}

std::optional<std::string> run_process::results() const {
  std::optional<std::string> found;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(output(), missing)) {
    BOOST_TEST(!found, "there are two folders of results in " << output());
    found = entry.path().string();
  }
  return found;
}

std::string run_process::result_file(const std::string& name) const {
  const auto folder = results();
  BOOST_REQUIRE_MESSAGE(folder, "there are no results\n-- stderr:\n" << err());
  BOOST_REQUIRE_MESSAGE(fs::exists(fs::path(*folder) / name), "the results hold no " << name);
  return read_whole(*folder + "/" + name);
}

run_database run_process::database() const {
  const auto folder = results();
  BOOST_REQUIRE_MESSAGE(folder, "there are no results\n-- stderr:\n" << err());
  return run_database(*folder + "/run.db");
}

std::int64_t run_process::so_far(const std::string& query) const {
  const auto folder = results();
  return folder ? run_database::try_number(*folder + "/run.db", query).value_or(0) : 0;
}

void check_outcomes(run_database& db, const sinks_reached& reach) {
  std::int64_t expected = 0;
  for (const auto& row : db.rows("SELECT sensor, COUNT(*) FROM samples GROUP BY sensor")) {
    const auto of_sensor = reach.find(row[0]);
    BOOST_REQUIRE_MESSAGE(of_sensor != reach.end(), "a sensor nobody knows: " << row[0]);
    expected += of_sensor->second * std::stoll(row[1]);
  }
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes") == expected,
             "one outcome for each sample and reachable sink: "
                 << db.number("SELECT COUNT(*) FROM outcomes") << " of " << expected);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM (SELECT DISTINCT trace, sink, copy FROM outcomes)") ==
                 expected,
             "no outcome is there twice");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE trace NOT IN "
                       "(SELECT trace FROM samples)") == 0,
             "every outcome belongs to a sample");
}

void check_spans(run_database& db) {
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE duration_ns IS NULL OR begin_ns IS NULL "
                       "OR end_ns IS NULL OR bound_ns IS NULL") == 0,
             "every span can be placed on the reference clock");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE bound_ns = 0 AND duration_ns < 0") == 0,
             "nothing ends before it began on one clock");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE bound_ns < 0") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE step IS NULL OR place IS NULL OR "
                       "begin_node IS NULL OR end_node IS NULL") == 0,
             "every span has its names");
}

} // namespace peernet
