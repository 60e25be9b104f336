// SPDX-License-Identifier: MIT
// A scenario of which a part cannot be had, with something in its place that does nothing, so that
// the rest can be rehearsed as it stands: names, numbers and the graph stay.
#pragma once

#include "runtime/config/scenario.hpp"

#include <set>
#include <string>
#include <utility>

namespace peernet {

/// What is missing.
struct missing_parts {
  std::set<std::string> nodes;  ///< children take their place, whose stages do nothing
  std::set<std::string> stages; ///< by name
  std::set<std::string> links;  ///< by name: they go over the default transport and network
  std::set<std::pair<std::string, std::string>> addresses; ///< node and network; links there, too
};

/// Expectations are left out: nothing of it is to be measured.
[[nodiscard]] scenario with_understudies(scenario s, const missing_parts& missing);

} // namespace peernet
