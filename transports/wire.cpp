// SPDX-License-Identifier: MIT
#include "transports/wire.hpp"

#include "transports/crc32c.hpp"

#include <cstring>

namespace peernet {

namespace {

error corrupt(std::string why) {
  return {errc::corrupt, "frame refused: " + std::move(why)};
}

/// CRC32C of header, its checksum as 0, and body.
std::uint32_t checksum_of(wire_header h, std::span<const std::byte> body) noexcept {
  h.checksum = 0;
  return crc32c(crc32c(0, wire_bytes(h)), body);
}

} // namespace

std::uint16_t codec_tag(std::string_view codec_name) noexcept {
  std::uint32_t hash = 0x811c9dc5u; // FNV-1a, folded to 16 bits
  for (const char c : codec_name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
  return static_cast<std::uint16_t>(hash ^ (hash >> 16));
}

void describe_sample(wire_header& h, const sample& s) noexcept {
  const auto& f = s.body.what();
  h.flags =
      static_cast<std::uint16_t>((h.flags & ~wire_warmup) | (s.header.warmup ? wire_warmup : 0));
  h.trace = s.header.trace.number();
  h.route = s.header.route;
  h.output = s.header.output;
  h.origin_clock = s.header.origin_clock;
  h.intended_ns = to_ns(s.header.intended);
  h.kind = f.kind;
  h.type = f.type;
  h.channels = f.channels;
  h.width = f.width;
  h.height = f.height;
  h.length = static_cast<std::uint32_t>(s.body.size());
}

sample_header sample_header_of(const wire_header& h) noexcept {
  return {.trace = trace_id{h.trace},
          .route = h.route,
          .output = h.output,
          .origin_clock = h.origin_clock,
          .warmup = (h.flags & wire_warmup) != 0,
          .intended = stamp_from_ns(h.intended_ns)};
}

format format_of(const wire_header& h) noexcept {
  return {
      .kind = h.kind, .type = h.type, .channels = h.channels, .width = h.width, .height = h.height};
}

void set_checksum(wire_header& h, std::span<const std::byte> body) noexcept {
  h.flags |= wire_checksum;
  h.checksum = checksum_of(h, body);
}

bool checksum_holds(const wire_header& h, std::span<const std::byte> body) noexcept {
  return (h.flags & wire_checksum) == 0 || h.checksum == checksum_of(h, body);
}

result<wire_header> read_part_header(std::span<const std::byte> bytes, std::size_t max_body,
                                     std::uint64_t run) {
  wire_header h;
  if (bytes.size() < sizeof h)
    return corrupt("shorter than a header");
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.magic != wire_header{}.magic || h.version != wire_version || h.size != sizeof h)
    return corrupt("not a PeerNet frame of version " + std::to_string(wire_version));
  if (h.run != run)
    return error{errc::refused, "frame refused: it belongs to another run"};
  if (h.length > max_body)
    return corrupt("its length is above the limit");
  if (static_cast<std::uint8_t>(h.kind) > static_cast<std::uint8_t>(content::tensor) ||
      static_cast<std::uint8_t>(h.type) > static_cast<std::uint8_t>(element::i64))
    return corrupt("unknown kind of content");
  if (h.fragment >= h.fragments)
    return corrupt("impossible fragment number");
  return h;
}

result<wire_header> read_header(std::span<const std::byte> bytes, std::size_t body_size,
                                std::size_t max_body, std::uint64_t run) {
  auto h = read_part_header(bytes, max_body, run);
  if (h && h->length != body_size)
    return corrupt("its length is not that of its body");
  return h;
}

} // namespace peernet
