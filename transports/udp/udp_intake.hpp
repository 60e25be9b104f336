// SPDX-License-Identifier: MIT
// What the receiving end of `udp` makes of each datagram: a frame, a part of one, a greeting to be
// answered, or a count. Everything a stranger can send passes here and nowhere else; no socket in
// sight, so that a test or a fuzzer can say it all.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/udp/udp_datagram.hpp"
#include "transports/udp/udp_reassembly.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace peernet {

/// Thread: `take`, `expire`, `clear` one at a time; `counts` any.
class udp_intake {
public:
  struct settings {
    std::string key; ///< as channel_settings::key
    std::uint64_t run = 0;
    std::size_t max_body = 0; ///< bytes
    duration reassembly{0};
  };

  /// Incomplete frames may hold so many times the largest body.
  static constexpr std::size_t bodies_in_parts = 4;

  explicit udp_intake(settings s);

  /// What a datagram was, if it was genuine. A part that completes nothing, or that came before,
  /// has neither.
  struct taken {
    std::optional<whole_frame> frame;
    std::span<const std::byte> answer; ///< to be sent back; valid until the next call
  };

  /// Reads one datagram of at most `datagram.size()` bytes. A frame in one part keeps the buffer if
  /// it fills a fair part of it; then `datagram` is empty. errc::corrupt for damaged bytes,
  /// errc::refused for those of a stranger or of another run.
  [[nodiscard]] result<taken> take(buffer& datagram, stamp now);

  void expire(stamp now) { parts_.expire(now); }
  void clear() { parts_.clear(); }

  /// Appends its counters, all of datagrams but `incomplete`, of frames.
  void count_into(std::vector<channel_count>& counts) const;

private:
  [[nodiscard]] result<std::span<std::byte>> open(std::span<std::byte> datagram);
  [[nodiscard]] result<taken> take_frame(buffer& datagram, std::span<std::byte> content, stamp now);
  [[nodiscard]] result<taken> greet(std::span<const std::byte> datagram,
                                    std::span<const std::byte> content);

  const settings settings_;
  std::optional<datagram_opener> opener_; ///< with a key
  udp_reassembly parts_;
  std::array<std::byte, seal_bytes + sizeof(udp_greeting)> answer_{};
  std::atomic<std::uint64_t> corrupt_{0}, foreign_{0}, replayed_{0};
};

} // namespace peernet
