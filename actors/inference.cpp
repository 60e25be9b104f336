// SPDX-License-Identifier: MIT
#include "actors/inference.hpp"

namespace peernet::actors {

part_actor::behavior_type inference(part_actor::stateful_pointer<inference_state> self,
                                    inference_config config) {
  self->state.part = std::move(config.part);
  return part_behavior(
      self, [](inference_part& p, const start_order&) { p.start(); },
      [](inference_part& p, stamp deadline) { return p.stop(deadline); },
      [](const inference_part& p, part_report& into, bool) { p.report(into); });
}

} // namespace peernet::actors
