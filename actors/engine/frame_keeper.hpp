// SPDX-License-Identifier: MIT
// Keeps a sensor's last frames for sinks of its node that draw on them.
#pragma once

#include "runtime/plugin/environment.hpp"

#include <mutex>
#include <vector>

namespace peernet {

/// A ring of recent payloads for all copies of one sensor. Thread: any; the lock covers a few
/// comparisons.
class frame_keeper final : public frame_history {
public:
  /// Keeps `kept` frames of each of `copies` sensors, numbered from `first_sensor`.
  frame_keeper(std::size_t kept, std::uint32_t first_sensor, std::uint16_t copies)
      : first_(first_sensor), copies_(copies), frames_(kept * copies) {}

  void keep(trace_id trace, const payload& frame) {
    const std::lock_guard lock(mutex_);
    frames_[place_of(trace)] = {trace, true, frame};
  }

  [[nodiscard]] std::optional<payload> find(trace_id trace) const override {
    if (trace.sensor() - first_ >= copies_)
      return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto& slot = frames_[place_of(trace)];
    return slot.filled && slot.trace == trace ? std::optional{slot.frame} : std::nullopt;
  }

private:
  struct kept_frame {
    trace_id trace;
    bool filled = false;
    payload frame;
  };

  [[nodiscard]] std::size_t place_of(trace_id trace) const noexcept {
    return (trace.seq() * copies_ + (trace.sensor() - first_)) % frames_.size();
  }

  const std::uint32_t first_;
  const std::uint16_t copies_;
  mutable std::mutex mutex_;
  std::vector<kept_frame> frames_;
};

} // namespace peernet
