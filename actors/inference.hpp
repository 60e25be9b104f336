// SPDX-License-Identifier: MIT
// The inference actor: owns all instances of one inference stage on one node and their worker
// threads.
#pragma once

#include "actors/part.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace peernet::actors {

struct inference_config {
  std::shared_ptr<inference_part> part; ///< made by node_graph
};

struct inference_state : part_state<inference_part> {
  static inline const char* name = "inference";
};

/// Dies with its node; its threads end with it.
part_actor::behavior_type inference(part_actor::stateful_pointer<inference_state> self,
                                    inference_config config);

} // namespace peernet::actors
