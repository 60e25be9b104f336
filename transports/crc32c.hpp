// SPDX-License-Identifier: MIT
// CRC32C (Castagnoli), which finds damage, not malice: with the processor's instruction where it
// has one, about 1 byte a cycle without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace peernet {

/// The checksum of everything before, `so_far` (0 for nothing), and `bytes`. Thread: any.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;

/// The same without the instruction: for other processors, and to compare.
[[nodiscard]] std::uint32_t crc32c_portable(std::uint32_t so_far,
                                            std::span<const std::byte> bytes) noexcept;

} // namespace peernet
