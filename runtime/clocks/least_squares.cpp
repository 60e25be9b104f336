// SPDX-License-Identifier: MIT
#include "runtime/clocks/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace peernet {

namespace {

constexpr std::size_t fewest = 40;
constexpr std::size_t fewest_fast = 8;
constexpr std::size_t share = 20; ///< one in so many: 5 %

} // namespace

std::optional<cross_check> check_fastest(std::span<const offset_bounds> some,
                                         const clock_segment& segment) {
  if (some.size() < fewest)
    return std::nullopt;
  std::vector<offset_bounds> fast(std::max(fewest_fast, some.size() / share));
  std::ranges::partial_sort_copy(some, fast, {}, &offset_bounds::round_trip,
                                 &offset_bounds::round_trip);
  const auto origin = fast.front().begin();
  const auto base = fast.front().middle();
  const auto time = [&](const offset_bounds& b) {
    return static_cast<double>(b.begin() - origin + (b.end() - b.begin()) / 2);
  };
  const auto offset = [&](const offset_bounds& b) {
    return static_cast<double>(b.middle() - base);
  };
  const auto n = static_cast<double>(fast.size());
  double mean_time = 0, mean_offset = 0, variance = 0, covariance = 0;
  for (const auto& b : fast) {
    mean_time += time(b) / n;
    mean_offset += offset(b) / n;
  }
  for (const auto& b : fast) {
    variance += (time(b) - mean_time) * (time(b) - mean_time);
    covariance += (time(b) - mean_time) * (offset(b) - mean_offset);
  }
  const auto slope = variance > 0 ? covariance / variance : 0;
  const auto at =
      std::clamp<std::int64_t>(origin + std::llround(mean_time), segment.first_ns, segment.last_ns);
  const auto value =
      base + std::llround(mean_offset + slope * (static_cast<double>(at - origin) - mean_time));
  return cross_check{.time_ns = at,
                     .offset_ns = value,
                     .difference_ns = value - (segment.convert(at) - at),
                     .bound_ns = segment.bound(at)};
}

} // namespace peernet
