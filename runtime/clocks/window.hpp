// SPDX-License-Identifier: MIT
// What one line covers: a window of time, and which exchanges help it.
#pragma once

#include "runtime/clocks/offset_strip.hpp"

#include <cstdint>
#include <span>

namespace peernet {

/// How far beyond the ends of a window of this length exchanges help its line.
[[nodiscard]] constexpr std::int64_t overlap_of(std::int64_t window_ns) noexcept {
  return window_ns / 4;
}

/// The strip of these exchanges, loosened by the resolution of stamps and by how far a clock may
/// stray from a straight line: with rates that change by `rate_change` at worst in the middle, a
/// quarter of that times the length of time that is covered, which is that of the exchanges, and
/// from `begin` to `end`. Not empty.
[[nodiscard]] offset_strip strip_of(std::span<const offset_bounds> exchanges, double rate_change,
                                    std::int64_t begin = INT64_MAX, std::int64_t end = INT64_MIN);

} // namespace peernet
