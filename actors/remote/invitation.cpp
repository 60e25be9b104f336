// SPDX-License-Identifier: MIT
#include "actors/remote/invitation.hpp"

#include "actors/remote/private_file.hpp"
#include "runtime/core/clock.hpp"
#include "transports/security.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <unistd.h>

namespace peernet {

namespace {

constexpr std::size_t token_bytes = 16;
constexpr std::size_t group = 5; // of a token's characters
constexpr std::size_t claim_bytes = 32;
constexpr std::size_t largest_file = 256;
constexpr std::string_view file_head = "peernet-invitation 1\n";

std::filesystem::path file_in(const std::filesystem::path& folder) {
  return folder / "invitation";
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char c : bytes)
    (text += digits[c >> 4]) += digits[c & 15];
  return text;
}

/// 16 bytes are 26 characters: 5 bits in each but the last.
std::string base32(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const unsigned char c : bytes) {
    held = held << 8 | c;
    for (bits += 8; bits >= 5; bits -= 5)
      text += digits[held >> (bits - 5) & 31];
  }
  return text += digits[held << (5 - bits) & 31];
}

/// As it is read out over a desk: in groups, in whatever case.
std::string grouped(const std::string& token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (i > 0 && i % group == 0 && token.size() - i > 1)
      text += '-';
    text += token[i];
  }
  return text;
}

std::string plain(std::string_view token) {
  std::string text;
  for (const char c : token)
    if (c != '-' && c != ' ')
      text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

/// What claims are made with; all that the file holds of a token. It proves as much as the token,
/// so that the file is as private as a key; but a copy of it shows nobody what to type.
std::string key_of(std::string_view token) {
  return derive({}, "peernet pairing token " + plain(token), claim_bytes);
}

std::string claim_with(std::string_view key, std::string_view side, const fingerprint& coordinator,
                       const fingerprint& node) {
  std::string what = "peernet pairing, " + std::string(side) + " ";
  for (const auto* f : {&coordinator, &node})
    what.append(reinterpret_cast<const char*>(f->bytes.data()), f->bytes.size());
  return hexadecimal(derive(key, what, claim_bytes));
}

struct open_invitation {
  std::int64_t expires_ns = 0; ///< wall clock
  std::string key;

  [[nodiscard]] bool is_over() const { return wall_clock_ns() >= expires_ns; }
};

std::string to_text(const open_invitation& i) {
  return std::string(file_head) + std::to_string(i.expires_ns) + "\n" + hexadecimal(i.key) + "\n";
}

/// Nothing if there is none, or what is there is none.
std::optional<open_invitation> read_invitation(const std::filesystem::path& folder) {
  const auto text = read_private_file(file_in(folder), 0077, largest_file);
  if (!text || !text->starts_with(file_head))
    return std::nullopt;
  const auto* const end = text->data() + text->size();
  open_invitation read;
  const auto [at, wrong] = std::from_chars(text->data() + file_head.size(), end, read.expires_ns);
  const std::string_view left(at, static_cast<std::size_t>(end - at));
  if (wrong != std::errc{} || left.size() != 2 * claim_bytes + 2)
    return std::nullopt;
  for (std::size_t i = 1; i < left.size() - 1; i += 2) {
    unsigned char byte = 0;
    const auto* const digits = left.data() + i;
    if (const auto parsed = std::from_chars(digits, digits + 2, byte, 16);
        parsed.ec != std::errc{} || parsed.ptr != digits + 2)
      return std::nullopt;
    read.key += static_cast<char>(byte);
  }
  return read;
}

} // namespace

result<std::string> make_invitation(const std::filesystem::path& folder, duration valid) {
  const auto secret = make_run_secret();
  if (!secret)
    return secret.error();
  if (auto made = make_private_folder(folder); !made)
    return made.error();
  const auto lock = folder_lock::take(folder);
  if (!lock)
    return lock.error();
  auto token = grouped(base32(secret->substr(0, token_bytes)));
  const open_invitation made{wall_clock_ns() + to_ns(valid), key_of(token)};
  if (auto written = replace_private_file(file_in(folder), to_text(made)); !written)
    return written.error();
  return token;
}

bool is_inviting(const std::filesystem::path& folder) {
  const auto open = read_invitation(folder);
  return open && !open->is_over();
}

result<std::string> redeem_invitation(const std::filesystem::path& folder, std::string_view claim,
                                      const fingerprint& coordinator, const fingerprint& node) {
  const auto lock = folder_lock::take(folder); // so that what is checked is what is taken away
  if (!lock)
    return lock.error();
  const auto open = read_invitation(folder);
  if (!open || open->is_over())
    return error{errc::refused, "nobody is invited here, or no longer: make a new invitation"};
  if (!same_claim(claim, claim_with(open->key, "coordinator", coordinator, node)))
    return error{errc::refused, "the token is wrong: type it as the node showed it, or make a new "
                                "invitation there"};
  // The name goes first: of two who come at the same time, one finds it gone.
  if (::unlink(file_in(folder).c_str()) != 0)
    return error{errc::refused, "the invitation cannot be taken away, so it is not honoured"};
  return claim_with(open->key, "node", coordinator, node);
}

std::string pairing_claim(std::string_view token, std::string_view side,
                          const fingerprint& coordinator, const fingerprint& node) {
  return claim_with(key_of(token), side, coordinator, node);
}

bool same_claim(std::string_view a, std::string_view b) noexcept {
  unsigned differs = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return differs == 0;
}

} // namespace peernet
