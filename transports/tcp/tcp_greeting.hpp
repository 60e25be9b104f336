// SPDX-License-Identifier: MIT
// What the two ends of a tcp channel say before the first frame: the receiving end a hello with a
// fresh challenge, the sending end an answer with a challenge of its own. With a key both then
// prove that they know it, for these two challenges, and the sealed records that follow have a key
// made of all three: what was recorded on one connection is rubbish on every other.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/security.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace peernet {

inline constexpr std::uint8_t tcp_version = 1;

/// Random, and never the same twice.
using tcp_challenge = std::array<std::byte, 16>;

/// The first bytes in each direction: "PN", 'h' or 'a', the version, whether there is a key, three
/// zeros, the challenge.
inline constexpr std::size_t tcp_greeting_bytes = 24;
using tcp_greeting = std::array<std::byte, tcp_greeting_bytes>;

enum class tcp_word : char {
  hello = 'h',  ///< the receiving end's, which speaks first
  answer = 'a', ///< the sending end's
};

/// From the system's random source. Thread: any.
[[nodiscard]] tcp_challenge fresh_challenge();

[[nodiscard]] tcp_greeting make_greeting(tcp_word word, bool sealed,
                                         const tcp_challenge& challenge) noexcept;

/// The challenge in a greeting. errc::refused with the reason for one by another program, of
/// another version, or by somebody who has a key and we none, or the other way round.
[[nodiscard]] result<tcp_challenge>
read_greeting(std::span<const std::byte, tcp_greeting_bytes> said, tcp_word word, bool sealed);

using tcp_proof = message_key::mac;

/// What both ends know once they have greeted, if they have the same key.
class tcp_agreement {
public:
  tcp_agreement(std::string_view key, const tcp_challenge& hello, const tcp_challenge& answer);

  /// Shows that whoever sends it (by the word it greeted with) knows the key, here and now.
  [[nodiscard]] tcp_proof proof(tcp_word by) const;
  [[nodiscard]] bool proves(const tcp_proof& said, tcp_word by) const;

  /// Of the sealed records, which go from the sending end to the receiving.
  [[nodiscard]] std::string record_key() const;

private:
  const std::string key_;
  std::array<std::byte, 2 * sizeof(tcp_challenge)> both_;
};

} // namespace peernet
