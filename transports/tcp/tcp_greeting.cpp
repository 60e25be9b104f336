// SPDX-License-Identifier: MIT
#include "transports/tcp/tcp_greeting.hpp"

#include "transports/tcp/sealed_records.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace peernet {

namespace {

constexpr std::size_t challenge_at = tcp_greeting_bytes - sizeof(tcp_challenge);

error refused(const char* why) {
  return {errc::refused, why};
}

message_key proof_key(std::string_view key, tcp_word by) {
  return {key, by == tcp_word::hello ? "peernet tcp receiver" : "peernet tcp sender"};
}

} // namespace

tcp_challenge fresh_challenge() {
  tcp_challenge c;
  if (::getentropy(c.data(), c.size()) != 0)
    std::abort(); // an old challenge would let an old recording in
  return c;
}

tcp_greeting make_greeting(tcp_word word, bool sealed, const tcp_challenge& challenge) noexcept {
  tcp_greeting g{std::byte{'P'}, std::byte{'N'}, static_cast<std::byte>(word),
                 std::byte{tcp_version}, static_cast<std::byte>(sealed)};
  std::ranges::copy(challenge, g.begin() + challenge_at);
  return g;
}

result<tcp_challenge> read_greeting(std::span<const std::byte, tcp_greeting_bytes> said,
                                    tcp_word word, bool sealed) {
  tcp_challenge challenge;
  std::ranges::copy(said.subspan<challenge_at>(), challenge.begin());
  const auto expected = make_greeting(word, sealed, challenge);
  constexpr std::size_t version_at = 3, sealed_at = 4;
  if (std::memcmp(said.data(), expected.data(), version_at) != 0)
    return refused("the other side does not speak PeerNet's tcp");
  if (said[version_at] != expected[version_at])
    return refused("the other side speaks another version of PeerNet's tcp");
  if (said[sealed_at] != expected[sealed_at])
    return refused(sealed ? "the other side does not encrypt"
                          : "the other side encrypts, and there is no key here");
  if (!std::ranges::equal(said, expected))
    return refused("the other side does not speak PeerNet's tcp");
  return challenge;
}

tcp_agreement::tcp_agreement(std::string_view key, const tcp_challenge& hello,
                             const tcp_challenge& answer)
    : key_(key) {
  std::ranges::copy(hello, both_.begin());
  std::ranges::copy(answer, both_.begin() + hello.size());
}

tcp_proof tcp_agreement::proof(tcp_word by) const {
  return proof_key(key_, by).authenticate(both_);
}

bool tcp_agreement::proves(const tcp_proof& said, tcp_word by) const {
  return proof_key(key_, by).verify(both_, said);
}

std::string tcp_agreement::record_key() const {
  std::string purpose("peernet tcp records");
  purpose.append(reinterpret_cast<const char*>(both_.data()), both_.size());
  return derive(key_, purpose, record_key_bytes);
}

} // namespace peernet
