// SPDX-License-Identifier: MIT
// Which nodes must talk without the coordinator between them, and how they come together.
#pragma once

#include "runtime/config/plan.hpp"
#include "runtime/config/scenario.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace peernet {

/// Pairs of nodes joined by a link over CAF, and those where a sample of a closed-loop sensor may
/// end with the sensor's own. The smaller number comes first.
[[nodiscard]] std::set<std::pair<node_id, node_id>> direct_connections(const scenario& s,
                                                                       const plan& p);

/// How a pair meets over a network; nothing where both are children of the coordinator, which gives
/// them a socket each, unless they have a link over CAF at packet level.
struct meeting {
  node_id listens = 0, dials = 0;
  std::string network; ///< of the one that listens: what links over CAF between them name
};
[[nodiscard]] std::optional<meeting> meeting_of(const scenario& s, node_id a, node_id b);

} // namespace peernet
