// SPDX-License-Identifier: MIT
// The sensor actor: owns all copies of one sensor on one node and the threads that pace them.
#pragma once

#include "actors/part.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace peernet::actors {

struct sensor_config {
  std::shared_ptr<sensor_part> part; ///< made by node_graph
};

struct sensor_state : part_state<sensor_part> {
  static inline const char* name = "sensor";
};

/// Dies with its node; its threads end with it.
part_actor::behavior_type sensor(part_actor::stateful_pointer<sensor_state> self,
                                 sensor_config config);

} // namespace peernet::actors
