// SPDX-License-Identifier: MIT
#include "actors/sensor.hpp"

namespace peernet::actors {

part_actor::behavior_type sensor(part_actor::stateful_pointer<sensor_state> self,
                                 sensor_config config) {
  self->state.part = std::move(config.part);
  return {
      [self](start_atom, const start_order& order) {
        self->state.part->start(window_of(order));
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
