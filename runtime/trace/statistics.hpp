// SPDX-License-Identifier: MIT
// Exact statistics of a set of durations or plain numbers: every value is kept until the end,
// nothing is estimated.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace peernet {

/// Count, mean and percentiles in the values' own unit. A percentile pX is there only from
/// ceil(10 / (1 − X)) values on (p50: 20, p90: 100, p99: 1000): with fewer, less than ten values
/// lie beyond it, and it says more about luck than about the system.
template <class Value>
struct basic_distribution {
  std::uint64_t count = 0;
  double mean = 0; ///< 0 when there are no values
  Value min = 0;
  Value max = 0;
  std::optional<Value> p50, p90, p95, p99, p999;
};

using distribution = basic_distribution<std::int64_t>; ///< of durations, ns
using number_distribution = basic_distribution<double>;

/// The least number of values from which the percentile `share` (0…1, both excluded) is given.
[[nodiscard]] std::uint64_t values_needed(double share) noexcept;

/// The nearest-rank percentile: the smallest value that at least `share` of all values do not
/// exceed; always one of the values. Nothing with fewer than `values_needed(share)` values.
template <class Value>
[[nodiscard]] std::optional<Value> percentile(const std::vector<Value>& sorted,
                                              double share) noexcept;

/// Summarises values; sorts them in place.
template <class Value>
[[nodiscard]] basic_distribution<Value> distribution_of(std::vector<Value>& values);

} // namespace peernet
