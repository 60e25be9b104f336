// SPDX-License-Identifier: MIT
#include "transports/tcp/stream_frames.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace peernet {

namespace {

error corrupt(const char* why) {
  return {errc::corrupt, std::string("a stream that is not cut into frames: ") + why};
}

} // namespace

result<bool> frame_reader::take(std::span<const std::byte>& bytes) {
  if (front_filled_ < front_.size()) {
    const auto n = std::min(bytes.size(), front_.size() - front_filled_);
    std::memcpy(front_.data() + front_filled_, bytes.data(), n);
    bytes = bytes.subspan(n);
    front_filled_ += n;
    if (front_filled_ >= sizeof(frame_length)) {
      frame_length length = 0;
      std::memcpy(&length, front_.data(), sizeof length);
      if (length < sizeof(wire_header) || length - sizeof(wire_header) > max_body_)
        return corrupt("a length that no frame has");
    }
    if (front_filled_ < front_.size())
      return false;
    if (auto begun = begin_body(); !begun)
      return std::move(begun).error();
  }
  const auto n = std::min(bytes.size(), whole_.size() - filled_);
  if (n > 0)
    std::memcpy(whole_.data() + filled_, bytes.data(), n);
  bytes = bytes.subspan(n);
  return filled(n);
}

result<void> frame_reader::begin_body() {
  frame_length length = 0;
  wire_header h;
  std::memcpy(&length, front_.data(), sizeof length);
  std::memcpy(&h, front_.data() + sizeof length, sizeof h);
  if (h.magic != wire_header{}.magic || h.version != wire_version || h.size != sizeof h)
    return corrupt("no header of this version");
  if (h.length != length - sizeof h)
    return corrupt("a header of another length");
  try {
    whole_ = buffer::acquire(length);
  } catch (const std::bad_alloc&) {
    return error{errc::too_large, "no memory for a frame of " + std::to_string(length) + " bytes"};
  }
  std::memcpy(whole_.data(), &h, sizeof h);
  filled_ = sizeof h;
  return {};
}

bool frame_reader::filled(std::size_t n) noexcept {
  filled_ += n;
  return filled_ == whole_.size();
}

incoming_frame frame_reader::release(stamp received) noexcept {
  const std::span<const std::byte> all = whole_.bytes();
  front_filled_ = filled_ = 0;
  return {.header = all.first(sizeof(wire_header)),
          .body = all.subspan(sizeof(wire_header)),
          .owner = whole_.release(),
          .received = received,
          .in_kernel = std::nullopt};
}

} // namespace peernet
