// SPDX-License-Identifier: MIT
// A sensor is anything that can be sampled.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

#include <optional>

namespace peernet {

/// Produces samples, one at a time. Made on the node's control thread; from then on used by one
/// pacing thread only, except `cancel`.
class sensor {
public:
  virtual ~sensor() = default;

  /// The next sample; nothing when there are no more (the end of a video). The time inside is the
  /// step `sense`. An error makes this sample `failed`; the sensor is asked again at its next slot.
  [[nodiscard]] virtual result<std::optional<payload>> sample() = 0;

  /// Makes a `sample()` that waits for a device return soon. Thread: any.
  virtual void cancel() noexcept {}
};

} // namespace peernet
