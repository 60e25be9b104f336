// SPDX-License-Identifier: MIT
#include "actors/transport_receiver.hpp"

namespace peernet::actors {

part_actor::behavior_type
transport_receiver(part_actor::stateful_pointer<transport_receiver_state> self,
                   transport_receiver_config config) {
  self->state.part = std::move(config.part);
  return part_behavior(
      self, [](receiver_part& p, const start_order&) { p.start(); },
      [](receiver_part& p, stamp) {
        p.stop();
        return true;
      },
      [](const receiver_part& p, part_report& into, bool finished) { p.report(into, finished); });
}

} // namespace peernet::actors
