// SPDX-License-Identifier: MIT
#include "actors/transport_sender.hpp"

namespace peernet::actors {

part_actor::behavior_type
transport_sender(part_actor::stateful_pointer<transport_sender_state> self,
                 transport_sender_config config) {
  self->state.part = std::move(config.part);
  return {
      [](start_atom, const start_order&) {
        // Nothing to start: sending happens on the stages' threads.
        return true;
      },
      [self](report_atom) {
        part_report r;
        self->state.part->report(r, self->state.finished);
        return to_message(std::move(r));
      },
      [self](finish_atom, std::int64_t patience_ns) {
        self->state.part->finish(peernet::clock::machine_now() + duration{patience_ns});
        self->state.finished = true;
        return true;
      },
  };
}

} // namespace peernet::actors
