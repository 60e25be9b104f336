// SPDX-License-Identifier: MIT
#include "runtime/trace/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace peernet {

namespace {

/// The share as a fraction of 10⁻⁶: 1 − 0.9 is not exactly 0.1, and ranks must not depend on it.
std::uint64_t millionths(double share) noexcept {
  return static_cast<std::uint64_t>(std::llround(share * 1e6));
}

constexpr std::uint64_t million = 1'000'000;

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) noexcept {
  return (a + b - 1) / b;
}

} // namespace

std::uint64_t values_needed(double share) noexcept {
  return divide_up(10 * million, million - millionths(share));
}

template <class Value>
std::optional<Value> percentile(const std::vector<Value>& sorted, double share) noexcept {
  if (sorted.size() < values_needed(share))
    return std::nullopt;
  const auto rank = divide_up(sorted.size() * millionths(share), million);
  return sorted[rank - 1];
}

template <class Value>
basic_distribution<Value> distribution_of(std::vector<Value>& values) {
  basic_distribution<Value> d;
  if (values.empty())
    return d;
  std::sort(values.begin(), values.end());
  d.count = values.size();
  double sum = 0;
  for (const auto v : values)
    sum += static_cast<double>(v);
  d.mean = sum / static_cast<double>(values.size());
  d.min = values.front();
  d.max = values.back();
  d.p50 = percentile(values, 0.5);
  d.p90 = percentile(values, 0.9);
  d.p95 = percentile(values, 0.95);
  d.p99 = percentile(values, 0.99);
  d.p999 = percentile(values, 0.999);
  return d;
}

template std::optional<std::int64_t> percentile(const std::vector<std::int64_t>&, double) noexcept;
template std::optional<double> percentile(const std::vector<double>&, double) noexcept;
template distribution distribution_of(std::vector<std::int64_t>&);
template number_distribution distribution_of(std::vector<double>&);

} // namespace peernet
