// SPDX-License-Identifier: MIT
// Whether datagrams pass to a node, now: judged afresh behind every burst and by the age of the
// last answer in between, never by what passed once. Who is not reached is to be asked another way.
#pragma once

#include "runtime/core/time.hpp"

#include <cstdint>
#include <optional>

namespace peernet {

/// Thread: confined to one. Times are of one clock.
class udp_reach {
public:
  /// So few answers to a burst are worth no more than none (stretch::witnesses).
  static constexpr std::uint64_t enough = 4;

  /// As of the last look; at first they do not.
  [[nodiscard]] bool passes() const noexcept { return passes_; }

  /// `answered`: all answers until then.
  void begin_burst(std::uint64_t answered) noexcept { before_ = answered; }
  void end_burst(std::uint64_t answered) noexcept {
    passes_ = answered - before_ >= enough;
    since_.reset();
  }

  /// To be called again and again while the node is asked steadily. `longest`: nobody who is
  /// reached is silent for longer.
  void look(stamp now, std::optional<stamp> last_answer, duration longest) noexcept {
    if (!since_)
      since_ = now;
    const bool heard = last_answer && *last_answer > *since_;
    passes_ = heard ? now - *last_answer <= longest : passes_ && now - *since_ <= longest;
  }

private:
  std::uint64_t before_ = 0;
  std::optional<stamp> since_; ///< of this spell of steady asking
  bool passes_ = false;
};

} // namespace peernet
