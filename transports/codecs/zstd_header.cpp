// SPDX-License-Identifier: MIT
#include "transports/codecs/zstd_header.hpp"

namespace peernet {

namespace {

using bytes = std::span<const std::byte>;

constexpr std::uint64_t magic = 0xFD2F'B528;
constexpr std::uint64_t largest_block = 128u << 10; // RFC 8878, 3.1.1.2.4
constexpr int largest_window = 27;                  // logarithm; 128 MiB, more than level 19 asks

std::uint64_t little_endian(bytes b) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = b.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(b[i]);
  return value;
}

/// Takes `n` bytes off the front; fewer if there are no more.
bytes take(bytes& from, std::size_t n) noexcept {
  const auto front = from.first(n < from.size() ? n : from.size());
  from = from.subspan(front.size());
  return front;
}

/// RFC 8878, 3.1.1.2. True if the blocks end with the frame, a checksum behind them, and can hold
/// `content` bytes.
bool blocks_hold(bytes rest, std::uint64_t content) noexcept {
  constexpr std::size_t header_bytes = 3, checksum_bytes = 4;
  enum type : unsigned { raw, rle, compressed, reserved };
  std::uint64_t exact = 0, most = 0; // of raw and repeated blocks it is known, of others bounded
  for (bool last = false; !last;) {
    if (rest.size() < header_bytes)
      return false;
    const auto header = little_endian(take(rest, header_bytes));
    last = (header & 1) != 0;
    const auto kind = static_cast<type>(header >> 1 & 3);
    const auto size = header >> 3;
    const auto stored = kind == rle ? 1 : size;
    if (kind == reserved || size > largest_block || stored > rest.size())
      return false;
    (void)take(rest, stored);
    exact += kind == compressed ? 0 : size;
    most += kind == compressed ? largest_block : 0;
  }
  return rest.size() == checksum_bytes && exact <= content && content - exact <= most;
}

} // namespace

std::optional<std::uint64_t> read_zstd_header(bytes frame) noexcept {
  if (frame.size() < 5 || little_endian(take(frame, 4)) != magic)
    return std::nullopt;
  // The descriptor's bits, RFC 8878, 3.1.1.1.1.
  const auto descriptor = std::to_integer<unsigned>(take(frame, 1)[0]);
  const bool single_segment = (descriptor & 0x20) != 0;
  const bool reserved = (descriptor & 0x08) != 0;
  const bool checksum = (descriptor & 0x04) != 0;
  const bool dictionary = (descriptor & 0x03) != 0;
  if (reserved || !checksum || dictionary)
    return std::nullopt;
  if (!single_segment) {
    const auto window = take(frame, 1);
    if (window.empty() || 10 + (std::to_integer<int>(window[0]) >> 3) > largest_window)
      return std::nullopt;
  }
  const std::size_t size_bytes =
      (descriptor >> 6) == 0 ? (single_segment ? 1 : 0) : std::size_t{1} << (descriptor >> 6);
  const auto size = take(frame, size_bytes);
  if (size_bytes == 0 || size.size() < size_bytes)
    return std::nullopt;
  const auto content = little_endian(size) + (size_bytes == 2 ? 256 : 0);
  return blocks_hold(frame, content) ? std::optional(content) : std::nullopt;
}

} // namespace peernet
