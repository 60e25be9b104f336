// SPDX-License-Identifier: MIT
// Every type that a scenario can name in this process: PeerNet's own, and those that plugins from
// elsewhere declare in the folders where plugins are looked for.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"

#include <vector>

namespace peernet {

/// Looked up at the first call, and the same from then on: a plugin that is put in place later is
/// known to the next process. Thread: any.
[[nodiscard]] const catalogue& known_types();

/// What is wrong with the declarations; types with mistakes may be missing from `known_types`, so a
/// program says it and ends. Thread: any.
[[nodiscard]] const std::vector<diagnostic>& mistakes_of_known_types();

} // namespace peernet
