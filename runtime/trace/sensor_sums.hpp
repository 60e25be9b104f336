// SPDX-License-Identifier: MIT
// What sensors did of what they intended, gathered while traces pass by; a part of the summary.
#pragma once

#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/summary.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace peernet {

/// Sums over all slots outside the warm-up. Thread: confined to one.
class sensor_sums {
public:
  explicit sensor_sums(const run_context& context)
      : context_(context), copies_(context.shape.sensors.size()) {}

  void add(const joined_trace& t);

  /// A row for each sensor. Its rate is the samples it got by the time its slots stand for, a mean
  /// gap each, by the sensor's own clock.
  [[nodiscard]] std::vector<run_summary::sensor_row> rows() const;

private:
  struct copy_sum {
    std::uint64_t slots = 0, skipped = 0, failed = 0, got = 0;
    struct slot {
      std::uint64_t seq = 0;
      std::int64_t intended_ns = 0;
    };
    std::optional<slot> first, last; ///< whose intended time is known

    /// The time all slots stand for; 0 if the gap between two is not known.
    [[nodiscard]] double seconds() const;
  };

  const run_context& context_;
  std::vector<copy_sum> copies_; // index: trace_id::sensor()
};

} // namespace peernet
