// SPDX-License-Identifier: MIT
// The sink actor: owns all copies of one sink on one node and their threads.
#pragma once

#include "actors/part.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace peernet::actors {

struct sink_config {
  std::shared_ptr<sink_part> part; ///< made by node_graph
};

struct sink_state : part_state<sink_part> {
  static inline const char* name = "sink";
};

/// Dies with its node; its threads end with it.
part_actor::behavior_type sink(part_actor::stateful_pointer<sink_state> self, sink_config config);

} // namespace peernet::actors
