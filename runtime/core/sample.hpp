// SPDX-License-Identifier: MIT
// The thing that travels: a small header and an immutable, shared payload.
#pragma once

#include "runtime/core/ids.hpp"
#include "runtime/core/payload.hpp"
#include "runtime/core/time.hpp"

namespace peernet {

/// What a sample keeps from its sensor to its sinks.
struct sample_header {
  trace_id trace;           ///< which intended sample this is, or was made of
  route_id route = 0;       ///< the way it has come
  std::uint32_t output = 0; ///< which of a stage's outputs; 0 where stages emit one each
  clock_id origin_clock = reference_clock; ///< the clock of `intended`
  bool warmup = false;                     ///< traced, but left out of every statistic
  stamp intended{};                        ///< when the sensor should have fired
};

/// A sample. Copying shares the payload.
struct sample {
  sample_header header;
  payload body;
};

} // namespace peernet
