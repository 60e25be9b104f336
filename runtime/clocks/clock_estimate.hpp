// SPDX-License-Identifier: MIT
// All clocks of a run, out of all exchanges: conversions with bounds, a row for each pair of nodes
// that probed each other, loops, and what people should know.
#pragma once

#include "runtime/clocks/clock_course.hpp"
#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/discipline.hpp"
#include "runtime/clocks/probe.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace peernet {

/// What the bounds rest on.
enum class clock_basis : std::uint8_t {
  probe,  ///< exchanges: certain
  system, ///< the kernels' claims, where the clocks are disciplined
  both,   ///< what both say
};

struct clock_facts {
  std::span<const probe> probes;
  std::span<const clock_discipline> looks;
  std::span<const std::string> names; ///< of nodes, by number
  clock_basis basis = clock_basis::probe;
  std::int64_t interval_ns = 0; ///< of probes, in the run
  /// In networks of their own, where no datagram of the coordinator leads: not expected to answer.
  std::span<const node_id> isolated = {};
};

/// One pair of nodes on one network. Offsets are those of the answerer minus the asker, by the
/// asker's clock.
struct clock_pair {
  node_id asker = coordinator_node;
  node_id answerer = coordinator_node;
  std::string network;
  std::string method;
  bool shared = false; ///< both nodes have the same clock: the truth is 0
  std::uint64_t exchanges = 0;
  std::uint64_t bad_stamps = 0; ///< more exchanges, which no figure counts
  std::int64_t shortest_ns = 0; ///< round trip
  std::int64_t median_ns = 0;   ///< round trip
  std::int64_t offset_ns = 0;   ///< in the middle of the exchanges, or as near to it as it is known
                                ///< well: away from steps and gaps
  double drift = 0;             ///< then, ns per ns
  std::int64_t bound_ns = 0;    ///< then
  std::int64_t worst_bound_ns = 0;
  std::optional<cross_check> checked;
};

/// Three nodes that all probed each other. The sum of offsets round the loop is 0 in truth; what
/// it comes to shows how asymmetric the three paths are against each other. An asymmetry that a
/// node has on all its paths cannot be seen.
struct clock_loop {
  node_id nodes[3] = {};
  std::int64_t residual_ns = 0;
  std::int64_t bound_ns = 0; ///< of the three together
};

/// Something that a person should know of a clock.
struct clock_notice {
  enum class weight : std::uint8_t {
    note,    ///< good to know
    warning, ///< the bounds are wider for it, and hold
    error,   ///< not everything can be true: the run's times cannot be trusted
  };
  weight how = weight::warning;
  std::int64_t time_ns = 0; ///< raw, of `clock`
  clock_id clock = reference_clock;
  node_id node = coordinator_node;
  std::string what; ///< a few words, the same for the same kind: "clock step"
  std::string detail;
};

struct clock_estimates {
  /// To the reference clock, and between clocks that probed each other (both ways); without shared
  /// clocks. Nothing is said of times before the first exchange or behind the last by more than
  /// `longest_silence` of the probes' interval.
  std::vector<clock_segment> segments;
  std::vector<clock_pair> pairs; ///< as they first occur
  std::vector<clock_loop> loops;
  std::vector<clock_notice> notices;
};

/// Everything at once. Exchanges between nodes that share a clock make pairs, loops and checks, but
/// no segments: their offset is exactly 0.
[[nodiscard]] clock_estimates estimate_clocks(const clock_facts& facts);

} // namespace peernet
