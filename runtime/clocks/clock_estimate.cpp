// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_estimate.hpp"

#include <cmath>
#include <set>
#include <utility>

namespace peernet {

namespace {

const probe* quickest(std::span<const probe> probes, clock_id a, clock_id b) {
  const probe* best = nullptr;
  for (const auto& p : probes) {
    const bool between = (p.local == a && p.remote == b) || (p.local == b && p.remote == a);
    if (between && p.round_trip() >= 0 && (!best || p.round_trip() < best->round_trip()))
      best = &p;
  }
  return best;
}

/// Halfway between two stamps, without overflow.
std::int64_t middle(std::int64_t a, std::int64_t b) {
  return a + (b - a) / 2;
}

} // namespace

std::vector<clock_segment> estimate_clock(std::span<const probe> probes, clock_id from,
                                          clock_id to) {
  if (from == to)
    return {clock_segment{.from = from, .to = to}};
  const auto* p = quickest(probes, from, to);
  if (!p)
    return {};
  // Remote minus local lies in [t3 − t4, t2 − t1].
  const auto remote_ahead = middle(p->t3 - p->t4, p->t2 - p->t1);
  // The four stamps are not of one moment: between them the clocks drift, too.
  const auto within = assumed_drift * static_cast<double>(p->t4 - p->t1);
  const auto bound =
      std::ceil(static_cast<double>(p->round_trip()) / 2 + within) + 2; // two roundings
  const bool from_remote = p->remote == from;
  return {clock_segment{.from = from,
                        .to = to,
                        .anchor_ns = from_remote ? middle(p->t2, p->t3) : middle(p->t1, p->t4),
                        .offset_ns = from_remote ? -remote_ahead : remote_ahead,
                        .bound_ns = static_cast<std::int64_t>(bound),
                        .bound_growth = assumed_drift}};
}

std::vector<clock_segment> estimate_clocks(std::span<const probe> probes) {
  std::set<std::pair<clock_id, clock_id>> pairs; // from, to
  for (const auto& p : probes)
    if (p.local != p.remote)
      for (const auto& [from, to] : {std::pair{p.local, p.remote}, std::pair{p.remote, p.local}})
        if (from != reference_clock)
          pairs.emplace(from, to);
  std::vector<clock_segment> segments;
  for (const auto& [from, to] : pairs)
    for (const auto& s : estimate_clock(probes, from, to))
      segments.push_back(s);
  return segments;
}

} // namespace peernet
