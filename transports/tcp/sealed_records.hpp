// SPDX-License-Identifier: MIT
// A stream of bytes, encrypted and authenticated in records: a length of 4 bytes, little-endian, so
// many sealed bytes, and a seal of 16. ChaCha20-Poly1305 (RFC 8439) with the record's number, from
// 0, as nonce; the length is authenticated, too. A key is used for one stream in one direction, so
// no nonce comes twice; a record that is changed, repeated, left out or moved does not open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace peernet {

inline constexpr std::size_t record_key_bytes = 32;
inline constexpr std::size_t record_head = 4;
inline constexpr std::size_t record_seal = 16;
inline constexpr std::size_t record_overhead = record_head + record_seal;
/// The longest record on the wire, and what then is in it.
inline constexpr std::size_t longest_record = 64 << 10;
inline constexpr std::size_t most_sealed = longest_record - record_overhead;

/// One direction's key and the number of its next record. Thread: one at a time.
class record_cipher {
public:
  /// Ends the process unless `key` has `record_key_bytes`: a shorter one would be no secret.
  explicit record_cipher(std::string_view key);

  /// Seals the plain bytes between the head and the seal of `record`, from 1 to `most_sealed`, and
  /// fills in both.
  void seal(std::span<std::byte> record) noexcept;

  /// Opens a whole record into `plain`, which has `record_overhead` bytes less and may lie within
  /// the record, right behind its head. False, now and for ever, for anything but the next record
  /// of somebody who knows the key; `plain` is then undefined.
  [[nodiscard]] bool open(std::span<const std::byte> record, std::span<std::byte> plain) noexcept;

  /// The size of the record, overhead included, that begins with these bytes, or nothing if no
  /// record is that long.
  [[nodiscard]] static std::optional<std::size_t>
  announced(std::span<const std::byte, record_head> head) noexcept;

private:
  [[nodiscard]] std::array<unsigned char, 12> next_nonce() noexcept;

  std::array<unsigned char, record_key_bytes> key_;
  std::uint64_t number_ = 0;
  bool broken_ = false;
};

} // namespace peernet
