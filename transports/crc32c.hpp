// SPDX-License-Identifier: MIT
// CRC32C, the checksum of what travels in the clear: finds damage, proves nothing. The polynomial
// of Castagnoli (0x1EDC6F41, as in iSCSI, RFC 3720), because processors compute it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace peernet {

/// The CRC32C of `before`'s bytes followed by `bytes`; `before`: the CRC32C of those, 0 if there
/// are none. By the processor's own instruction where the machine has one (x86-64 with SSE4.2,
/// ARMv8 with CRC), else by a table. Thread: any.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes,
                                   std::uint32_t before = 0) noexcept;

/// The same by the table, whatever the machine has.
[[nodiscard]] std::uint32_t crc32c_by_table(std::span<const std::byte> bytes,
                                            std::uint32_t before = 0) noexcept;

} // namespace peernet
