// SPDX-License-Identifier: MIT
// The clock actor: answers clock probes of its node with two stamps, as quickly as an actor can.
#pragma once

#include "actors/protocol.hpp"
#include "runtime/core/clock.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace peernet::actors {

struct clock_config {
  peernet::clock source; ///< the node's clock
};

struct clock_state {
  static inline const char* name = "clock";
};

/// Scheduled, never blocks.
clock_actor::behavior_type clock(clock_actor::stateful_pointer<clock_state> self,
                                 clock_config config);

} // namespace peernet::actors
