// SPDX-License-Identifier: MIT
#include "runtime/clocks/live_clocks.hpp"

#include "runtime/clocks/offset_bounds.hpp"

#include <algorithm>
#include <cmath>

namespace peernet {

void live_clocks::add(const probe& p) {
  if (p.local == p.remote || p.round_trip() < 0)
    return;
  const auto [at, added] = best_.try_emplace(std::minmax(p.local, p.remote), p);
  const auto clock = std::min(p.local, p.remote);
  const auto offered = segment_of(p, clock);
  if (!added && offered.bound_ns <= segment_of(at->second, clock).bound(offered.anchor_ns))
    at->second = p;
}

std::vector<clock_segment> live_clocks::segments() const {
  std::vector<clock_segment> all;
  for (const auto& [clocks, p] : best_)
    for (const auto from : {clocks.second, clocks.first})
      if (from != reference_clock)
        all.push_back(segment_of(p, from));
  return all;
}

clock_segment segment_of(const probe& p, clock_id from) {
  const auto b = bounds_of(p, p.local == from);
  // The two bounds are not of one moment: in between the clocks drift, too.
  const auto length = b.end() - b.begin();
  const auto within = live_clocks::assumed_drift * static_cast<double>(length);
  const auto bound = std::ceil(static_cast<double>(b.round_trip) / 2 + within) + 2; // roundings
  return {.from = from,
          .to = from == p.local ? p.remote : p.local,
          .anchor_ns = b.begin() + length / 2,
          .offset_ns = b.middle(),
          .bound_ns = static_cast<std::int64_t>(bound),
          .bound_growth = live_clocks::assumed_drift,
          .drift_bound = live_clocks::assumed_drift};
}

} // namespace peernet
