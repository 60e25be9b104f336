// SPDX-License-Identifier: MIT
#include "tests/support/run_process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace peernet {

namespace fs = std::filesystem;

namespace {

const std::string programs = PEERNET_BINARY_DIR "/bin/";
constexpr const char* mark_key = "PEERNET_TEST_RUN";
constexpr uid_t nobody = 65534;
constexpr std::chrono::milliseconds between_looks{3};
constexpr int cannot_start = 126;

std::string read_whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The parts of a text in which each ends with a zero, as /proc writes them.
std::vector<std::string> zero_ended(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    parts.emplace_back(text.c_str() + at);
    at += parts.back().size() + 1;
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The signal was sent to the process and waits to be taken.
bool is_pending(pid_t pid, int signal) {
  const std::string key = "ShdPnd:";
  const auto status = read_whole("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find(key);
  return at != std::string::npos &&
         (std::stoull(status.substr(at + key.size(), 20), nullptr, 16) >> (signal - 1) & 1) != 0;
}

/// In the new process: becomes the program. Never returns.
[[noreturn]] void become(const std::string& program, std::vector<std::string> arguments,
                         const std::string& mark, const std::string& folder,
                         run_process::user who) {
  ::setpgid(0, 0);
  ::setenv(mark_key, mark.c_str(), 1);
  const int nothing = ::open("/dev/null", O_RDONLY);
  const auto file = [&](const char* name) {
    return ::open((folder + "/" + name).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  };
  const int out = file("stdout"), err = file("stderr");
  if (::dup2(nothing, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0)
    ::_exit(cannot_start);
  for (const int fd : {nothing, out, err})
    ::close(fd);
  if (::chdir(folder.c_str()) != 0)
    ::_exit(cannot_start);
  if (who == run_process::user::nobody &&
      (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0))
    ::_exit(cannot_start);
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (auto& a : arguments)
    argv.push_back(a.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::_exit(cannot_start);
}

} // namespace

std::optional<unsigned> run_member::node() const {
  if (arguments.size() < 5 || arguments[1] != "--as-node-of" || !is_number(arguments[4]))
    return std::nullopt;
  return static_cast<unsigned>(std::stoul(arguments[4]));
}

run_process::run_process(std::string_view scenario, const std::vector<std::string>& more,
                         const std::string& program)
    : mark_(folder_.path().filename()) {
  std::ofstream(folder_ / "scenario.toml") << scenario;
  std::vector<std::string> arguments{folder_ / "scenario.toml", "--output", output()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  start(arguments, user::same, program);
}

run_process::run_process(const std::vector<std::string>& arguments, user who,
                         const std::function<void(const temp_folder&)>& prepare)
    : mark_(folder_.path().filename()) {
  if (prepare)
    prepare(folder_);
  start(arguments, who);
}

void run_process::start(const std::vector<std::string>& arguments, user who,
                        const std::string& program) {
  started_ = std::chrono::steady_clock::now();
  pid_ = ::fork();
  BOOST_REQUIRE_MESSAGE(pid_ >= 0, "cannot fork: " << std::strerror(errno));
  if (pid_ == 0)
    become(programs + program, arguments, mark_, folder_.path(), who);
  ::setpgid(pid_, pid_); // both sides: whoever is first
}

run_process::~run_process() {
  kill_all();
  if (!status_)
    ::waitpid(pid_, nullptr, 0);
}

void run_process::kill_all() const noexcept {
  if (!status_)
    ::kill(pid_, SIGKILL);
  for (const auto& m : members())
    ::kill(m.pid, SIGKILL);
}

void run_process::give_up(const std::string& why) {
  const auto said = err();
  kill_all();
  BOOST_FAIL(why << "\n-- stderr:\n" << said << "-- stdout:\n" << out());
  std::abort(); // BOOST_FAIL throws
}

void run_process::signal(int number) {
  BOOST_REQUIRE_MESSAGE(::kill(pid_, number) == 0, "cannot signal: " << std::strerror(errno));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended() && is_pending(pid_, number)) {
    if (std::chrono::steady_clock::now() > deadline)
      give_up("signal " + std::to_string(number) + " was not taken");
    std::this_thread::sleep_for(between_looks);
  }
}

void run_process::signal_all(int number) const {
  BOOST_REQUIRE_MESSAGE(::kill(-pid_, number) == 0, "cannot signal: " << std::strerror(errno));
}

bool run_process::ended() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
    status_ = status;
  return status_.has_value();
}

void run_process::watch() {
  had_nodes_ = had_nodes_ || !nodes().empty();
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
      "it ends", [&] { return status_.has_value(); }, at_most);
  return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -WTERMSIG(*status_);
}

void run_process::await_gone(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!ended() || !members().empty()) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::string left;
      for (const auto& m : members())
        left += " " + std::to_string(m.pid) + (m.node() ? " (a node)" : "");
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
  std::vector<run_member> all;
  std::error_code gone; // processes come and go while we look
  const auto wanted = std::string(mark_key) + "=" + mark_;
  for (const auto& entry : fs::directory_iterator("/proc", gone)) {
    if (!is_number(entry.path().filename()))
      continue;
    const auto surroundings = zero_ended(read_whole(entry.path() / "environ"));
    if (std::find(surroundings.begin(), surroundings.end(), wanted) != surroundings.end())
      all.push_back(
          {std::stoi(entry.path().filename()), zero_ended(read_whole(entry.path() / "cmdline"))});
  }
  return all;
}

std::map<unsigned, run_member> run_process::nodes() const {
  std::map<unsigned, run_member> found;
  for (auto& m : members())
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

std::string run_process::out() const {
  return read_whole(folder_ / "stdout");
}
std::string run_process::err() const {
  return read_whole(folder_ / "stderr");
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
  return read_whole(fs::path(*folder) / name);
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
