// SPDX-License-Identifier: MIT
#include "transports/codecs/image_header.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace peernet {

namespace {

/// Headers may state pictures without pixels, or of more colours than anybody here sends.
std::optional<image_header> if_picture(const image_header& h) noexcept {
  const bool some = h.width > 0 && h.height > 0 && (h.channels == 1 || h.channels == 3);
  return some ? std::optional(h) : std::nullopt;
}

using bytes = std::span<const std::byte>;

std::uint32_t big_endian(bytes b) noexcept {
  std::uint32_t value = 0;
  for (const auto byte : b)
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

std::uint32_t little_endian(bytes b) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = b.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint32_t>(b[i]);
  return value;
}

unsigned at(bytes b, std::size_t i) noexcept {
  return std::to_integer<unsigned>(b[i]);
}

bool begins_with(bytes b, bytes start) noexcept {
  return b.size() >= start.size() && std::ranges::equal(b.first(start.size()), start);
}

namespace jpeg {

enum marker : unsigned {
  sof0 = 0xC0, ///< frame header, baseline
  dht = 0xC4,  ///< Huffman tables
  rst0 = 0xD0, ///< restart, to 0xD7; within the scan
  rst7 = 0xD7,
  soi = 0xD8,
  eoi = 0xD9,
  sos = 0xDA,  ///< scan header; the compressed data follow
  dqt = 0xDB,  ///< quantisation tables
  dri = 0xDD,  ///< restart interval
  app0 = 0xE0, ///< JFIF
  com = 0xFE,
};

std::optional<image_header> read_frame(bytes body) noexcept {
  constexpr std::size_t fixed = 6, per_channel = 3;
  if (body.size() < fixed || at(body, 0) != 8)
    return std::nullopt;
  const image_header header{.width = big_endian(body.subspan(3, 2)),
                            .height = big_endian(body.subspan(1, 2)),
                            .channels = static_cast<std::uint16_t>(at(body, 5))};
  if (body.size() != fixed + per_channel * header.channels)
    return std::nullopt;
  return if_picture(header);
}

/// Compressed data may hold 0xFF only before a stuffed 0 or as part of a restart marker; they end
/// with the end marker, and so does the file.
bool is_whole_scan(bytes data) noexcept {
  while (true) {
    const auto* found = static_cast<const std::byte*>(
        data.empty() ? nullptr : std::memchr(data.data(), 0xFF, data.size()));
    if (!found)
      return false;
    data = data.subspan(static_cast<std::size_t>(found - data.data()) + 1);
    if (data.empty())
      return false;
    const auto code = at(data, 0);
    if (code == eoi)
      return data.size() == 1;
    if (code != 0 && (code < rst0 || code > rst7))
      return false;
    data = data.subspan(1);
  }
}

} // namespace jpeg

namespace webp {

constexpr std::uint16_t channels = 3;

/// A lossy picture, RFC 6386, 9.1.
std::optional<image_header> read_vp8(bytes data) noexcept {
  constexpr std::size_t header_bytes = 10;
  constexpr std::uint32_t start_code = 0x2A'019D, most_version = 3;
  if (data.size() < header_bytes || little_endian(data.subspan(3, 3)) != start_code)
    return std::nullopt;
  const auto tag = little_endian(data.first(3)); // no key frame, version, shown, first partition
  const bool plain = (tag & 1) == 0 && (tag >> 1 & 7) <= most_version && (tag >> 4 & 1) == 1 &&
                     tag >> 5 <= data.size() - header_bytes;
  const auto width = little_endian(data.subspan(6, 2)), height = little_endian(data.subspan(8, 2));
  constexpr std::uint32_t size_mask = 0x3FFF; // above it, how a player should scale
  if (!plain || width > size_mask || height > size_mask)
    return std::nullopt;
  return image_header{.width = width, .height = height, .channels = channels};
}

/// A lossless picture, "WebP Lossless Bitstream Specification", 3.
std::optional<image_header> read_vp8l(bytes data) noexcept {
  constexpr std::size_t header_bytes = 5;
  constexpr unsigned signature = 0x2F;
  if (data.size() < header_bytes || at(data, 0) != signature)
    return std::nullopt;
  const auto bits = little_endian(data.subspan(1, 4)); // 14 width, 14 height, 1 alpha, 3 version
  if (bits >> 28 != 0)
    return std::nullopt;
  return image_header{
      .width = (bits & 0x3FFF) + 1, .height = (bits >> 14 & 0x3FFF) + 1, .channels = channels};
}

} // namespace webp

} // namespace

std::optional<image_header> read_jpeg_header(bytes file) noexcept {
  using namespace jpeg;
  if (file.size() < 2 || at(file, 0) != 0xFF || at(file, 1) != soi)
    return std::nullopt;
  file = file.subspan(2);
  std::optional<image_header> header;
  while (file.size() >= 4 && at(file, 0) == 0xFF) {
    const auto code = at(file, 1);
    const auto length = big_endian(file.subspan(2, 2)); // counts itself
    if (length < 2 || length > file.size() - 2)
      return std::nullopt;
    const auto body = file.subspan(4, length - 2);
    file = file.subspan(2 + length);
    switch (code) {
    case sof0:
      if (header || !(header = read_frame(body)))
        return std::nullopt;
      break;
    case sos:
      if (!header || body.empty() || at(body, 0) != header->channels || !is_whole_scan(file))
        return std::nullopt;
      return header;
    case dht:
    case dqt:
    case dri:
    case app0:
    case com:
      break;
    default:
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<image_header> read_webp_header(bytes file) noexcept {
  constexpr std::size_t frame_bytes = 20; // "RIFF", size, "WEBP", the chunk's type and size
  const auto is = [&](std::size_t where, const char(&name)[5]) {
    return std::memcmp(file.data() + where, name, 4) == 0;
  };
  if (file.size() < frame_bytes || !is(0, "RIFF") || !is(8, "WEBP") ||
      little_endian(file.subspan(4, 4)) != file.size() - 8)
    return std::nullopt;
  const auto length = little_endian(file.subspan(16, 4));
  const std::uint64_t padded = std::uint64_t{length} + length % 2;
  if (padded != file.size() - frame_bytes)
    return std::nullopt;
  const auto data = file.subspan(frame_bytes, length);
  return is(12, "VP8 ")   ? webp::read_vp8(data)
         : is(12, "VP8L") ? webp::read_vp8l(data)
                          : std::nullopt;
}

std::optional<image_header> read_png_header(bytes file) noexcept {
  static constexpr std::array<unsigned char, 8> signature = {0x89, 'P',  'N',  'G',
                                                             '\r', '\n', 0x1A, '\n'};
  constexpr std::size_t frame_bytes = 12; // length and type before a chunk's data, checksum behind
  constexpr std::size_t header_bytes = 13;
  if (!begins_with(file, std::as_bytes(std::span{signature})))
    return std::nullopt;
  file = file.subspan(signature.size());
  std::optional<image_header> header;
  bool data_seen = false;
  while (file.size() >= frame_bytes) {
    const auto length = big_endian(file.first(4));
    if (length > file.size() - frame_bytes)
      return std::nullopt;
    const auto type = file.subspan(4, 4);
    const auto data = file.subspan(8, length);
    file = file.subspan(frame_bytes + length);
    const auto is = [&](const char(&name)[5]) { return std::memcmp(type.data(), name, 4) == 0; };
    if (!header) {
      const bool plain = is("IHDR") && length == header_bytes && at(data, 8) == 8 &&
                         (at(data, 9) == 0 || at(data, 9) == 2) && at(data, 10) == 0 &&
                         at(data, 11) == 0 && at(data, 12) == 0;
      if (!plain)
        return std::nullopt;
      header = if_picture({.width = big_endian(data.first(4)),
                           .height = big_endian(data.subspan(4, 4)),
                           .channels = static_cast<std::uint16_t>(at(data, 9) == 2 ? 3 : 1)});
      if (!header)
        return std::nullopt;
    } else if (is("IDAT")) {
      data_seen = true;
    } else {
      return is("IEND") && length == 0 && data_seen && file.empty() ? header : std::nullopt;
    }
  }
  return std::nullopt;
}

} // namespace peernet
