// SPDX-License-Identifier: MIT
// The part of peernet-run's command line that is about other machines.
#pragma once

#include "actors/run_scenario.hpp"

#include <string>

namespace peernet {

/// As given by the user.
struct remote_options {
  std::string identity_folder; ///< empty: the user's own
  bool insecure = false;
  std::string listen; ///< "ADDR:PORT" for nodes that join
  std::string join_timeout = "60s";
  std::string ports;
  std::string node;        ///< be this node ...
  std::string coordinator; ///< ... of the coordinator at "ADDR:PORT"

  [[nodiscard]] bool joins() const { return !node.empty() || !coordinator.empty(); }
};

/// What they come to. A missing identity is no mistake: most runs need
/// none. Errors name the option.
[[nodiscard]] result<remote_access> resolve(const remote_options& given);

/// Plays a node of a scenario for a coordinator elsewhere, until its run is over. `program`:
/// started as the worker. The exit code; `problem` says why it is not 0.
[[nodiscard]] exit_code join_run(const reading& what, const remote_options& given,
                                 const remote_access& access, const std::string& program,
                                 const std::atomic<int>& interrupts, std::string& problem);

} // namespace peernet
