// SPDX-License-Identifier: MIT
// When, during a run, two nodes that should have exchanged stamps all the time did not.
#pragma once

#include "runtime/clocks/probed_paths.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace peernet {

/// A time without an exchange by one path.
struct probe_silence {
  std::int64_t begin_ns = 0;        ///< raw, by the clock of the path's asker
  std::int64_t remote_begin_ns = 0; ///< the same by the other's
  std::int64_t length_ns = 0;       ///< that passed by both clocks: one of them may have stepped
  bool to_the_end = false;          ///< of the run
  // Exchanges of the same two nodes meanwhile:
  std::size_t by_control = 0;    ///< over the control plane
  std::size_t by_other_path = 0; ///< by datagrams over other networks
};

/// All that are longer than `longest_ns`, by time, from the first to the last exchange that `all`
/// has of either node during the run: whoever made it, so long somebody was asked.
[[nodiscard]] std::vector<probe_silence>
silences_of(const probed_path& path, std::span<const probe> all, std::int64_t longest_ns);

} // namespace peernet
