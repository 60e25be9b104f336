// SPDX-License-Identifier: MIT
// A whole run for the tests of tests/system: peernet-run as a process of its own, in a folder of
// its own, with all it says and leaves behind. Every wait has a deadline and names what it waits
// for; a wait that fails kills the run and ends the test.
#pragma once

#include "tests/support/marked_process.hpp"
#include "tests/support/run_database.hpp"
#include "tests/support/temp_folder.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace peernet {

/// How often each sensor's samples count: sensor → sinks (their copies one by one) that one of its
/// samples can reach. The test knows it from the scenario; the program is not asked.
using sinks_reached = std::map<std::string, std::int64_t>;

/// Thread: one at a time.
class run_process {
public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds patience{30}; ///< of every wait that names no other
  using user = marked_process::user;

  /// Where it starts, if not simply here.
  struct surroundings {
    user who = user::same; ///< "nobody" takes a test that runs as root
    const network_namespace* network = nullptr;
    std::map<std::string, std::string> variables = {}; ///< of its environment, beside ours
    /// Marks of what runs beside it on other machines: nodes there belong to the run.
    std::vector<std::string> machines = {};
  };

  /// Starts peernet-run on a scenario of this text, with results below `output()`. `more` goes
  /// behind: {"--set", "scenario.seed=2"}. `program`: another one beside it that takes the same.
  explicit run_process(std::string_view scenario, const std::vector<std::string>& more = {},
                       const std::string& program = "peernet-run");

  /// Starts peernet-run with exactly these arguments in the folder of the run, which `prepare` may
  /// fill before.
  run_process(const std::vector<std::string>& arguments, surroundings where,
              const std::function<void(const temp_folder&)>& prepare = {});
  run_process(const std::vector<std::string>& arguments, user who,
              const std::function<void(const temp_folder&)>& prepare = {})
      : run_process(arguments, surroundings{.who = who}, prepare) {}

  run_process(const run_process&) = delete;
  run_process& operator=(const run_process&) = delete;
  ~run_process() = default; ///< kills whatever of the run still lives on this machine

  [[nodiscard]] pid_t pid() const noexcept { return process_->pid(); }
  [[nodiscard]] time started() const noexcept { return started_; }
  /// To the coordinator only; returns when it has taken it, so that a second one is not merged.
  void signal(int number);
  void signal_all(int number) const; ///< to the process group, as a terminal's Ctrl-C does

  /// The coordinator has ended. Does not wait.
  [[nodiscard]] bool ended() { return process_->ended(); }

  /// Waits until `met` returns true. The run's end before that is a failure.
  void await(std::string_view what, const std::function<bool()>& met,
             std::chrono::milliseconds at_most = patience);

  /// Waits until the scenario runs and so many samples are in run.db.
  void await_samples(std::int64_t count);

  /// Waits for the end; the exit code, or −signal.
  int exit_code(std::chrono::milliseconds at_most = patience);

  /// Waits until no process of the run is left, the coordinator included.
  void await_gone(std::chrono::milliseconds at_most);

  /// Waits for the end and checks what must hold at the end of every run: the exit code, no process
  /// left, one outcome for each sample and reachable sink, no negative time on one clock.
  void expect_end(int code, const sinks_reached& reach,
                  std::chrono::milliseconds at_most = patience);

  /// Processes of the run that live, the coordinator and nodes on other machines too.
  [[nodiscard]] std::vector<run_member> members() const;
  /// Node processes that the coordinator has started and that live, by number.
  [[nodiscard]] std::map<unsigned, run_member> nodes() const;
  /// The process of the node with this number; waits until it is there.
  pid_t node(unsigned number);
  /// Node processes were seen at some time, however short they lived.
  [[nodiscard]] bool had_nodes() const noexcept { return had_nodes_; }

  [[nodiscard]] std::string out() const { return process_->out(); } ///< what it printed
  [[nodiscard]] std::string err() const { return process_->err(); }

  [[nodiscard]] const temp_folder& folder() const noexcept { return folder_; }
  [[nodiscard]] std::string output() const { return folder_ / "out"; }
  /// The folder of results, if there is one; two are a failure.
  [[nodiscard]] std::optional<std::string> results() const;
  /// A file in it, read whole.
  [[nodiscard]] std::string result_file(const std::string& name) const;
  /// run.db of this run, which must be there.
  [[nodiscard]] run_database database() const;
  /// A number out of run.db while the run goes on; 0 as long as there is no such thing.
  [[nodiscard]] std::int64_t so_far(const std::string& query) const;

private:
  void start(const std::vector<std::string>& arguments, const std::string& program = "peernet-run");
  void watch();
  [[noreturn]] void give_up(const std::string& why);

  const temp_folder folder_;
  const surroundings where_;
  std::optional<marked_process> process_; ///< the coordinator
  time started_;
  bool had_nodes_ = false;
};

/// What must hold of the records of every run, however it ended; a Boost.Test check each.
void check_outcomes(run_database& db, const sinks_reached& reach);
void check_spans(run_database& db);

} // namespace peernet
