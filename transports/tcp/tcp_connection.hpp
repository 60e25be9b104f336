// SPDX-License-Identifier: MIT
// One connection as the receiving end of a tcp channel has it: the greeting, then frames out of
// what was read, sealed or in the clear. It reads when it is told that there is something to read.
#pragma once

#include "runtime/core/buffer.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"
#include "transports/listening_end.hpp"
#include "transports/tcp/sealed_records.hpp"
#include "transports/tcp/stream_frames.hpp"
#include "transports/tcp/tcp_greeting.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <sys/uio.h>

namespace peernet {

/// Thread: the one in `receive`.
class tcp_connection {
public:
  /// Says hello. `place` outlives the connection.
  tcp_connection(descriptor socket, connection_place& place, stamp since);
  ~tcp_connection() { place_.tally.unfinished -= unfinished_; }
  tcp_connection(const tcp_connection&) = delete;
  tcp_connection& operator=(const tcp_connection&) = delete;

  /// Reads once what the socket has. errc::closed at its end, errc::refused for a wrong greeting,
  /// errc::io for what else ends the connection.
  [[nodiscard]] result<void> read(const clock& clock, std::uint32_t events);

  /// As `read`, but waits for something at most `longest_wait`. False: nothing came. After the
  /// greeting only.
  [[nodiscard]] result<bool> await(const clock& clock);
  static constexpr std::chrono::milliseconds longest_wait{10};

  /// Goes on with what was read: true once a frame is whole, false when it is used up.
  /// errc::corrupt if these are no frames, or not sealed by who has the key.
  [[nodiscard]] result<bool> advance(const clock& clock);

  /// The frame that is whole, once.
  [[nodiscard]] incoming_frame release() noexcept;

  [[nodiscard]] stamp since() const noexcept { return since_; } ///< by the machine's clock
  [[nodiscard]] bool greeted() const noexcept { return greeted_; }
  /// Somebody who can send frames: nobody pushes it out to have its place.
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  /// It ended in the middle of something.
  [[nodiscard]] bool cut_short() const noexcept {
    return greeted_ && (!frames_.between_frames() || begin_ != end_);
  }
  /// Bytes of a frame that is not whole.
  [[nodiscard]] std::size_t unfinished() const noexcept { return unfinished_; }

private:
  [[nodiscard]] result<void> read_greeting_part();
  [[nodiscard]] result<bool> cut();
  [[nodiscard]] result<std::size_t> take(std::span<iovec> parts);
  [[nodiscard]] bool say(std::span<const std::byte> bytes) noexcept;
  void count_unfinished() noexcept;

  descriptor socket_;
  connection_place& place_;
  const stamp since_;
  const tcp_challenge challenge_;
  std::array<std::byte, tcp_greeting_bytes + sizeof(tcp_proof)> answer_;
  std::size_t answer_size_ = 0;
  bool greeted_ = false;
  bool proven_ = false;

  frame_reader frames_;
  std::optional<record_cipher> cipher_;
  buffer memory_;                    ///< what was read
  std::size_t begin_ = 0, end_ = 0;  ///< sealed: what of memory_ is not opened yet
  std::span<const std::byte> plain_; ///< of memory_: not yet in a frame
  bool whole_ = false;               ///< reading alone has completed a frame
  stamp read_at_{};
  bool waits_ = false;         ///< the next `take` may wait
  std::size_t taken_ = 0;      ///< by the last `take`
  std::size_t unfinished_ = 0; ///< as counted in tally_
};

/// The receiving end of a tcp channel.
using tcp_receiver = listening_end<tcp_connection>;

} // namespace peernet
