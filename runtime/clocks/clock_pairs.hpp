// SPDX-License-Identifier: MIT
// What is said of single pairs of nodes and of loops of three, beside the estimate of clocks.
#pragma once

#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/probed_paths.hpp"

#include <span>
#include <vector>

namespace peernet {

/// Two nodes and what all their exchanges say, whoever asked, over whatever networks.
struct node_pair {
  node_id from = 0; ///< asked first
  node_id to = 0;
  clock_id clock = reference_clock; ///< of `from`
  bool shared = false;
  const clock_course* course = nullptr; ///< of the paths this was made from
  std::int64_t begin_ns = 0;            ///< of the exchanges, by the clock of `from`
  std::int64_t end_ns = 0;
};

/// By first occurrence. Pairs without a usable exchange are left out.
[[nodiscard]] std::vector<node_pair> pairs_of(probed_paths& paths);

/// A row for each path that has a usable exchange.
[[nodiscard]] std::vector<clock_pair> pair_rows(probed_paths& paths);

/// Round every three nodes that all probed each other, in the middle of the time they did, or as
/// near to it as all three offsets are known well.
[[nodiscard]] std::vector<clock_loop> loops_of(std::span<const node_pair> pairs);

} // namespace peernet
