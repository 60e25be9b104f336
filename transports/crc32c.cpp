// SPDX-License-Identifier: MIT
#include "transports/crc32c.hpp"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace peernet {

namespace {

constexpr std::uint32_t polynomial = 0x82f63b78; // bits reversed

/// Table k: what a byte does to a checksum k bytes later.
constexpr auto byte_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> t{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    auto c = n;
    for (int bit = 0; bit < 8; ++bit)
      c = c & 1 ? c >> 1 ^ polynomial : c >> 1;
    t[0][n] = c;
  }
  for (std::size_t k = 1; k < t.size(); ++k)
    for (std::size_t n = 0; n < 256; ++n)
      t[k][n] = t[k - 1][n] >> 8 ^ t[0][t[k - 1][n] & 0xff];
  return t;
}();

std::uint64_t word_at(const std::byte* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

std::uint32_t add_byte(std::uint32_t c, std::byte b) noexcept {
  return c >> 8 ^ byte_tables[0][(c ^ std::to_integer<std::uint32_t>(b)) & 0xff];
}

#if defined(__x86_64__)

/// The instruction takes 3 cycles and one can begin in each: three runs of this length side by
/// side, joined by what so many zero bytes do to a checksum.
constexpr std::size_t run = 1024;

/// A checksum is a vector of 32 bits, and a zero byte behind it a matrix; this one stands for `run`
/// of them, as a table for each byte of the vector.
constexpr auto zero_tables = [] {
  std::array<std::uint32_t, 32> m{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    const auto c = std::uint32_t{1} << bit;
    m[bit] = c >> 8 ^ byte_tables[0][c & 0xff];
  }
  const auto apply = [](const std::array<std::uint32_t, 32>& by, std::uint32_t to) {
    std::uint32_t all = 0;
    for (std::size_t bit = 0; bit < 32; ++bit)
      all ^= to >> bit & 1 ? by[bit] : 0;
    return all;
  };
  for (std::size_t zeros = 1; zeros < run; zeros *= 2) {
    const auto once = m;
    for (auto& column : m)
      column = apply(once, column);
  }
  std::array<std::array<std::uint32_t, 256>, 4> t{};
  for (std::size_t k = 0; k < 4; ++k)
    for (std::uint32_t n = 0; n < 256; ++n)
      t[k][n] = apply(m, n << 8 * k);
  return t;
}();

std::uint32_t behind_zeros(std::uint32_t c) noexcept {
  return zero_tables[0][c & 0xff] ^ zero_tables[1][c >> 8 & 0xff] ^ zero_tables[2][c >> 16 & 0xff] ^
         zero_tables[3][c >> 24];
}

__attribute__((target("sse4.2"))) std::uint32_t
by_instruction(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  const auto* p = bytes.data();
  auto left = bytes.size();
  std::uint64_t c = ~so_far;
  for (; left >= 3 * run; p += 3 * run, left -= 3 * run) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < run; i += 8) {
      c = _mm_crc32_u64(c, word_at(p + i));
      second = _mm_crc32_u64(second, word_at(p + run + i));
      third = _mm_crc32_u64(third, word_at(p + 2 * run + i));
    }
    c = behind_zeros(static_cast<std::uint32_t>(c)) ^ second;
    c = behind_zeros(static_cast<std::uint32_t>(c)) ^ third;
  }
  for (; left >= 8; p += 8, left -= 8)
    c = _mm_crc32_u64(c, word_at(p));
  auto last = static_cast<std::uint32_t>(c);
  for (; left > 0; ++p, --left)
    last = _mm_crc32_u8(last, std::to_integer<std::uint8_t>(*p));
  return ~last;
}

const bool has_instruction = __builtin_cpu_supports("sse4.2");

#endif

} // namespace

std::uint32_t crc32c_portable(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  const auto* p = bytes.data();
  auto left = bytes.size();
  auto c = ~so_far;
  for (; left >= 8; p += 8, left -= 8) {
    const auto word = word_at(p) ^ c;
    c = 0;
    for (std::size_t k = 0; k < 8; ++k)
      c ^= byte_tables[7 - k][word >> 8 * k & 0xff];
  }
  for (; left > 0; ++p, --left)
    c = add_byte(c, *p);
  return ~c;
}

std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
#if defined(__x86_64__)
  if (has_instruction)
    return by_instruction(so_far, bytes);
#endif
  return crc32c_portable(so_far, bytes);
}

} // namespace peernet
