// SPDX-License-Identifier: MIT
// One run from a scenario to its results, over processes of this machine and others: what
// peernet-run does, for any program to call.
#pragma once

#include "actors/coordinator.hpp"
#include "actors/run_nodes.hpp"
#include "runtime/config/reader.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace peernet {

/// Exit codes of PeerNet's programs, worst first where several apply.
enum class exit_code : int {
  passed = 0,
  internal_error = 1,
  bad_scenario = 2,
  expectation_failed = 3,
  invalid = 4,
  node_lost = 5,
  regression = 6,
  interrupted = 7,
};

/// Of a run that could not begin.
[[nodiscard]] exit_code exit_code_of(errc why) noexcept;

struct run_options {
  std::string program; ///< started once for each node, with worker_arguments(); this program itself
  std::string output = "results"; ///< results land in a new folder below it
  run_purpose purpose = run_purpose::measure;
  std::function<void(const run_progress&)> on_progress; ///< any thread
  std::function<void(const std::string&)> on_message;   ///< any thread; one line for the user
  remote_access access;                                 ///< to nodes on other machines
  /// Counts the user's wishes to stop: the first ends the run in order, the second ends this
  /// process at once, with exit code 7; what was stored stays readable.
  const std::atomic<int>* interrupts = nullptr;
};

struct run_result {
  exit_code code = exit_code::passed;
  std::string folder;                            ///< of the results; empty if there are none
  summary_ptr summary;                           ///< null if nothing was measured
  std::string problem;                           ///< empty when passed
  std::shared_ptr<const run_ending> ending = {}; ///< of the coordinator; null without one
  machine_looks machines = {};                   ///< that were reached
  std::vector<obstacle> obstacles = {};          ///< why it did not begin, or what a rehearsal met
};

/// Runs a scenario that was read without mistakes. Blocks until all is over; no process of the run
/// is left then. Thread: one that lives as long as the call (children die with it).
[[nodiscard]] run_result run_scenario(const reading& what, const run_options& options);

} // namespace peernet
