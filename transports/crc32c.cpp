// SPDX-License-Identifier: MIT
#include "transports/crc32c.hpp"

#include <array>

namespace peernet {

namespace {

constexpr std::uint32_t polynomial = 0x82F63B78; // reflected

constexpr std::array<std::uint32_t, 256> table = [] {
  std::array<std::uint32_t, 256> t{};
  for (std::uint32_t byte = 0; byte < t.size(); ++byte) {
    auto crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
    t[byte] = crc;
  }
  return t;
}();

} // namespace

std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  auto crc = ~so_far;
  for (const auto b : bytes)
    crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(b)) & 0xFF];
  return ~crc;
}

} // namespace peernet
