// SPDX-License-Identifier: MIT
// Two clocks and the path between them, in simulated time: the truth is known to the nanosecond,
// and estimates are judged by it.
#pragma once

#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/offset_bounds.hpp"
#include "runtime/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

namespace peernet {

inline constexpr std::int64_t us = 1'000;
inline constexpr std::int64_t ms = 1'000'000;
inline constexpr std::int64_t second = 1'000'000'000;

/// A clock with a known error against true time. Monotonic: steps go forward.
struct simulated_clock {
  double offset = 0;      ///< ns
  double drift = 0;       ///< ns per ns
  double step_at = 1e300; ///< ns
  double step_by = 0;     ///< ns
  double wander = 0;      ///< amplitude, ns
  double period = 1;      ///< of the wander, ns

  [[nodiscard]] double error(double t) const {
    return offset + drift * t + (t >= step_at ? step_by : 0) +
           wander * std::sin(2 * std::numbers::pi * t / period);
  }
  [[nodiscard]] std::int64_t at(double t) const { return std::llround(t + error(t)); }
};

/// One direction of a path: a floor, and a queue whose delay is exponential.
struct simulated_direction {
  double floor = 10e3; ///< ns
  double queue = 2e3;  ///< mean, ns

  [[nodiscard]] double delay(random_source& random) const {
    return floor + (queue > 0 ? random.exponential(queue) : 0);
  }
};

struct simulated_path {
  simulated_direction there, back;
  double residence = 5e3; ///< of the answerer, mean, ns
  double loss = 0;        ///< share of exchanges that are not completed
};

/// Exchanges at random moments in [begin, end] of true time, `rate` per second on average; the
/// local clock has number 0, the remote one 1.
inline std::vector<probe> simulate(const simulated_clock& local, const simulated_clock& remote,
                                   const simulated_path& path, double begin, double end,
                                   double rate, random_source& random) {
  std::vector<probe> probes;
  for (auto t = begin; t < end; t += (0.5 + random.uniform()) * 1e9 / rate) {
    const auto arrived = t + path.there.delay(random);
    const auto answered = arrived + random.exponential(path.residence);
    const auto back = answered + path.back.delay(random);
    if (random.uniform() >= path.loss)
      probes.push_back({.local = 0,
                        .remote = 1,
                        .asker = 0,
                        .answerer = 1,
                        .t1 = local.at(t),
                        .t2 = remote.at(arrived),
                        .t3 = remote.at(answered),
                        .t4 = local.at(back),
                        .network = {},
                        .method = "udp"});
  }
  return probes;
}

inline double between(random_source& random, double low, double high) {
  return low + random.uniform() * (high - low);
}

/// 10 to a power between the two: every order of magnitude is as likely.
inline double any_magnitude(random_source& random, double low_power, double high_power) {
  return std::pow(10, between(random, low_power, high_power));
}

/// Two clocks, their path, and how it is probed in a run.
struct simulated_pair {
  simulated_clock local, remote;
  simulated_path path;
  double length = 10e9; ///< ns from true time 0 on
  double rate = 20;     ///< exchanges per second

  /// A burst of about 40 before and after, and steady probing in between; by time.
  [[nodiscard]] std::vector<probe> run(random_source& random) const {
    auto probes = simulate(local, remote, path, -0.2e9, -0.1e9, 400, random);
    const auto during = simulate(local, remote, path, 0, length, rate, random);
    probes.insert(probes.end(), during.begin(), during.end());
    const auto after = simulate(local, remote, path, length + 0.1e9, length + 0.2e9, 400, random);
    probes.insert(probes.end(), after.begin(), after.end());
    return probes;
  }

  /// What the two clocks show at true time `t`; first the one that estimates go from.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> shown(double t, bool from_asker) const {
    return from_asker ? std::pair{local.at(t), remote.at(t)} : std::pair{remote.at(t), local.at(t)};
  }
};

/// Any clocks within ±3 s and ±100 ppm, any path of 5 to 100 µs each way with queues of up to some
/// ms, half of the exchanges lost at worst, 1 to 1000 of them per second.
inline simulated_pair any_linear_pair(random_source& random) {
  constexpr double queues[] = {0, 1e3, 100e3, 2e6};
  simulated_pair pair;
  pair.remote.offset = between(random, -3e9, 3e9);
  pair.remote.drift = between(random, -100e-6, 100e-6);
  for (auto* d : {&pair.path.there, &pair.path.back})
    *d = {between(random, 5e3, 100e3), queues[random.between(0, 3)]};
  pair.path.loss = random.uniform() < 0.5 ? 0 : between(random, 0, 0.5);
  pair.length = between(random, 1e9, 30e9);
  pair.rate = any_magnitude(random, 0, 3);
  return pair;
}

/// The same on a path that shows what the clocks do: 10 or more exchanges per second, queues of up
/// to 100 µs, a fifth lost at worst.
inline simulated_pair any_well_probed_pair(random_source& random) {
  auto pair = any_linear_pair(random);
  for (auto* d : {&pair.path.there, &pair.path.back})
    d->queue = std::min(d->queue, 100e3);
  pair.path.loss = std::min(pair.path.loss, 0.2);
  pair.rate = any_magnitude(random, 1, 2.5);
  return pair;
}

/// Symmetric, and with hardly a queue.
inline simulated_pair any_idle_pair(random_source& random) {
  simulated_pair pair;
  pair.remote.offset = between(random, -3e9, 3e9);
  pair.remote.drift = between(random, -100e-6, 100e-6);
  pair.length = between(random, 5e9, 30e9);
  return pair;
}

inline void shuffle(std::vector<probe>& probes, random_source& random) {
  for (auto i = probes.size(); i > 1; --i)
    std::swap(probes[i - 1], probes[random.between(0, i - 1)]);
}

inline std::vector<offset_bounds> bounds_of_all(std::span<const probe> probes, bool from_asker) {
  std::vector<offset_bounds> all;
  for (const auto& p : probes)
    all.push_back(bounds_of(p, from_asker));
  return all;
}

inline std::int64_t shortest_trip(std::span<const probe> probes) {
  return std::ranges::min(probes, {}, &probe::round_trip).round_trip();
}

inline std::int64_t median_trip(std::span<const probe> probes) {
  std::vector<std::int64_t> trips;
  for (const auto& p : probes)
    trips.push_back(p.round_trip());
  std::ranges::sort(trips);
  return trips[trips.size() / 2];
}

/// How segments fare against the truth.
struct judgement {
  int outside = 0;              ///< so many moments were not within the bound, or not covered
  double at_s = 0;              ///< true time of the worst of them
  std::int64_t worst_error = 0; ///< ns, over all moments
  std::int64_t worst_bound = 0; ///< ns, over all moments

  friend std::ostream& operator<<(std::ostream& out, const judgement& j) {
    return out << j.outside << " moments outside, the worst at " << j.at_s << " s; error up to "
               << j.worst_error << ", bound up to " << j.worst_bound << " ns";
  }
};

/// Asks at `moments` random times in [begin, end] of true time.
inline judgement judge(std::span<const clock_segment> segments, const simulated_pair& pair,
                       bool from_asker, double begin, double end, random_source& random,
                       int moments = 400) {
  judgement found;
  auto furthest = INT64_MIN;
  for (int i = 0; i < moments; ++i) {
    const auto t = between(random, begin, end);
    const auto [from, to] = pair.shown(t, from_asker);
    const auto behind = std::ranges::upper_bound(segments, from, {}, &clock_segment::first_ns);
    if (behind == segments.begin() || from > std::prev(behind)->last_ns) {
      ++found.outside;
      continue;
    }
    const auto& s = *std::prev(behind);
    const auto error = std::abs(s.convert(from) - to);
    const auto beyond = error - s.bound(from);
    found.worst_error = std::max(found.worst_error, error);
    found.worst_bound = std::max(found.worst_bound, s.bound(from));
    found.outside += beyond > 0;
    if (beyond > std::max<std::int64_t>(0, furthest)) {
      furthest = beyond;
      found.at_s = t * 1e-9;
    }
  }
  return found;
}

} // namespace peernet
