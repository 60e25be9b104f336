// SPDX-License-Identifier: MIT
// The receiving actor of a link: owns its receiving ends on one node and the threads blocked at
// them.
#pragma once

#include "actors/part.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace peernet::actors {

struct transport_receiver_config {
  std::shared_ptr<receiver_part> part; ///< made by node_graph
};

struct transport_receiver_state : part_state<receiver_part> {
  static inline const char* name = "transport_receiver";
};

/// Dies with its node; its threads end with it.
part_actor::behavior_type
transport_receiver(part_actor::stateful_pointer<transport_receiver_state> self,
                   transport_receiver_config config);

} // namespace peernet::actors
