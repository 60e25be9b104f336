// SPDX-License-Identifier: MIT
// Datagrams that only the two ends of a channel can make and read: ChaCha20-Poly1305 (IETF) with a
// key of its own for every sending end. Which datagrams came before is known here, too, so nobody
// can have one delivered twice.
#pragma once

#include "transports/sequence_tracker.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace peernet {

/// Names one sending end for as long as it lives; drawn at random. 128 bits: two ends never draw
/// the same.
using session_id = std::array<std::byte, 16>;

/// Every sealed datagram: session, number (little-endian), what is sealed, tag.
inline constexpr std::size_t seal_front = sizeof(session_id) + sizeof(std::uint64_t);
inline constexpr std::size_t seal_back = 16;
inline constexpr std::size_t seal_bytes = seal_front + seal_back;

/// Who seals with a key: data and the answers to it go by different ones.
enum class seal_purpose : std::uint8_t { data, answer };

/// The key of one session for one purpose, derived from the channel's: knowing one tells nothing of
/// another. The number is the nonce, so a number must never be used for two different texts.
/// Thread: any; immutable.
class session_key {
public:
  session_key(std::string_view channel_key, seal_purpose purpose, const session_id& session);

  /// Writes session, number and tag around the bytes in the middle, which are encrypted in place.
  /// `datagram` has at least `seal_bytes`.
  void seal(std::span<std::byte> datagram, std::uint64_t number) const noexcept;

  /// Decrypts the middle in place. False, with undefined bytes in the middle: somebody else made
  /// or changed it.
  [[nodiscard]] bool open(std::span<std::byte> datagram) const noexcept;

private:
  session_id session_;
  std::array<unsigned char, 32> key_;
};

/// The bytes between the front and the tag of a datagram of at least `seal_bytes`.
[[nodiscard]] inline std::span<std::byte> sealed_part(std::span<std::byte> datagram) noexcept {
  return datagram.subspan(seal_front, datagram.size() - seal_bytes);
}

/// Seals what one sending end sends. Thread: one at a time.
class datagram_sealer {
public:
  /// A session of its own. `key`: channel_settings::key.
  explicit datagram_sealer(std::string_view key);
  /// For tests: a known session, and numbers from `first` on.
  datagram_sealer(std::string_view key, const session_id& session, std::uint64_t first = 0);

  /// Seals with the next number. False, and nothing is sealed, once all 2^64 - 1 are used up: a
  /// nonce is never used twice.
  [[nodiscard]] bool seal(std::span<std::byte> datagram) noexcept;

  /// Decrypts in place what the receiving end answered to this session; false for all else.
  [[nodiscard]] bool open_answer(std::span<std::byte> datagram) const noexcept;

private:
  const session_id session_;
  const session_key data_, answers_;
  std::uint64_t next_;
};

/// Opens what the sending ends of one channel sealed. Thread: one at a time.
class datagram_opener {
public:
  /// More sessions than any link has lanes. Only who has the key can begin one; further ones are
  /// foreign. None is ever forgotten, for its datagrams would be new again.
  static constexpr std::size_t most_sessions = 4096;

  enum class verdict : std::uint8_t { genuine, foreign, replayed };

  explicit datagram_opener(std::string_view key);

  /// Decrypts in place. A datagram that does not verify costs a derived key and a tag, about 2 µs
  /// at 1400 bytes, and leaves no trace.
  [[nodiscard]] verdict open(std::span<std::byte> datagram);

  /// Seals an answer to the genuine datagram `question`, whose number it takes: to the same
  /// question always answer the same.
  void seal_answer(std::span<const std::byte> question, std::span<std::byte> answer) const;

private:
  struct session {
    session_key key;
    sequence_tracker seen;
  };

  const std::string key_;
  std::map<session_id, session> sessions_;
  std::map<session_id, session>::iterator last_;
};

} // namespace peernet
