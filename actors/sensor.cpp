// SPDX-License-Identifier: MIT
#include "actors/sensor.hpp"

namespace peernet::actors {

part_actor::behavior_type sensor(part_actor::stateful_pointer<sensor_state> self,
                                 sensor_config config) {
  self->state.part = std::move(config.part);
  return part_behavior(
      self, [](sensor_part& p, const start_order& order) { p.start(window_of(order)); },
      [](sensor_part& p, stamp deadline) { return p.stop(deadline); },
      [](const sensor_part& p, part_report& into, bool) { p.report(into); });
}

} // namespace peernet::actors
