// SPDX-License-Identifier: MIT
// What a sensor, model, sink or codec is told about its place when it is made.
#pragma once

#include "runtime/core/ids.hpp"
#include "runtime/core/payload.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace peernet {

/// Recent frames of sensors on this node, for sinks that draw on what the robot saw.
class frame_history {
public:
  virtual ~frame_history() = default;

  /// The payload `sensor` emitted for `trace`, if it is still kept. Thread: any.
  [[nodiscard]] virtual std::optional<payload> find(trace_id trace) const = 0;
};

/// Where a plugin object lives.
struct environment {
  std::string stage;      ///< the stage's or link's name
  std::uint16_t copy = 0; ///< which of its copies, or which worker
  std::string directory;  ///< relative paths in the scenario begin here
  std::string output;     ///< folder for what a sink writes; made by the sink when it first writes
  std::uint64_t seed = 1; ///< the scenario's; use random_source::named(seed, stage, copy)
  const frame_history* frames =
      nullptr; ///< sinks with a `frames` option: that sensor's frames; outlives the sink
};

} // namespace peernet
