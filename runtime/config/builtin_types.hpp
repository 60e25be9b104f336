// SPDX-License-Identifier: MIT
// The types that PeerNet itself brings, with their keys, ranges and defaults. For the catalogue.
#pragma once

#include "runtime/config/catalogue.hpp"

#include <vector>

namespace peernet {

[[nodiscard]] std::vector<catalogue_entry> builtin_types();

} // namespace peernet
