// SPDX-License-Identifier: MIT
// The coordinator and two nodes that all probe each other, in simulated time.
#pragma once

#include "tests/runtime/clocks/simulated_pair.hpp"

#include <array>
#include <string>
#include <vector>

namespace peernet {

/// Clock 0 is the coordinator's, clock 1 that of node 0 "robot", clock 2 that of node 1 "cloud".
struct simulated_trio {
  std::array<simulated_clock, 3> clocks;
  /// The asker first: coordinator and robot, coordinator and cloud, robot and cloud.
  std::array<simulated_path, 3> paths;
  double length = 10e9; ///< ns

  static constexpr std::array<clock_id, 2> ends[] = {{0, 1}, {0, 2}, {1, 2}};

  [[nodiscard]] static node_id node(clock_id clock) {
    return clock == reference_clock ? coordinator_node : static_cast<node_id>(clock - 1);
  }

  /// The truth between two clocks; `path` stays its default.
  [[nodiscard]] simulated_pair pair(clock_id local, clock_id remote) const {
    return {.local = clocks[local], .remote = clocks[remote], .path = {}, .length = length};
  }

  /// All exchanges on the path of this number, `rate` per second during the run.
  [[nodiscard]] std::vector<probe> run(std::size_t path, random_source& random,
                                       double rate = 20) const {
    const auto [local, remote] = ends[path];
    auto p = pair(local, remote);
    p.path = paths[path];
    p.rate = rate;
    auto probes = p.run(random);
    for (auto& q : probes) {
      q.local = local;
      q.remote = remote;
      q.asker = node(local);
      q.answerer = node(remote);
    }
    return probes;
  }

  [[nodiscard]] std::vector<probe> run(random_source& random) const {
    std::vector<probe> all;
    for (std::size_t path = 0; path < paths.size(); ++path)
      for (auto& p : run(path, random))
        all.push_back(std::move(p));
    return all;
  }
};

inline const std::vector<std::string> trio_names{"robot", "cloud"};

/// Clocks within ±3 s and ±100 ppm of true time, paths of up to 100 µs each way.
inline simulated_trio any_trio(random_source& random) {
  simulated_trio trio;
  for (auto& c : trio.clocks)
    c = {.offset = between(random, -3e9, 3e9), .drift = between(random, -100e-6, 100e-6)};
  for (auto& p : trio.paths) {
    const auto other = any_well_probed_pair(random);
    p = other.path;
  }
  trio.length = between(random, 1e9, 20e9);
  return trio;
}

/// The answerer's stamps of one exchange, off by so much.
inline void lie(probe& p, std::int64_t by) {
  p.t2 += by;
  p.t3 += by;
}

/// The segments of one conversion.
inline std::vector<clock_segment> only(std::span<const clock_segment> all, clock_id from,
                                       clock_id to) {
  std::vector<clock_segment> some;
  for (const auto& s : all)
    if (s.from == from && s.to == to)
      some.push_back(s);
  return some;
}

} // namespace peernet
