// SPDX-License-Identifier: MIT
// Durations and stamps. Everything PeerNet measures is a count of nanoseconds on one monotonic
// clock; which clock a stamp belongs to is told by the clock id stored beside it, never by its
// type. Reading a clock is the business of clock.hpp.
#pragma once

#include <chrono>
#include <cstdint>

namespace peernet {

/// A length of time in nanoseconds.
using duration = std::chrono::nanoseconds;

/// The time line of one node's monotonic clock. It has no `now()`: that would read the machine's
/// clock behind the back of a node that was given a false one.
struct monotonic {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = peernet::duration;
  using time_point = std::chrono::time_point<monotonic, duration>;
  static constexpr bool is_steady = true;
};

/// A point on some node's monotonic clock, in nanoseconds since that clock's origin.
using stamp = monotonic::time_point;

/// The raw count that is stored and sent.
constexpr std::int64_t to_ns(stamp t) noexcept {
  return t.time_since_epoch().count();
}
constexpr std::int64_t to_ns(duration d) noexcept {
  return d.count();
}

/// The stamp that `to_ns` made this count of.
constexpr stamp stamp_from_ns(std::int64_t ns) noexcept {
  return stamp{duration{ns}};
}

constexpr double to_seconds(duration d) noexcept {
  return static_cast<double>(d.count()) * 1e-9;
}

/// Rounds to the nearest nanosecond. `seconds` within ±9e9, about 292 years.
constexpr duration from_seconds(double seconds) noexcept {
  return duration{static_cast<std::int64_t>(seconds * 1e9 + (seconds < 0 ? -0.5 : 0.5))};
}

} // namespace peernet
