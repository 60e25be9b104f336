// SPDX-License-Identifier: MIT
#include "runtime/clocks/window.hpp"

#include <algorithm>

namespace peernet {

namespace {

/// Each of the two stamps that make a bound is rounded to a nanosecond.
constexpr double granularity_ns = 2;

} // namespace

offset_strip strip_of(std::span<const offset_bounds> exchanges, double rate_change,
                      std::int64_t begin, std::int64_t end) {
  for (const auto& e : exchanges) {
    begin = std::min(begin, e.begin());
    end = std::max(end, e.end());
  }
  const auto stray = rate_change * static_cast<double>(end - begin) / 4;
  offset_strip strip(exchanges.front(), granularity_ns + stray);
  for (const auto& e : exchanges.subspan(1))
    strip.add(e);
  return strip;
}

} // namespace peernet
