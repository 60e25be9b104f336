// SPDX-License-Identifier: MIT
// Frames in a stream of bytes: a length of 4 bytes, little-endian, then so many bytes of wire
// header and body. This is the reading half, without a socket in sight, so that it can be fed
// anything.
#pragma once

#include "runtime/core/buffer.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "runtime/plugin/channel.hpp"
#include "transports/wire.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace peernet {

/// In front of each frame.
using frame_length = std::uint32_t;

/// What lies in front of a body.
inline constexpr std::size_t frame_front = sizeof(frame_length) + sizeof(wire_header);

/// Cuts a stream into frames. Memory for a body is taken once its header is there and right, and
/// its pages are touched only as bytes come. Thread: one at a time.
class frame_reader {
public:
  /// Bodies above `max_body` bytes are refused.
  explicit frame_reader(std::size_t max_body) : max_body_(max_body) {}

  /// Takes bytes off the front of `bytes`, until a frame is whole (true, `release` it) or none is
  /// left (false). errc::corrupt for what is no frame, errc::too_large for one there is no memory
  /// for: no later byte of this stream means anything.
  [[nodiscard]] result<bool> take(std::span<const std::byte>& bytes);

  /// Where the missing bytes of a body belong, for whoever can put them there without a copy; empty
  /// until a header came.
  [[nodiscard]] std::span<std::byte> missing() noexcept { return whole_.bytes().subspan(filled_); }

  /// Tells that the first `n` of `missing` were filled in; true once the frame is whole.
  [[nodiscard]] bool filled(std::size_t n) noexcept;

  /// The whole frame, once; the next bytes begin another.
  [[nodiscard]] incoming_frame release(stamp received) noexcept;

  /// Bytes of a frame that is not whole yet, or not released.
  [[nodiscard]] std::size_t unfinished() const noexcept { return filled_; }

  /// False in the middle of a frame.
  [[nodiscard]] bool between_frames() const noexcept { return front_filled_ == 0; }

private:
  [[nodiscard]] result<void> begin_body();

  const std::size_t max_body_;
  std::array<std::byte, frame_front> front_;
  std::size_t front_filled_ = 0;
  buffer whole_; ///< header and body
  std::size_t filled_ = 0;
};

} // namespace peernet
