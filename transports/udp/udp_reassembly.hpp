// SPDX-License-Identifier: MIT
// Frames that come in parts: in any order, several at a time, some never whole. Memory is bounded
// whatever is announced; what is not whole in time gives its memory back. No socket in sight.
#pragma once

#include "runtime/core/buffer.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "transports/wire.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace peernet {

/// A frame with all its bytes, its header as the sender's link made it.
struct whole_frame {
  std::span<const std::byte> header; ///< inside `owner`
  std::span<const std::byte> body;   ///< inside `owner`
  storage_ref owner;
};

/// Thread: `put` and `expire` one at a time; the counters any.
class udp_reassembly {
public:
  struct limits {
    std::size_t max_body = 0; ///< bytes
    /// All incomplete frames together, bytes; at least one of `max_body`.
    std::size_t memory = 0;
    duration patience{0}; ///< from a frame's first part to its last
  };

  /// Incomplete frames at a time; one more makes the oldest give way.
  static constexpr std::size_t most_frames = 64;

  struct counters {
    std::atomic<std::uint64_t> incomplete{0}; ///< frames given up
    std::atomic<std::uint64_t> late{0};       ///< parts of frames that had been given up
    std::atomic<std::uint64_t> repeated{0};   ///< parts that had come before
  };

  explicit udp_reassembly(const limits& l);

  /// Takes one part of a frame that has several, its header checked by `read_part_header`; the
  /// frame, if this was the last that was missing. `now` by any clock that never goes back.
  /// Allocates in the beginning only. errc::corrupt for a part that contradicts itself, the limits
  /// or the parts of its frame that came before; it changes nothing.
  [[nodiscard]] result<std::optional<whole_frame>> put(const wire_header& h,
                                                       std::span<const std::byte> part, stamp now);

  /// Gives up what is older than the patience.
  void expire(stamp now);

  /// Gives up everything.
  void clear() { expire(stamp::max()); }

  /// Bytes held for incomplete frames.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  [[nodiscard]] const counters& counted() const noexcept { return counters_; }

private:
  /// A lane's frames are numbered without gaps, so this names one.
  struct identity {
    std::uint64_t sequence = 0;
    std::uint16_t lane = 0;
    bool operator==(const identity&) const = default;
  };

  /// A frame of which parts are missing.
  struct pending {
    bool open = false;
    bool again = false;   ///< it was whole before: a copy of it, or only stray repeated parts
    wire_header header;   ///< of the whole frame
    std::size_t part = 0; ///< bytes of every part but the last
    std::uint16_t parts = 0;
    std::uint16_t come = 0;
    stamp deadline{};
    buffer bytes;                    ///< header and body
    std::vector<std::uint64_t> seen; ///< a bit for each part
  };

  struct ended {
    identity which;
    bool valid = false;
    bool whole = false; ///< else given up
  };

  [[nodiscard]] static identity identity_of(const wire_header& h) noexcept {
    return {h.sequence, h.lane};
  }
  [[nodiscard]] pending* find(const identity& which) noexcept;
  [[nodiscard]] const ended* find_ended(const identity& which) const noexcept;
  [[nodiscard]] pending* begin(const wire_header& whole, const wire_header& h, std::size_t part,
                               stamp now);
  [[nodiscard]] pending& oldest() noexcept;
  void give_up(pending& p) noexcept;
  void close(pending& p, bool whole) noexcept;

  const limits limits_;
  std::vector<pending> frames_;
  pending* last_ = nullptr; ///< that took a part
  std::size_t open_ = 0;
  std::size_t held_ = 0;
  stamp next_deadline_ = stamp::max(); ///< not later than any frame's
  std::array<ended, 256> ended_{};     ///< the last ones, in a ring
  std::size_t next_ended_ = 0;
  counters counters_;
};

} // namespace peernet
