// SPDX-License-Identifier: MIT
// A scenario back as text: as TOML with every default filled in, and as the graph that a run will
// build, for people.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/config/scenario.hpp"

#include <string>

namespace peernet {

/// TOML that reads back as an equal scenario. Relative paths stay relative to `s.directory`.
[[nodiscard]] std::string write_scenario(const scenario& s, const catalogue& known);

/// The resolved graph, for `--check`: nodes with their stages, links with what they run over,
/// every path, and what is expected. `p` is made of `s`.
[[nodiscard]] std::string describe(const plan& p, const scenario& s, const catalogue& known);

} // namespace peernet
