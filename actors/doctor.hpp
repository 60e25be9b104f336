// SPDX-License-Identifier: MIT
// What would keep a scenario from running well on the machines it names, and what to do about it:
// everything is contacted, loaded, bound, linked and probed, and nothing is measured. What cannot
// be had is replaced for the rest to be looked at all the same.
#pragma once

#include "actors/finding.hpp"
#include "actors/machine_look.hpp"
#include "actors/run_scenario.hpp"
#include "runtime/config/understudies.hpp"

#include <map>
#include <optional>
#include <set>

namespace peernet {

/// All that was tried, and what came of it.
struct examination {
  const reading& what;
  const plan& whole; ///< of its scenario
  const remote_access& access;
  machine_facts own; ///< of this machine
  machine_looks machines;
  std::map<node_id, std::uint64_t> to_ship; ///< bytes of files, by node on another machine
  std::vector<obstacle> obstacles;
  missing_parts missing;    ///< of the scenario as it was rehearsed
  std::set<node_id> absent; ///< nodes among them: nothing is known of their links
  std::optional<rehearsal> rehearsed;
};

/// Examines everything a run of this scenario would need. Blocks for as long as a deployment takes,
/// or two; no process is left. Interrupted it finds nothing. `what` may be read without looking for
/// files. Thread: as run_scenario.
[[nodiscard]] diagnosis examine(const reading& what, const run_options& options);

/// What an examination says: this machine, then node by node, then links, then clocks.
[[nodiscard]] std::vector<finding> findings_of(const examination& e);

} // namespace peernet
