// SPDX-License-Identifier: MIT
#include "actors/inference.hpp"

namespace peernet::actors {

part_actor::behavior_type inference(part_actor::stateful_pointer<inference_state> self,
                                    inference_config config) {
  self->state.part = std::move(config.part);
  return {
      [self](start_atom, const start_order&) {
        self->state.part->start();
        return true;
      },
      [self](report_atom) {
        part_report r;
        self->state.part->report(r);
        return to_message(std::move(r));
      },
      [self](finish_atom, std::int64_t) {
        self->state.part->stop();
        self->state.finished = true;
        return true;
      },
  };
}

} // namespace peernet::actors
