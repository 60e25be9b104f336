// SPDX-License-Identifier: MIT
// The header in front of every frame on every byte channel, and the checks a frame must pass before
// anything in it is believed. Fixed size, little-endian; README.md draws it, golden bytes in the
// tests pin it.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"
#include "runtime/core/sample.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace peernet {

static_assert(std::endian::native == std::endian::little,
              "the wire is little-endian and headers are copied as they lie in memory");

inline constexpr std::uint8_t wire_version = 1;

/// `wire_header::flags`
inline constexpr std::uint16_t wire_warmup = 1;   ///< the sample belongs to the warm-up
inline constexpr std::uint16_t wire_checksum = 2; ///< `checksum` covers header and body

/// What lies in front of a frame's body. Stamps are raw; each names its clock.
struct wire_header {
  std::array<char, 2> magic{'P', 'N'};
  std::uint8_t version = wire_version;
  std::uint8_t size = 88; ///< of this header, bytes
  std::uint16_t flags = 0;
  std::uint16_t codec = 0;        ///< codec_tag() of names_of() the link's codecs
  std::uint64_t run = 0;          ///< drawn from the run's secret: frames of other runs are foreign
  std::uint64_t trace = 0;        ///< trace_id::number()
  std::uint64_t sequence = 0;     ///< of this lane, from 0, without gaps
  std::int64_t intended_ns = 0;   ///< raw, of origin_clock
  std::int64_t sent_ns = 0;       ///< raw, of clock; taken directly before the frame is handed over
  std::uint32_t route = 0;        ///< route_id on this lane
  std::uint32_t output = 0;       ///< output index
  std::uint32_t length = 0;       ///< of the whole body, bytes
  std::uint16_t fragment = 0;     ///< number of this fragment, from 0
  std::uint16_t fragments = 1;    ///< of this frame
  std::uint16_t link = 0;         ///< place_id
  std::uint16_t lane = 0;         ///< of the link
  std::uint16_t clock = 0;        ///< clock_id of sent_ns
  std::uint16_t origin_clock = 0; ///< clock_id of intended_ns
  content kind = content::bytes;  ///< the decoded payload's format, as in payload.hpp
  element type = element::u8;
  std::uint16_t channels = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t checksum = 0; ///< CRC32C of header (with this field 0) and body; 0 without the flag
};
static_assert(sizeof(wire_header) == 88 && std::is_trivially_copyable_v<wire_header>);
static_assert(offsetof(wire_header, run) == 8 && offsetof(wire_header, route) == 48 &&
              offsetof(wire_header, link) == 64 && offsetof(wire_header, kind) == 72 &&
              offsetof(wire_header, checksum) == 84);

/// A number for the names of a link's codecs: both ends of a link have one from the scenario; a
/// frame that disagrees is corrupt.
[[nodiscard]] std::uint16_t codec_tag(std::string_view codec_name) noexcept;

/// What a sample says of itself; the lane's fields stay as they are.
void describe_sample(wire_header& h, const sample& s) noexcept;

/// The sample header that `describe_sample` was given.
[[nodiscard]] sample_header sample_header_of(const wire_header& h) noexcept;
[[nodiscard]] format format_of(const wire_header& h) noexcept;

/// The header at the front of `bytes`. errc::corrupt for anything that no PeerNet of this version
/// sends: too short, other magic, version, size, unknown content or element, fragment numbers out
/// of order, a body longer than `max_body` or other than `body_size`. errc::refused for a frame of
/// another run.
[[nodiscard]] result<wire_header> read_header(std::span<const std::byte> bytes,
                                              std::size_t body_size, std::size_t max_body,
                                              std::uint64_t run);

/// Sets the checksum of a frame with this body, and the flag that says so. Costs 1 ns for about
/// half a byte; call it last, as it covers every other field.
void set_checksum(wire_header& h, std::span<const std::byte> body) noexcept;

/// Is the checksum that of the frame? Frames without one are not looked into.
[[nodiscard]] bool checksum_holds(const wire_header& h, std::span<const std::byte> body) noexcept;

/// The same for one part of a frame that a channel cut: `length` is of the whole body, so that only
/// the limit can be checked.
[[nodiscard]] result<wire_header> read_part_header(std::span<const std::byte> bytes,
                                                   std::size_t max_body, std::uint64_t run);

/// The header's bytes as they go onto the wire; `h` must outlive the view.
[[nodiscard]] inline std::span<const std::byte> wire_bytes(const wire_header& h) noexcept {
  return std::as_bytes(std::span{&h, 1});
}

} // namespace peernet
