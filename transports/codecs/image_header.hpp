// SPDX-License-Identifier: MIT
// A strict look at compressed pictures before a decoder touches them. They come from the network,
// and the decoders forgive much: they fill what is missing with grey, set aside memory for whatever
// size a header claims, and parse attachments nobody asked for. Only what PeerNet's own encoders
// write passes here; no file of another origin needs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace peernet {

struct image_header {
  std::uint32_t width = 0, height = 0; ///< pixels
  std::uint16_t channels = 0;
};

/// The size a JPEG states. Nothing unless it is one whole baseline picture: 8 bit, all channels in
/// one scan, no attachments but JFIF and comments, every marker where it belongs, and an end.
[[nodiscard]] std::optional<image_header>
read_jpeg_header(std::span<const std::byte> file) noexcept;

/// The size a WebP states; always of 3 channels, as the format has no grey. Nothing unless it is
/// one whole picture in the simple form: a chunk VP8 (a key frame, not scaled) or VP8L without
/// transparency, and neither animation nor attachments. Their contents are left to the decoder.
[[nodiscard]] std::optional<image_header>
read_webp_header(std::span<const std::byte> file) noexcept;

/// The size a PNG states. Nothing unless it is one whole picture: 8-bit grey or RGB, not
/// interlaced, in the chunks IHDR, IDAT and IEND. Checksums are left to the decoder.
[[nodiscard]] std::optional<image_header> read_png_header(std::span<const std::byte> file) noexcept;

} // namespace peernet
