// SPDX-License-Identifier: MIT
// The stages of a scenario in one list, in the order in which they are numbered: sensors,
// inference, sinks.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/config/scenario.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

struct stage_ref {
  stage_kind kind = stage_kind::sensor;
  std::size_t config = 0; ///< index into the scenario's list of this kind
  const stage_config* stage = nullptr;
  const queue_config* queue = nullptr; ///< null for a sensor
  std::uint16_t instances = 1;         ///< actors; `count`, but 1 for a shared inference
  std::uint16_t workers = 1;           ///< threads behind each instance's queue

  /// "sensors.camera"
  [[nodiscard]] std::string path() const;
};

/// What the catalogue calls the stages of a kind.
[[nodiscard]] plugin_kind plugin_of(stage_kind kind) noexcept;

/// Points into `s`.
[[nodiscard]] std::vector<stage_ref> stages_of(const scenario& s);

} // namespace peernet
