// SPDX-License-Identifier: MIT
// Whoever wants to know that a sample ended: a closed-loop sensor that may send its next one.
#pragma once

#include "runtime/core/sample.hpp"
#include "runtime/trace/recorder.hpp"

namespace peernet {

/// Told of every terminal event of this node. Thread: any measured thread; must not block.
class end_watcher {
public:
  /// The sample ended on route `h.route`, at `when` by this node's clock.
  virtual void ended(const sample_header& h, outcome how, stamp when) noexcept = 0;

protected:
  ~end_watcher() = default;
};

/// Records how a sample ended and tells the watcher. `h.route` is the way up to the place it ended
/// at.
inline void end_sample(recorder& by, end_watcher& watcher, const sample_header& h,
                       std::uint16_t copy, outcome o, stamp when) noexcept {
  by.fate(h, copy, o, when);
  watcher.ended(h, o, when);
}

} // namespace peernet
