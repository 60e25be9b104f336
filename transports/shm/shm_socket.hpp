// SPDX-License-Identifier: MIT
// The unix sockets over which two processes of one machine meet, hand over what they share, and see
// each other's end.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace peernet {

inline constexpr std::uint32_t shm_version = 1;

/// What a sending end says, with `shm_handed` descriptors, and hears back once all is well.
struct shm_greeting {
  std::array<char, 4> magic{'P', 'N', 'S', 'H'};
  std::uint32_t version = shm_version;
  bool operator==(const shm_greeting&) const = default;
};
static_assert(sizeof(shm_greeting) == 8);

/// The shared memory, the bell that wakes the receiver, the bell that tells the sender of room.
inline constexpr std::size_t shm_handed = 3;

/// errc::io with the path; what lay there before is gone.
[[nodiscard]] result<descriptor> unix_listen(const std::string& path);
[[nodiscard]] result<descriptor> unix_connect(const std::string& path);

/// Whether the process at the other end, when it connected, was run by this user or by root.
[[nodiscard]] bool peer_is_ours(int socket) noexcept;

/// Without waiting.
[[nodiscard]] result<void> hand_over(int socket, const shm_greeting& greeting,
                                     std::span<const int> files);

/// A greeting and what came with it; errc::would_block if none came yet, errc::refused for anything
/// else than a whole greeting of this version with `shm_handed` descriptors.
[[nodiscard]] result<std::vector<descriptor>> take_over(int socket);

/// Whether it can be rung without ever waiting.
[[nodiscard]] bool is_bell(int fd);

} // namespace peernet
