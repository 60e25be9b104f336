// SPDX-License-Identifier: MIT
// Quantiles of what a benchmark measured.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace peernet::bench {

/// So much, or less, was the share `q` (0…1) of all; there is at least one.
[[nodiscard]] inline double quantile(std::vector<double> all, double q) {
  std::sort(all.begin(), all.end());
  return all[static_cast<std::size_t>(q * static_cast<double>(all.size() - 1))];
}

} // namespace peernet::bench
