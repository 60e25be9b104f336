// SPDX-License-Identifier: MIT
// From probe exchanges to clock segments. This estimator trusts the exchange with the smallest
// round trip; a better one may return several segments a pair, nothing else has to know.
#pragma once

#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/probe.hpp"

#include <span>
#include <vector>

namespace peernet {

/// How fast two clocks may drift apart, ns per ns: crystal oscillators are specified to ±100 ppm,
/// so two of them to 200.
inline constexpr double assumed_drift = 200e-6;

/// Converts stamps of `from` to stamps of `to`, from the exchanges between the two (either may have
/// asked; others are ignored). The offset is the middle of the interval that the quickest exchange
/// leaves, the bound half its round trip, growing by `assumed_drift` with the distance in time.
/// Equal clocks: one segment with offset and bound exactly 0. No exchange between the two, or only
/// impossible ones (a negative round trip): empty.
/// The truth lies inside the bound for any delays, however asymmetric, as long as the clocks drift
/// apart by no more than `assumed_drift`.
[[nodiscard]] std::vector<clock_segment> estimate_clock(std::span<const probe> probes,
                                                        clock_id from, clock_id to);

/// Segments for every clock that occurs in the probes: to the reference clock, and between every
/// two clocks that probed each other directly (both ways).
[[nodiscard]] std::vector<clock_segment> estimate_clocks(std::span<const probe> probes);

} // namespace peernet
