// SPDX-License-Identifier: MIT
// What chance has in store for each frame of a lane, drawn from the scenario's seed. A fate hangs
// on seed, link, lane and sequence number alone: never on time, on other links, or on which of the
// impairments are switched on.
#pragma once

#include "runtime/config/impairment.hpp"
#include "runtime/core/random.hpp"

#include <cstdint>
#include <string_view>

namespace peernet {

/// One frame's. Each of the shares is drawn by itself.
struct fate {
  bool lost = false;
  bool in_burst = false; ///< the channel's state, lost or not
  bool duplicated = false;
  bool reordered = false;
  bool corrupted = false;
  std::uint64_t bit = 0; ///< which one to flip; any number, to be reduced
  double deviation = 0;  ///< of its delay from the mean, in units of the jitter
};

/// Draws the fates of one lane in the order of its sequence numbers, from 0 on.
/// Thread: one at a time.
class fate_source {
public:
  fate_source(const impairment& what, std::uint64_t seed, std::string_view link,
              std::uint16_t lane) noexcept;

  /// The next frame's. `loss`: the share that is lost outside of bursts just now, 0…1; the draw
  /// that is held against it hangs on the sequence number only.
  fate next(double loss) noexcept;
  fate next() noexcept { return next(loss_); }

private:
  [[nodiscard]] double deviation_of(double first, double second) const noexcept;

  const double loss_;
  const std::optional<burst_loss> bursts_;
  const double duplicate_;
  const double reorder_;
  const double corrupt_;
  const delay_shape shape_;
  std::uint64_t key_; ///< of the lane
  std::uint64_t sequence_ = 0;
  bool in_burst_ = false;
};

} // namespace peernet
