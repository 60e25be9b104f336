// SPDX-License-Identifier: MIT
// A strict look at a Zstandard frame (RFC 8878) before its decoder touches it, as image_header.hpp
// does for pictures: what comes from the network may state any size, and the decoder is told how
// much memory to take before it sees that the frame holds nothing of the kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace peernet {

/// The bytes that a frame holds when decoded. Nothing unless it is one whole frame as PeerNet's own
/// encoder writes it: it states its content's size and a checksum, needs no dictionary, and its
/// blocks end where it ends and can hold as much as it states.
[[nodiscard]] std::optional<std::uint64_t>
read_zstd_header(std::span<const std::byte> frame) noexcept;

} // namespace peernet
