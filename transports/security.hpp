// SPDX-License-Identifier: MIT
// The per-run secret and what is derived from it. Every node gets the secret over the authenticated
// control plane; it is never stored, printed or put on a data link.
#pragma once

#include "runtime/core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace peernet {

inline constexpr std::size_t run_secret_bytes = 32;

/// A fresh secret from the system's random source. errc::internal if the crypto library does not
/// start.
[[nodiscard]] result<std::string> make_run_secret();

/// 16 to 64 `bytes` derived from the secret (at most 64 bytes) for one purpose: keyed BLAKE2b of
/// the purpose. Knowing it tells nothing of the secret. Ends the process on other lengths. Thread:
/// any.
[[nodiscard]] std::string derive(std::string_view secret, std::string_view purpose,
                                 std::size_t bytes);

/// The run's number in wire headers: a stranger who does not know the secret cannot guess it.
[[nodiscard]] std::uint64_t wire_run_number(std::string_view secret);

/// A Curve25519 key pair.
struct key_pair {
  using key = std::array<std::uint8_t, 32>;
  key open;   ///< what others must know
  key secret; ///< what nobody else may know
};

/// A key pair derived from the secret (at most 64 bytes) for one purpose: whoever knows the secret
/// can make both of its keys, nobody else even the open one. Thread: any.
[[nodiscard]] key_pair derive_key_pair(std::string_view secret, std::string_view purpose);

/// Proves of short messages that they come from somebody who knows the secret, unchanged:
/// SipHash-2-4 with 128 bits, about 50 ns for 50 bytes. It neither hides them nor notices replays.
/// Thread: any; immutable.
class message_key {
public:
  static constexpr std::size_t mac_bytes = 16;
  using mac = std::array<std::byte, mac_bytes>;

  /// Derived from the secret (at most 64 bytes) for one purpose.
  message_key(std::string_view secret, std::string_view purpose);

  [[nodiscard]] mac authenticate(std::span<const std::byte> message) const noexcept;

  /// Takes equally long wherever the first wrong byte is.
  [[nodiscard]] bool verify(std::span<const std::byte> message, const mac& claimed) const noexcept;

private:
  std::array<unsigned char, 16> key_;
};

} // namespace peernet
