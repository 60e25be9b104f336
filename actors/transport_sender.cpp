// SPDX-License-Identifier: MIT
#include "actors/transport_sender.hpp"

namespace peernet::actors {

part_actor::behavior_type
transport_sender(part_actor::stateful_pointer<transport_sender_state> self,
                 transport_sender_config config) {
  self->state.part = std::move(config.part);
  return part_behavior(
      self, [](sender_part&, const start_order&) { /* the stages' threads send */ },
      [](sender_part& p, stamp deadline) {
        p.finish(deadline);
        return true;
      },
      [](const sender_part& p, part_report& into, bool finished) { p.report(into, finished); });
}

} // namespace peernet::actors
