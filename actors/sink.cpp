// SPDX-License-Identifier: MIT
#include "actors/sink.hpp"

namespace peernet::actors {

part_actor::behavior_type sink(part_actor::stateful_pointer<sink_state> self, sink_config config) {
  self->state.part = std::move(config.part);
  return part_behavior(
      self, [](sink_part& p, const start_order&) { p.start(); },
      [](sink_part& p, stamp deadline) { return p.stop(deadline); },
      [](const sink_part& p, part_report& into, bool) { p.report(into); });
}

} // namespace peernet::actors
