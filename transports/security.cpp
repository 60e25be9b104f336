// SPDX-License-Identifier: MIT
#include "transports/security.hpp"

#include <sodium.h>

#include <cstdlib>
#include <cstring>
#include <tuple>

namespace peernet {

result<std::string> make_run_secret() {
  if (::sodium_init() < 0)
    return error{errc::internal, "libsodium does not start: no random source"};
  std::string secret(run_secret_bytes, '\0');
  ::randombytes_buf(secret.data(), secret.size());
  return secret;
}

std::string derive(std::string_view secret, std::string_view purpose, std::size_t bytes) {
  std::string derived(bytes, '\0');
  if (::crypto_generichash(reinterpret_cast<unsigned char*>(derived.data()), bytes,
                           reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(),
                           reinterpret_cast<const unsigned char*>(secret.data()),
                           secret.size()) != 0)
    std::abort(); // going on would make a key of zeros, which everybody knows
  return derived;
}

std::uint64_t wire_run_number(std::string_view secret) {
  const auto bytes = derive(secret, "peernet wire run number", crypto_generichash_BYTES_MIN);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

key_pair derive_key_pair(std::string_view secret, std::string_view purpose) {
  static_assert(std::tuple_size_v<key_pair::key> == crypto_scalarmult_SCALARBYTES &&
                std::tuple_size_v<key_pair::key> == crypto_scalarmult_BYTES);
  key_pair pair;
  std::memcpy(pair.secret.data(), derive(secret, purpose, pair.secret.size()).data(),
              pair.secret.size());
  if (::crypto_scalarmult_base(pair.open.data(), pair.secret.data()) != 0)
    std::abort(); // as above
  return pair;
}

message_key::message_key(std::string_view secret, std::string_view purpose) {
  static_assert(sizeof key_ == crypto_shorthash_siphashx24_KEYBYTES &&
                mac_bytes == crypto_shorthash_siphashx24_BYTES);
  std::memcpy(key_.data(), derive(secret, purpose, key_.size()).data(), key_.size());
}

message_key::mac message_key::authenticate(std::span<const std::byte> message) const noexcept {
  mac made;
  ::crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(made.data()),
                                reinterpret_cast<const unsigned char*>(message.data()),
                                message.size(), key_.data());
  return made;
}

bool message_key::verify(std::span<const std::byte> message, const mac& claimed) const noexcept {
  const auto right = authenticate(message);
  return ::sodium_memcmp(right.data(), claimed.data(), right.size()) == 0;
}

} // namespace peernet
