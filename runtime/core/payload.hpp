// SPDX-License-Identifier: MIT
// What a sample carries: immutable bytes, shared and never copied inside a process, and a small
// description of what they mean.
#pragma once

#include "runtime/core/buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace peernet {

/// What the bytes are once decoded. Numbers are pinned: they travel in the wire header.
enum class content : std::uint8_t {
  bytes = 0,      ///< opaque
  text = 1,       ///< UTF-8
  image = 2,      ///< rows of interleaved channels, top to bottom, no padding; 3 channels are blue,
                  ///< green, red
  detections = 3, ///< `detection` records (detection.hpp)
  tensor = 4,     ///< a dense row-major array
};

/// The size of one element of an image or tensor. Numbers are pinned.
enum class element : std::uint8_t { u8 = 0, f32 = 1, i64 = 2 };

/// Describes decoded bytes. It travels with every frame, so a receiver needs no other knowledge.
struct format {
  content kind = content::bytes;
  element type = element::u8;
  std::uint16_t channels = 0; ///< image: per pixel; otherwise 0
  std::uint32_t width = 0;  ///< image: pixels per row; tensor: elements of the innermost dimension;
                            ///< detections: pixels per row of the picture that was searched, or 0
  std::uint32_t height = 0; ///< image: rows; tensor: product of the outer dimensions; detections:
                            ///< rows of the picture that was searched, or 0

  bool operator==(const format&) const = default;
};

/// Immutable bytes with their format. Copying shares; about 2 atomic operations.
/// Thread: distinct objects may be used by any threads.
class payload {
public:
  payload() = default;

  /// Freezes what a buffer holds.
  payload(format f, buffer&& b) noexcept : format_(f), bytes_(b.bytes()), owner_(b.release()) {}

  /// Bytes inside foreign memory, which `owner` keeps alive.
  payload(format f, std::span<const std::byte> bytes, storage_ref owner) noexcept
      : format_(f), bytes_(bytes), owner_(std::move(owner)) {}

  /// A copy of `bytes` in pool memory.
  static payload copy_of(format f, std::span<const std::byte> bytes);
  static payload copy_of(std::string_view text);

  [[nodiscard]] const peernet::format& what() const noexcept { return format_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  [[nodiscard]] const std::byte* data() const noexcept { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  /// A reference that keeps `bytes()` alive, to lend them to a library.
  [[nodiscard]] storage_ref owner() const noexcept { return owner_; }

private:
  peernet::format format_;
  std::span<const std::byte> bytes_;
  storage_ref owner_;
};

/// The bytes an image of this format has; 0 if it is not an image, SIZE_MAX if no memory could hold
/// it. Formats come from the network too: nothing here overflows.
[[nodiscard]] constexpr std::size_t image_bytes(const format& f) noexcept {
  if (f.kind != content::image)
    return 0;
  const std::size_t element_size = f.type == element::u8 ? 1 : f.type == element::f32 ? 4 : 8;
  const std::size_t row = std::size_t{f.width} * f.channels * element_size; // at most 2^51
  std::size_t all = 0;
  return __builtin_mul_overflow(row, std::size_t{f.height}, &all) ? SIZE_MAX : all;
}

} // namespace peernet
