// SPDX-License-Identifier: MIT
#include "transports/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace peernet {

namespace {

constexpr std::uint32_t polynomial = 0x82F6'3B78; // bits reversed

/// table[k][b]: what byte b does to the sum when k further bytes follow it.
constexpr auto table = [] {
  std::array<std::array<std::uint32_t, 256>, 8> all{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    auto sum = b;
    for (int bit = 0; bit < 8; ++bit)
      sum = (sum >> 1) ^ ((sum & 1) ? polynomial : 0);
    all[0][b] = sum;
  }
  for (std::size_t k = 1; k < all.size(); ++k)
    for (std::size_t b = 0; b < 256; ++b)
      all[k][b] = (all[k - 1][b] >> 8) ^ all[0][all[k - 1][b] & 0xFF];
  return all;
}();

std::uint64_t word_at(const std::byte* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

std::uint32_t update_by_table(const std::byte* p, std::size_t n, std::uint32_t sum) noexcept {
  for (; n >= 8; p += 8, n -= 8) {
    const auto word = word_at(p) ^ sum;
    sum = 0;
    for (std::size_t k = 0; k < 8; ++k)
      sum ^= table[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; n > 0; ++p, --n)
    sum = (sum >> 8) ^ table[0][(sum ^ static_cast<std::uint32_t>(*p)) & 0xFF];
  return sum;
}

#if defined(__x86_64__)

bool has_instruction() noexcept {
  return __builtin_cpu_supports("sse4.2");
}

/// The instruction takes one word a cycle, but its answer only after three: three sums of
/// neighbouring blocks run side by side, and are then put together.
constexpr std::size_t block = 256;

/// behind[k][b]: what becomes of byte k of a sum, b, when a block of zeros follows.
constexpr auto behind = [] {
  std::array<std::array<std::uint32_t, 256>, 4> all{};
  for (std::uint32_t k = 0; k < 4; ++k)
    for (std::uint32_t b = 0; b < 256; ++b) {
      auto sum = b << (8 * k);
      for (std::size_t i = 0; i < block; ++i)
        sum = (sum >> 8) ^ table[0][sum & 0xFF];
      all[k][b] = sum;
    }
  return all;
}();

std::uint64_t past_block(std::uint64_t sum) noexcept {
  return behind[0][sum & 0xFF] ^ behind[1][(sum >> 8) & 0xFF] ^ behind[2][(sum >> 16) & 0xFF] ^
         behind[3][(sum >> 24) & 0xFF];
}

__attribute__((target("sse4.2"))) std::uint32_t
update_by_instruction(const std::byte* p, std::size_t n, std::uint32_t sum) noexcept {
  std::uint64_t wide = sum;
  for (; n >= 3 * block; p += 3 * block, n -= 3 * block) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < block; i += 8) {
      wide = _mm_crc32_u64(wide, word_at(p + i));
      second = _mm_crc32_u64(second, word_at(p + block + i));
      third = _mm_crc32_u64(third, word_at(p + 2 * block + i));
    }
    wide = past_block(past_block(wide) ^ second) ^ third;
  }
  for (; n >= 8; p += 8, n -= 8)
    wide = _mm_crc32_u64(wide, word_at(p));
  sum = static_cast<std::uint32_t>(wide);
  for (; n > 0; ++p, --n)
    sum = _mm_crc32_u8(sum, static_cast<std::uint8_t>(*p));
  return sum;
}

#elif defined(__aarch64__)

bool has_instruction() noexcept {
  return (::getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

__attribute__((target("+crc"))) std::uint32_t
update_by_instruction(const std::byte* p, std::size_t n, std::uint32_t sum) noexcept {
  for (; n >= 8; p += 8, n -= 8)
    sum = __crc32cd(sum, word_at(p));
  for (; n > 0; ++p, --n)
    sum = __crc32cb(sum, static_cast<std::uint8_t>(*p));
  return sum;
}

#else

bool has_instruction() noexcept {
  return false;
}

constexpr auto update_by_instruction = update_by_table;

#endif

} // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
  return ~update_by_table(bytes.data(), bytes.size(), ~before);
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
  static const bool by_instruction = has_instruction();
  if (!by_instruction)
    return crc32c_by_table(bytes, before);
  return ~update_by_instruction(bytes.data(), bytes.size(), ~before);
}

} // namespace peernet
