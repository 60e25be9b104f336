// SPDX-License-Identifier: MIT
// Frames as they lie in a stream, made by hand.
#pragma once

#include "tests/transports/channel_world.hpp"
#include "transports/tcp/stream_frames.hpp"

#include <cstring>
#include <vector>

namespace peernet::contract {

using byte_vector = std::vector<std::byte>;

/// Frame `number` with its length in front.
[[nodiscard]] inline byte_vector framed(std::uint64_t number, std::size_t size) {
  byte_vector all(frame_front + size);
  const auto length = static_cast<frame_length>(sizeof(wire_header) + size);
  const auto h = header_of(number, size);
  const auto body = body_of(size, number);
  std::memcpy(all.data(), &length, sizeof length);
  std::memcpy(all.data() + sizeof length, &h, sizeof h);
  if (size > 0)
    std::memcpy(all.data() + frame_front, body.data(), size);
  return all;
}

} // namespace peernet::contract
