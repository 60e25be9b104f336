// SPDX-License-Identifier: MIT
// CRC32C (Castagnoli), which finds damage, not malice. Processors of x86 fold it with their
// carry-less product at 8 to 30 bytes a cycle; others look it up at about 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace peernet {

/// The checksum of everything before, `so_far` (0 for nothing), and `bytes`. Thread: any.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;

/// The same of a copy: `bytes` are copied to `to`, which has room for them and does not overlap,
/// and what arrived there is summed up while it is in the nearest cache. Should somebody else write
/// to `bytes` meanwhile, the checksum is still that of the copy.
[[nodiscard]] std::uint32_t crc32c_copy(std::uint32_t so_far, std::byte* to,
                                        std::span<const std::byte> bytes) noexcept;

/// A way to compute it.
struct crc32c_way {
  const char* name;
  std::uint32_t (*add)(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;
};

/// Those this processor has: the one that is used first, the one that every processor has last.
[[nodiscard]] std::span<const crc32c_way> crc32c_ways() noexcept;

} // namespace peernet
