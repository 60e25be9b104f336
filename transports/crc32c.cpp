// SPDX-License-Identifier: MIT
#include "transports/crc32c.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
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

std::uint32_t by_tables(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
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
    c = c >> 8 ^ byte_tables[0][(c ^ std::to_integer<std::uint32_t>(*p)) & 0xff];
  return ~c;
}

#if defined(__x86_64__)

// Folding, after V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction" (Intel, 2009): 16 bytes of a message may be replaced by their product with a power
// of x, added to 16 bytes further on, and the checksum is the same. What remains of a message is so
// short that the instruction for the checksum itself does the rest, 3 cycles for 8 bytes.

#define PEERNET_NARROW __attribute__((target("sse4.2,pclmul")))
#define PEERNET_WIDE __attribute__((target("sse4.2,pclmul,avx512f,avx512vl,vpclmulqdq")))

/// x to this power, modulo the polynomial: a factor for `clmulepi64`, whose products of reversed
/// bits come out a bit too low.
constexpr std::uint64_t power_of_x(std::size_t exponent) {
  std::uint32_t c = 0x80000000; // 1, bits reversed
  for (; exponent > 0; --exponent)
    c = c & 1 ? c >> 1 ^ polynomial : c >> 1;
  return std::uint64_t{c} << 1;
}

/// What the two halves of 16 bytes are multiplied with to move them so many bytes on.
struct factors {
  explicit constexpr factors(std::size_t bytes)
      : low(power_of_x(8 * bytes + 32)), high(power_of_x(8 * bytes - 32)) {}
  std::uint64_t low, high;
};

PEERNET_NARROW std::uint32_t by_instruction(std::uint32_t state, const std::byte* p,
                                            std::size_t left) noexcept {
  std::uint64_t c = state;
  for (; left >= 8; p += 8, left -= 8)
    c = _mm_crc32_u64(c, word_at(p));
  auto last = static_cast<std::uint32_t>(c);
  for (; left > 0; ++p, --left)
    last = _mm_crc32_u8(last, std::to_integer<std::uint8_t>(*p));
  return last;
}

PEERNET_NARROW inline __m128i narrow_at(const std::byte* p) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

PEERNET_NARROW inline __m128i fold(__m128i what, __m128i by, __m128i onto) noexcept {
  return _mm_xor_si128(onto, _mm_xor_si128(_mm_clmulepi64_si128(what, by, 0x00),
                                           _mm_clmulepi64_si128(what, by, 0x11)));
}

/// Four times 16 bytes at once, because a product takes longer than the next may wait.
PEERNET_NARROW std::uint32_t by_narrow_folding(std::uint32_t so_far,
                                               std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t block = 64;
  static constexpr factors next_block(block);
  const auto* p = bytes.data();
  auto left = bytes.size();
  auto state = ~so_far;
  if (left >= 2 * block) {
    const auto by = _mm_set_epi64x(static_cast<long long>(next_block.high),
                                   static_cast<long long>(next_block.low));
    auto a = _mm_xor_si128(narrow_at(p), _mm_cvtsi32_si128(static_cast<int>(state)));
    auto b = narrow_at(p + 16), c = narrow_at(p + 32), d = narrow_at(p + 48);
    for (p += block, left -= block; left >= block; p += block, left -= block) {
      a = fold(a, by, narrow_at(p));
      b = fold(b, by, narrow_at(p + 16));
      c = fold(c, by, narrow_at(p + 32));
      d = fold(d, by, narrow_at(p + 48));
    }
    const __m128i rest[] = {a, b, c, d};
    state = by_instruction(0, reinterpret_cast<const std::byte*>(rest), sizeof rest);
  }
  return ~by_instruction(state, p, left);
}

PEERNET_WIDE inline __m512i fold(__m512i what, __m512i by, __m512i onto) noexcept {
  constexpr int of_all_three = 0x96; // exclusive or
  return _mm512_ternarylogic_epi64(onto, _mm512_clmulepi64_epi128(what, by, 0x00),
                                   _mm512_clmulepi64_epi128(what, by, 0x11), of_all_three);
}

PEERNET_WIDE inline __m512i in_each_lane(const factors& f) noexcept {
  const auto low = static_cast<long long>(f.low), high = static_cast<long long>(f.high);
  return _mm512_set4_epi64(high, low, high, low);
}

/// The same with 64 bytes in a register.
PEERNET_WIDE std::uint32_t by_wide_folding(std::uint32_t so_far,
                                           std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t lane = 64, block = 4 * lane;
  static constexpr factors next_lane(lane), next_block(block);
  const auto* p = bytes.data();
  auto left = bytes.size();
  auto state = ~so_far;
  if (left >= block) {
    const auto by = in_each_lane(next_block), by_lane = in_each_lane(next_lane);
    auto a = _mm512_xor_si512(_mm512_loadu_si512(p),
                              _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(state))));
    auto b = _mm512_loadu_si512(p + lane), c = _mm512_loadu_si512(p + 2 * lane),
         d = _mm512_loadu_si512(p + 3 * lane);
    for (p += block, left -= block; left >= block; p += block, left -= block) {
      a = fold(a, by, _mm512_loadu_si512(p));
      b = fold(b, by, _mm512_loadu_si512(p + lane));
      c = fold(c, by, _mm512_loadu_si512(p + 2 * lane));
      d = fold(d, by, _mm512_loadu_si512(p + 3 * lane));
    }
    d = fold(fold(fold(a, by_lane, b), by_lane, c), by_lane, d);
    for (; left >= lane; p += lane, left -= lane)
      d = fold(d, by_lane, _mm512_loadu_si512(p));
    state = by_instruction(0, reinterpret_cast<const std::byte*>(&d), sizeof d);
  }
  return ~by_instruction(state, p, left);
}

const bool can_narrow = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
const bool can_wide = can_narrow && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vpclmulqdq");

#endif

constexpr crc32c_way all_ways[] = {
#if defined(__x86_64__)
    {"wide folding", by_wide_folding},
    {"narrow folding", by_narrow_folding},
#endif
    {"tables", by_tables},
};

} // namespace

std::span<const crc32c_way> crc32c_ways() noexcept {
  const std::span all(all_ways);
#if defined(__x86_64__)
  return all.subspan(can_wide ? 0 : can_narrow ? 1 : 2);
#else
  return all;
#endif
}

std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  return crc32c_ways().front().add(so_far, bytes);
}

std::uint32_t crc32c_copy(std::uint32_t so_far, std::byte* to,
                          std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t in_the_cache = 16
                                       << 10; // for pieces of 4 KiB gcc has a slow copy of its own
  while (!bytes.empty()) {
    const auto now = bytes.first(std::min(bytes.size(), in_the_cache));
    std::memcpy(to, now.data(), now.size());
    so_far = crc32c(so_far, {to, now.size()});
    to += now.size();
    bytes = bytes.subspan(now.size());
  }
  return so_far;
}

} // namespace peernet
