// SPDX-License-Identifier: MIT
// What would keep a scenario from running well on the machines it names, and what to do about it:
// everything is contacted, loaded, bound, linked and probed, and nothing is measured.
#pragma once

#include "actors/run_scenario.hpp"

#include <string>
#include <vector>

namespace peernet {

/// One thing that was looked at.
struct finding {
  enum class grade : std::uint8_t {
    good,
    look, ///< the run works; its figures may suffer
    bad,  ///< the run will not work
  };
  grade how = grade::good;
  std::string about;  ///< "node cloud", "link uplink", "clocks"
  std::string what;   ///< what was found, with its figures
  std::string remedy; ///< what to do; empty if all is good
};

struct diagnosis {
  exit_code code =
      exit_code::passed; ///< of the gravest finding: 2 what does not load, 5 who is not reached
  std::vector<finding> findings; ///< node by node, then links, then clocks
};

/// Examines everything a run of this scenario would need. Blocks for as long as a deployment takes;
/// no process is left. Thread: as run_scenario.
[[nodiscard]] diagnosis examine(const reading& what, const run_options& options);

/// What a rehearsal of this scenario says; `own`: of this machine.
[[nodiscard]] std::vector<finding> findings_of(const scenario& what, const plan& whole,
                                               const run_result& rehearsed,
                                               const machine_facts& own);

/// For the terminal: a line or two for each finding.
[[nodiscard]] std::string print(const diagnosis& d);

} // namespace peernet
