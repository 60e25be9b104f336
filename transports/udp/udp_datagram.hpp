// SPDX-License-Identifier: MIT
// One datagram of the transport `udp`: how a frame is cut into parts, what lies around a part
// (CRC32C in the clear, a seal with a key), and the greeting by which a sending end finds out that
// the receiving one is there and that datagrams of full size reach it. README.md draws it.
#pragma once

#include "runtime/core/time.hpp"
#include "runtime/plugin/channel.hpp"
#include "transports/udp/datagram_seal.hpp"
#include "transports/wire.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace peernet {

/// The keys of `transport = { type = "udp", … }`.
struct udp_options {
  std::size_t datagram = 0;   ///< bytes of UDP payload at most, everything included
  std::size_t max_sample = 0; ///< bytes of a body at most
  duration reassembly{0};     ///< an incomplete frame is given up so long after its first part
  std::optional<double> pace; ///< bits per second

  /// What the settings say; what they leave out is as in the catalogue.
  [[nodiscard]] static udp_options of(const channel_settings& settings);
};

/// How frames are cut into datagrams. A frame without a body is one datagram.
struct udp_cut {
  std::size_t datagram = 0; ///< bytes of a full one
  bool sealed = false;

  static constexpr std::size_t most_parts = UINT16_MAX;

  /// In front of the header: the CRC32C, or session and number.
  [[nodiscard]] constexpr std::size_t front() const noexcept {
    return sealed ? seal_front : sizeof(std::uint32_t);
  }
  [[nodiscard]] constexpr std::size_t back() const noexcept { return sealed ? seal_back : 0; }
  /// Bytes of a datagram that are no body.
  [[nodiscard]] constexpr std::size_t overhead() const noexcept {
    return front() + sizeof(wire_header) + back();
  }
  /// Bytes of body in a full datagram.
  [[nodiscard]] constexpr std::size_t part() const noexcept { return datagram - overhead(); }
  [[nodiscard]] constexpr std::size_t parts(std::size_t body) const noexcept {
    return std::max<std::size_t>(1, (body + part() - 1) / part());
  }
  /// Bytes of all datagrams of a frame.
  [[nodiscard]] constexpr std::size_t whole(std::size_t body) const noexcept {
    return body + parts(body) * overhead();
  }
  [[nodiscard]] constexpr std::size_t largest_body() const noexcept { return part() * most_parts; }
};

/// What a socket's buffer must hold for `frames` bodies of `body` bytes, in the unit of SO_RCVBUF
/// and SO_SNDBUF: the kernel grants twice of it, and counts about twice for a datagram.
[[nodiscard]] std::size_t udp_buffer(const udp_cut& cut, std::size_t body, std::size_t frames);

enum class greeting_kind : std::uint8_t { question = 1, answer = 2 };

/// The content of a greeting; a question is filled up with zeros to the size it asks about. An
/// answer is never larger than its question.
struct udp_greeting {
  std::array<char, 2> magic{'P', 'H'};
  std::uint8_t version = wire_version;
  greeting_kind kind = greeting_kind::question;
  std::uint32_t size = 0;   ///< of the question's datagram, bytes; an answer repeats it
  std::uint64_t run = 0;    ///< as in wire_header
  std::uint64_t number = 0; ///< of the question; an answer repeats it
};
static_assert(sizeof(udp_greeting) == 24 && std::is_trivially_copyable_v<udp_greeting>);

/// Begins like a greeting rather than like a frame.
[[nodiscard]] bool is_greeting(std::span<const std::byte> content) noexcept;

/// Nothing for what is no greeting of this kind, version and run.
[[nodiscard]] std::optional<udp_greeting>
read_greeting(std::span<const std::byte> content, greeting_kind kind, std::uint64_t run) noexcept;

/// Puts the CRC32C in front of the content of a datagram in the clear.
void put_checksum(std::span<std::byte> datagram) noexcept;

/// The content behind a right CRC32C; nothing if it is wrong or missing.
[[nodiscard]] std::optional<std::span<std::byte>>
checked_content(std::span<std::byte> datagram) noexcept;

} // namespace peernet
