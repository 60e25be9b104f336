// SPDX-License-Identifier: MIT
// Exact statistics of a set of durations: every value is kept until the end, nothing is estimated.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace peernet {

/// Count, mean and percentiles in ns. A percentile pX is there only from ceil(10 / (1 − X)) values
/// on (p50: 20, p90: 100, p99: 1000): with fewer, less than ten values lie beyond it, and it says
/// more about luck than about the system.
struct distribution {
  std::uint64_t count = 0;
  double mean = 0; ///< 0 when there are no values
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::optional<std::int64_t> p50, p90, p99;
};

/// The least number of values from which the percentile `share` (0…1, both excluded) is given.
[[nodiscard]] std::uint64_t values_needed(double share) noexcept;

/// The nearest-rank percentile: the smallest value that at least `share` of all values do not
/// exceed; always one of the values. Nothing with fewer than `values_needed(share)` values.
[[nodiscard]] std::optional<std::int64_t> percentile(const std::vector<std::int64_t>& sorted,
                                                     double share) noexcept;

/// Summarises values; sorts them in place.
[[nodiscard]] distribution distribution_of(std::vector<std::int64_t>& values);

} // namespace peernet
