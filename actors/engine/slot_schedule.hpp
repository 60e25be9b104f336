// SPDX-License-Identifier: MIT
// When an open-loop sensor's slots are due. Every slot's time is absolute: counted from the start,
// never from the slot before, so nothing drifts and a late slot does not push the next.
#pragma once

#include "runtime/config/scenario.hpp"
#include "runtime/core/random.hpp"
#include "runtime/core/time.hpp"

#include <cmath>
#include <cstdint>

namespace peernet {

/// The slots of one sensor, in order.
class slot_schedule {
public:
  /// `gaps` is used by poisson arrival only, `phase` (0 to 1, of a period) by periodic.
  slot_schedule(arrival kind, double rate_hz, stamp start, random_source gaps, double phase = 0)
      : kind_(kind), gap_ns_(1e9 / rate_hz), start_(start), gaps_(gaps), phase_(phase) {
    since_start_ns_ = kind_ == arrival::poisson ? gaps_.exponential(gap_ns_) : phase_ * gap_ns_;
  }

  /// The slot that is next, from 0, and when it is due.
  [[nodiscard]] std::uint64_t seq() const noexcept { return seq_; }
  [[nodiscard]] stamp due() const noexcept {
    return start_ + duration{std::llround(since_start_ns_)};
  }

  void advance() noexcept {
    ++seq_;
    since_start_ns_ = kind_ == arrival::poisson ? since_start_ns_ + gaps_.exponential(gap_ns_)
                                                : (static_cast<double>(seq_) + phase_) * gap_ns_;
  }

private:
  arrival kind_;
  double gap_ns_;
  stamp start_;
  random_source gaps_;
  double phase_;
  std::uint64_t seq_ = 0;
  double since_start_ns_ = 0;
};

} // namespace peernet
