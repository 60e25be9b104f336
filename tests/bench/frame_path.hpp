// SPDX-License-Identifier: MIT
// A way for frames of one size between two processes: bare, as a library or the kernel has it, or a
// PeerNet channel. Both are measured by the same loops.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace peernet::bench {

/// What one of the two processes has.
class frame_end {
public:
  virtual ~frame_end() = default;

  /// Sends one frame, and waits until there is room for it.
  virtual void send() = 0;

  /// Waits for one frame. Throws if none comes for some seconds.
  virtual void receive() = 0;
};

/// Made before the processes part.
class frame_path {
public:
  virtual ~frame_path() = default;

  /// Thread: one in each process, with its side: 0 or 1.
  [[nodiscard]] virtual std::unique_ptr<frame_end> open(int side) = 0;
};

/// Datagrams of 1400 bytes as `udp` sends them, up to 64 a system call; needs root for buffers that
/// lose nothing.
[[nodiscard]] std::unique_ptr<frame_path> bare_udp(std::size_t size);

/// A length of 4 bytes, then so many. A connection each way, as links are; or one for `both_ways`,
/// where acknowledgements travel with the answers: half as many segments.
[[nodiscard]] std::unique_ptr<frame_path> bare_tcp(std::size_t size, bool both_ways = false);

/// PAIR sockets; `ipc`: over a socket file instead of TCP. Large messages are not copied.
[[nodiscard]] std::unique_ptr<frame_path> bare_zmq(std::size_t size, bool ipc);

/// Copied into a slot of shared memory and out of it, an eventfd wakes.
[[nodiscard]] std::unique_ptr<frame_path> bare_memory(std::size_t size);

/// The bare path that does what this transport does; `tcp-both-ways`: that of `tcp`, over one
/// connection.
[[nodiscard]] std::unique_ptr<frame_path> bare_path(const std::string& transport, std::size_t size);

/// Two channels of this transport, there and back, on the loopback; `sealed`: with a key.
[[nodiscard]] std::unique_ptr<frame_path> channels(const std::string& transport, std::size_t size,
                                                   bool sealed);

} // namespace peernet::bench
