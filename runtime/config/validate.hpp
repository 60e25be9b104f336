// SPDX-License-Identifier: MIT
// What the parts of a scenario must fulfil together: names, nodes, links, graph, files. The reader
// calls it; a program that builds a scenario in code calls it too.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/scenario.hpp"

#include <string_view>
#include <vector>

namespace peernet {

/// What nodes, stages, links and networks may be called: [a-z][a-z0-9-]*.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

/// Adds every mistake of `s` to `wrong`. What the reader has complained about already (an empty
/// name, a missing type) is not complained about again. Files that children need must be there,
/// unless nobody shall `look_for_files`: on a node, the children's are on another machine.
void validate(const scenario& s, const catalogue& known, mistakes& wrong,
              bool look_for_files = true);

/// For a scenario that was made in code. Empty: it can be run.
[[nodiscard]] std::vector<diagnostic> validate(const scenario& s, const catalogue& known);

} // namespace peernet
