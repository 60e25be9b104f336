// SPDX-License-Identifier: MIT
#include "transports/udp/datagram_seal.hpp"

#include "transports/security.hpp"

#include <sodium.h>

#include <bit>
#include <cstdlib>
#include <cstring>

namespace peernet {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");
static_assert(seal_back == crypto_aead_chacha20poly1305_IETF_ABYTES);

/// 96 bits: the number, and zeros.
using nonce = std::array<unsigned char, crypto_aead_chacha20poly1305_IETF_NPUBBYTES>;

nonce nonce_of(std::uint64_t number) noexcept {
  nonce n{};
  std::memcpy(n.data(), &number, sizeof number);
  return n;
}

unsigned char* raw(std::byte* p) noexcept {
  return reinterpret_cast<unsigned char*>(p);
}

std::uint64_t number_of(std::span<const std::byte> datagram) noexcept {
  std::uint64_t number;
  std::memcpy(&number, datagram.data() + sizeof(session_id), sizeof number);
  return number;
}

session_id session_of(std::span<const std::byte> datagram) noexcept {
  session_id session;
  std::memcpy(session.data(), datagram.data(), session.size());
  return session;
}

/// Also lets the library choose the fastest code that this processor runs.
void start_library() {
  if (::sodium_init() < 0)
    std::abort(); // there is no random source: going on would draw sessions that others know
}

session_id draw_session() {
  start_library();
  session_id session;
  ::randombytes_buf(session.data(), session.size());
  return session;
}

} // namespace

session_key::session_key(std::string_view channel_key, seal_purpose purpose,
                         const session_id& session)
    : session_(session) {
  static_assert(sizeof key_ == crypto_aead_chacha20poly1305_IETF_KEYBYTES);
  std::string named(purpose == seal_purpose::data ? "peernet udp data " : "peernet udp answer ");
  named.append(reinterpret_cast<const char*>(session.data()), session.size());
  std::memcpy(key_.data(), derive(channel_key, named, key_.size()).data(), key_.size());
}

void session_key::seal(std::span<std::byte> datagram, std::uint64_t number) const noexcept {
  std::memcpy(datagram.data(), session_.data(), session_.size());
  std::memcpy(datagram.data() + session_.size(), &number, sizeof number);
  const auto middle = sealed_part(datagram);
  ::crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      raw(middle.data()), raw(middle.data() + middle.size()), nullptr, raw(middle.data()),
      middle.size(), nullptr, 0, nullptr, nonce_of(number).data(), key_.data());
}

bool session_key::open(std::span<std::byte> datagram) const noexcept {
  const auto middle = sealed_part(datagram);
  return ::crypto_aead_chacha20poly1305_ietf_decrypt_detached(
             raw(middle.data()), nullptr, raw(middle.data()), middle.size(),
             raw(middle.data() + middle.size()), nullptr, 0, nonce_of(number_of(datagram)).data(),
             key_.data()) == 0;
}

datagram_sealer::datagram_sealer(std::string_view key) : datagram_sealer(key, draw_session()) {}

datagram_sealer::datagram_sealer(std::string_view key, const session_id& session,
                                 std::uint64_t first)
    : session_(session),
      data_(key, seal_purpose::data, session),
      answers_(key, seal_purpose::answer, session),
      next_(first) {}

bool datagram_sealer::seal(std::span<std::byte> datagram) noexcept {
  if (next_ == UINT64_MAX)
    return false;
  data_.seal(datagram, next_++);
  return true;
}

bool datagram_sealer::open_answer(std::span<std::byte> datagram) const noexcept {
  return datagram.size() >= seal_bytes && session_of(datagram) == session_ &&
         answers_.open(datagram);
}

datagram_opener::datagram_opener(std::string_view key) : key_(key), last_(sessions_.end()) {
  start_library();
}

datagram_opener::verdict datagram_opener::open(std::span<std::byte> datagram) {
  if (datagram.size() < seal_bytes)
    return verdict::foreign;
  const auto id = session_of(datagram);
  if (last_ == sessions_.end() || last_->first != id)
    last_ = sessions_.find(id);
  if (last_ == sessions_.end()) {
    const session_key unproven(key_, seal_purpose::data, id);
    if (!unproven.open(datagram) || sessions_.size() >= most_sessions)
      return verdict::foreign;
    last_ = sessions_.try_emplace(id, session{unproven, {}}).first;
  } else if (!last_->second.key.open(datagram)) {
    return verdict::foreign;
  }
  const auto known = last_->second.seen.note(number_of(datagram));
  return known == sequence_tracker::verdict::duplicate ? verdict::replayed : verdict::genuine;
}

void datagram_opener::seal_answer(std::span<const std::byte> question,
                                  std::span<std::byte> answer) const {
  session_key(key_, seal_purpose::answer, session_of(question)).seal(answer, number_of(question));
}

} // namespace peernet
