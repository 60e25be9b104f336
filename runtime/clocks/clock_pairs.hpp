// SPDX-License-Identifier: MIT
// What is said of single pairs of nodes and of loops of three, beside the estimate of clocks.
#pragma once

#include "runtime/clocks/clock_estimate.hpp"

#include <vector>

namespace peernet {

/// All exchanges of two nodes, whoever asked, over whatever networks, and their course.
struct node_pair {
  node_id from = 0; ///< asked first
  node_id to = 0;
  bool shared = false;
  std::vector<offset_bounds> exchanges;
  clock_course course;
  std::int64_t begin_ns = 0; ///< of the exchanges, by the clock of `from`
  std::int64_t end_ns = 0;
};

/// By first occurrence. Pairs without a usable exchange are left out.
[[nodiscard]] std::vector<node_pair> pairs_of(std::span<const probe> probes);

/// A row for each pair and network.
[[nodiscard]] std::vector<clock_pair> pair_rows(std::span<const probe> probes);

/// Round every three nodes that all probed each other, in the middle of the time they all did.
[[nodiscard]] std::vector<clock_loop> loops_of(std::span<const node_pair> pairs);

} // namespace peernet
