// SPDX-License-Identifier: MIT
#include "actors/remote/digest.hpp"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <vector>

namespace peernet {

namespace {

static_assert(sizeof(crypto_hash_sha256_state) <= 128);

crypto_hash_sha256_state* in(std::array<unsigned char, 128>& room) {
  return std::launder(reinterpret_cast<crypto_hash_sha256_state*>(room.data()));
}

} // namespace

digest_maker::digest_maker() {
  ::crypto_hash_sha256_init(new (state_.data()) crypto_hash_sha256_state);
}

void digest_maker::add(std::span<const std::byte> bytes) {
  ::crypto_hash_sha256_update(in(state_), reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
}

std::string digest_maker::finish() {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  ::crypto_hash_sha256_final(in(state_), hash.data());
  std::string text(2 * hash.size() + 1, '\0');
  ::sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

std::string digest_of(std::string_view bytes) {
  digest_maker maker;
  maker.add(std::as_bytes(std::span(bytes)));
  return maker.finish();
}

result<std::string> digest_of_file(const std::filesystem::path& file) {
  std::ifstream from(file, std::ios::binary);
  digest_maker maker;
  std::vector<char> piece(1 << 20);
  while (from.read(piece.data(), static_cast<std::streamsize>(piece.size())), from.gcount() > 0)
    maker.add(std::as_bytes(std::span(piece.data(), static_cast<std::size_t>(from.gcount()))));
  if (!from.eof())
    return error{errc::unreadable, "cannot read " + file.string() + ": " + std::strerror(errno)};
  return maker.finish();
}

result<std::string> digest_book::of(const std::filesystem::path& file) {
  std::promise<result<std::string>> answer;
  std::unique_lock lock(mutex_);
  const auto [known, is_new] = known_.try_emplace(file);
  if (is_new)
    known->second = answer.get_future().share();
  const auto digest = known->second;
  lock.unlock();
  if (is_new)
    answer.set_value(digest_of_file(file));
  return digest.get();
}

bool is_digest(std::string_view text) noexcept {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

} // namespace peernet
