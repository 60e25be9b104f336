// SPDX-License-Identifier: MIT
// What the parts of a scenario must fulfil together: names, nodes, links, graph, files. The reader
// calls it; a program that builds a scenario in code calls it too.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/scenario.hpp"

#include <vector>

namespace peernet {

/// Adds every mistake of `s` to `wrong`. What the reader has complained about already (an empty
/// name, a missing type) is not complained about again.
void validate(const scenario& s, const catalogue& known, mistakes& wrong);

/// For a scenario that was made in code. Empty: it can be run.
[[nodiscard]] std::vector<diagnostic> validate(const scenario& s, const catalogue& known);

} // namespace peernet
