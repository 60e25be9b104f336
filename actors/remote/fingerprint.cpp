// SPDX-License-Identifier: MIT
#include "actors/remote/fingerprint.hpp"

#include <cstdint>

namespace peernet {

namespace {

constexpr std::string_view prefix = "SHA256:";
constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t length = 43; // 256 bits, 6 in each but the last, which has 4

error no_fingerprint(std::string_view text) {
  return {errc::bad_scenario, "\"" + std::string(text) +
                                  "\" is no fingerprint: that is SHA256: and 43 letters, digits, + "
                                  "or /, as peernet-node --init shows it"};
}

} // namespace

std::string to_string(const fingerprint& f) {
  std::string text(prefix);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const auto b : f.bytes) {
    held = held << 8 | std::to_integer<std::uint32_t>(b);
    for (bits += 8; bits >= 6; bits -= 6)
      text += digits[held >> (bits - 6) & 63];
  }
  return text += digits[held << (6 - bits) & 63];
}

result<fingerprint> parse_fingerprint(std::string_view text) {
  const auto whole = text;
  if (!text.starts_with(prefix) || text.size() != prefix.size() + length)
    return no_fingerprint(whole);
  text.remove_prefix(prefix.size());
  fingerprint f;
  std::uint32_t held = 0;
  unsigned bits = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    const auto value = digits.find(c);
    if (value == digits.npos)
      return no_fingerprint(whole);
    held = held << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8 && filled < f.bytes.size()) {
      bits -= 8;
      f.bytes[filled++] = static_cast<std::byte>(held >> bits & 255);
    }
  }
  if ((held & ((1U << bits) - 1)) != 0) // two texts must not mean the same
    return no_fingerprint(whole);
  return f;
}

} // namespace peernet
