// SPDX-License-Identifier: MIT
// A scenario that means the same wherever its text lies.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/scenario.hpp"

namespace peernet {

/// `s` with every relative path of a file or folder made absolute, as found from `s.directory`.
[[nodiscard]] scenario with_absolute_paths(scenario s, const catalogue& known);

} // namespace peernet
