// SPDX-License-Identifier: MIT
#include "transports/tcp/sealed_records.hpp"

#include <sodium.h>

#include <cstdlib>
#include <cstring>

namespace peernet {

namespace {

static_assert(record_key_bytes == crypto_aead_chacha20poly1305_ietf_KEYBYTES &&
              record_seal == crypto_aead_chacha20poly1305_ietf_ABYTES);

unsigned char* raw(std::byte* bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* raw(const std::byte* bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes);
}

} // namespace

record_cipher::record_cipher(std::string_view key) {
  // Starting libsodium chooses the fastest code this processor has.
  if (key.size() != key_.size() || ::sodium_init() < 0)
    std::abort();
  std::memcpy(key_.data(), key.data(), key_.size());
}

std::array<unsigned char, 12> record_cipher::next_nonce() noexcept {
  std::array<unsigned char, 12> nonce{};
  static_assert(sizeof nonce == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
  std::memcpy(nonce.data() + 4, &number_, sizeof number_);
  ++number_;
  return nonce;
}

void record_cipher::seal(std::span<std::byte> record) noexcept {
  const auto size = static_cast<std::uint32_t>(record.size() - record_overhead);
  std::memcpy(record.data(), &size, sizeof size);
  const auto nonce = next_nonce();
  auto* const text = raw(record.data()) + record_head;
  ::crypto_aead_chacha20poly1305_ietf_encrypt(text, nullptr, text, size, raw(record.data()),
                                              record_head, nullptr, nonce.data(), key_.data());
}

bool record_cipher::open(std::span<const std::byte> record, std::span<std::byte> plain) noexcept {
  if (broken_ || record.size() != plain.size() + record_overhead)
    return false;
  const auto nonce = next_nonce();
  broken_ = ::crypto_aead_chacha20poly1305_ietf_decrypt(
                raw(plain.data()), nullptr, nullptr, raw(record.data()) + record_head,
                plain.size() + record_seal, raw(record.data()), record_head, nonce.data(),
                key_.data()) != 0;
  return !broken_;
}

std::optional<std::size_t>
record_cipher::announced(std::span<const std::byte, record_head> head) noexcept {
  std::uint32_t size = 0;
  std::memcpy(&size, head.data(), sizeof size);
  if (size == 0 || size > most_sealed)
    return std::nullopt;
  return size + record_overhead;
}

} // namespace peernet
