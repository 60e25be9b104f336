// SPDX-License-Identifier: MIT
// What becomes of the frames that enter an emulated network, and when they come out: fates, a
// bottleneck with its buffer, delays. Reads no clock and knows no thread: it is told what time it
// is, so a test can be its clock.
#pragma once

#include "runtime/config/impairment.hpp"
#include "runtime/config/network_trace.hpp"
#include "runtime/core/time.hpp"
#include "transports/impairment/fate.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace peernet {

/// One frame's way through the emulated network.
struct passage {
  enum class kind : std::uint8_t {
    carried,    ///< comes out at `due`
    lost,       ///< by the drawn loss
    overflowed, ///< lost because the bottleneck's buffer was full
    no_room,    ///< not taken, and no number given: the buffer is full, ask again at `due`
  };
  kind how = kind::carried;
  std::uint64_t sequence = 0; ///< of the lane, without gaps; none of what was not taken
  stamp due{};
  bool duplicated = false; ///< a copy follows right behind it
  bool corrupted = false;
  std::uint64_t bit = 0; ///< corrupted: which bit of it; any number, to be reduced
};

/// What it has done so far.
struct emulation_counts {
  std::uint64_t lost = 0;
  std::uint64_t bursts = 0; ///< of losses, that began
  std::uint64_t overflowed = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0; ///< held back so that others may overtake; jitter not counted
  std::uint64_t corrupted = 0;
};

/// What a lane's emulation needs to know.
struct emulation {
  impairment what;
  bool reliable = true; ///< the channel retransmits: order is kept, a full buffer pushes back
  std::uint64_t seed = 1;
  std::optional<network_trace> trace; ///< begins with the first frame
};

/// One lane's network. A frame first meets the drawn loss; then the bottleneck, which lets one
/// after the other through at its rate; then its delay. What waits at the bottleneck, the frame in
/// it included, is at most its buffer; a bottleneck with nothing in it takes a frame of any size.
/// Thread: one at a time.
class emulated_network {
public:
  emulated_network(emulation how, const std::string& link, std::uint16_t lane);

  /// A frame of `bytes` comes in at `now`, which never goes back.
  passage enter(std::size_t bytes, stamp now) noexcept;

  [[nodiscard]] const emulation_counts& counts() const noexcept { return counts_; }

private:
  const impairment what_;
  const bool reliable_;
  const std::optional<network_trace> trace_;
  fate_source fates_;
  emulation_counts counts_;
  std::uint64_t sequence_ = 0;
  bool in_burst_ = false;
  std::optional<stamp> begun_;         ///< the first frame came
  stamp idle_from_ = stamp::min();     ///< the bottleneck has nothing more to do
  stamp last_in_order_ = stamp::min(); ///< the last frame comes out that nobody may overtake
};

} // namespace peernet
