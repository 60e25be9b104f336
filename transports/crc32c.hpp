// SPDX-License-Identifier: MIT
// CRC32C (Castagnoli), the checksum of frames that can be damaged on their way: iSCSI's and SCTP's,
// RFC 3720 and RFC 4960.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace peernet {

/// The CRC of what `so_far` is the CRC of (0: of nothing) and then `bytes`. Thread: any.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;

} // namespace peernet
