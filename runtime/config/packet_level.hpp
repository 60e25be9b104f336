// SPDX-License-Identifier: MIT
// Links whose packets are impaired, not their samples: which they are, and what they ask of the
// rest of the scenario. One such link puts every node that starts on this machine into a network
// of its own.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/scenario.hpp"

namespace peernet {

[[nodiscard]] constexpr bool at_packet_level(const link_config& link) noexcept {
  return link.impair && link.impair->level == impair_level::packet;
}

/// Nodes that start on this machine have networks of their own.
[[nodiscard]] bool has_packet_level(const scenario& s) noexcept;

/// The link whose impairment meets what comes back over `link`: one at packet level that joins the
/// same nodes in the opposite direction, the first if there are several. Null: nothing does.
[[nodiscard]] const link_config* way_back_of(const scenario& s, const link_config& link);

/// Reports links whose packets never pass a network between two nodes of this machine, and what has
/// no place where nodes have networks of their own.
void check_packet_levels(const scenario& s, const catalogue& known, mistakes& wrong);

} // namespace peernet
