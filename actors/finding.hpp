// SPDX-License-Identifier: MIT
// What the doctor says of one thing, and how all of it is printed: the worst first.
#pragma once

#include "actors/run_scenario.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

/// One thing that was looked at.
struct finding {
  enum class grade : std::uint8_t {
    good,
    untried, ///< something else is in the way
    look,    ///< the run works; its figures may suffer
    bad,     ///< the run will not work
  };
  grade how = grade::good;
  std::string about;  ///< "node cloud", "link uplink", "sensors.camera.path"
  std::string what;   ///< what was found, with its figures
  std::string remedy; ///< what the user can do; only of `look` and `bad`, and always there
  exit_code code = exit_code::passed; ///< bad: what a run would end with
};

struct diagnosis {
  exit_code code = exit_code::passed; ///< of the gravest finding
  std::vector<finding> findings;      ///< in the order in which things were looked at
};

/// For the terminal: a verdict, then the findings, worst first, in lines of at most 100 characters
/// where words allow it.
[[nodiscard]] std::string print(const diagnosis& d);

} // namespace peernet
