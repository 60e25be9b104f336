// SPDX-License-Identifier: MIT
// What is known of the clocks while a run goes on, in constant time and memory: by the one exchange
// that says most at the moment. For the common start, live figures and the progress line; what is
// reported in the end comes from clock_estimate.hpp.
#pragma once

#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/probe.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace peernet {

/// Keeps the best exchange of every two clocks. Thread: confined to one.
class live_clocks {
public:
  /// How fast two clocks may drift apart, ns per ns: crystals are specified to ±100 ppm.
  static constexpr double assumed_drift = 200e-6;

  /// An exchange is kept until another bounds the offset more tightly at its own time. Those within
  /// one clock, and impossible ones, are ignored.
  void add(const probe& p);

  /// Conversions between every two clocks that are joined by an exchange, but none from the
  /// reference clock: the middle of what the best exchange leaves open, ± half its round trip,
  /// growing by the assumed drift.
  [[nodiscard]] std::vector<clock_segment> segments() const;

private:
  std::map<std::pair<clock_id, clock_id>, probe> best_; ///< lower number first
};

/// From one exchange. `from` is one of its two clocks.
[[nodiscard]] clock_segment segment_of(const probe& p, clock_id from);

} // namespace peernet
