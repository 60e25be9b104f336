// SPDX-License-Identifier: MIT
// CURVE for the ends of a ZeroMQ channel. Both ends derive all keys from the channel's, so no key
// is ever sent. No handler decides who may connect (ZAP): a client's first message is sealed with
// the server's long-term public key, which CurveZMQ never puts on the wire, and which only those
// can make who know the channel's key. The server hangs up on everybody else before a frame is
// read, on older ZeroMQ protocols without encryption too. The frames themselves are sealed with
// keys of the connection, so that the run's secret opens none that was recorded before it leaked.
#pragma once

#include "runtime/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace peernet {

enum class curve_side : std::uint8_t {
  server, ///< the receiving end, which binds
  client, ///< the sending end, which connects
};

/// What CURVE adds to each part of a message, bytes: command, nonce, flags, authenticator.
inline constexpr std::size_t curve_overhead = 8 + 8 + 1 + 16;

/// Encrypts whatever will pass through `socket`, a ZeroMQ socket neither bound nor connected yet,
/// with keys made of the channel's. errc::unsupported if this machine's libzmq has no CURVE;
/// errc::internal if the key has not `channel_key_bytes`.
[[nodiscard]] result<void> use_curve(void* socket, curve_side side, std::string_view key);

} // namespace peernet
