// SPDX-License-Identifier: MIT
// The sending actor of a link: owns all lanes that begin on one node. The stages' own threads send
// on them.
#pragma once

#include "actors/part.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace peernet::actors {

struct transport_sender_config {
  std::shared_ptr<sender_part> part; ///< made by node_graph
};

struct transport_sender_state : part_state<sender_part> {
  static inline const char* name = "transport_sender";
};

/// Dies with its node; its threads end with it.
part_actor::behavior_type
transport_sender(part_actor::stateful_pointer<transport_sender_state> self,
                 transport_sender_config config);

} // namespace peernet::actors
