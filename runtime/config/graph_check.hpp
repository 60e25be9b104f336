// SPDX-License-Identifier: MIT
// The scenario as a graph: every link joins two stages, everything a sensor emits reaches a sink,
// nothing goes in a circle. Part of validation.
#pragma once

#include "runtime/config/diagnostic.hpp"
#include "runtime/config/stages.hpp"

#include <vector>

namespace peernet {

void check_graph(const scenario& s, const std::vector<stage_ref>& stages, mistakes& wrong);

} // namespace peernet
