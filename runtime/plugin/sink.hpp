// SPDX-License-Identifier: MIT
// A sink is where results arrive: the robot's actuator. It ends a trace.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/sample.hpp"

namespace peernet {

/// Acts on samples, one at a time. Made on the node's control thread, used by one thread.
class sink {
public:
  virtual ~sink() = default;

  /// Acts on one arrived sample. The time inside is the step `act`. An error makes the sample
  /// `failed`.
  virtual result<void> act(const sample& arrived) = 0;
};

} // namespace peernet
