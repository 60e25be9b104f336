// SPDX-License-Identifier: MIT
// The two seams between stages and links: an inlet takes what arrives for a stage, an outlet takes
// what a stage puts out on one lane.
#pragma once

#include "runtime/core/sample.hpp"
#include "runtime/trace/recorder.hpp"

#include <cstdint>

namespace peernet {

/// A stage's entrance: puts samples into its bounded queue.
class inlet {
public:
  /// Takes a sample that came by input number `input` of the stage (its codec is still on the
  /// body), at `since`. `s.header.route` ends at the stage. What does not fit is dropped by the
  /// queue's policy and recorded with `by`, the calling thread's recorder. Blocks only under the
  /// policy block. Thread: any.
  virtual void deliver(sample&& s, std::uint16_t input, stamp since, recorder& by) = 0;

  /// From now on `deliver` never waits, and who waits in it goes on. Thread: any.
  virtual void stop_blocking() {}

protected:
  ~inlet() = default;
};

/// One lane out of a stage.
class outlet {
public:
  virtual ~outlet() = default;

  /// Sends one output; `s.header.route` ends at the stage. Whatever becomes of it is recorded.
  /// Blocks only under the policy block. Thread: worker number `worker` of the stage (0 if it has
  /// one), with its own recorder.
  virtual void send(const sample& s, std::uint16_t worker, recorder& by) = 0;

  /// From now on `send` never waits, and who waits in it goes on. Thread: any.
  virtual void stop_blocking() {}
};

} // namespace peernet
