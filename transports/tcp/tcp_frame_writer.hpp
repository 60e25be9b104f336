// SPDX-License-Identifier: MIT
// Writes frames to a socket that never waits, in the clear or in sealed records, and keeps what is
// left over of one frame. In the clear a body is not copied: its owner is held until its last byte
// has left. Sealing copies it, a record at a time.
#pragma once

#include "runtime/core/buffer.hpp"
#include "runtime/plugin/channel.hpp"
#include "transports/tcp/sealed_records.hpp"
#include "transports/tcp/stream_frames.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <sys/uio.h>

namespace peernet {

/// Thread: one at a time; `bytes` any.
class frame_writer {
public:
  enum class progress : std::uint8_t {
    done,    ///< the whole frame has left
    pending, ///< the frame was taken, and a part of it is left: `go_on` when the socket is writable
    refused, ///< there is no room at all; nothing was taken
    broken,  ///< the connection is of no use any more; `error_code` says why
  };

  /// Writes to `socket` from now on, sealed unless `record_key` is empty. What was left is dropped.
  void open(int socket, std::string_view record_key);

  /// Begins a frame; only when nothing is left of the one before.
  [[nodiscard]] progress begin(const outgoing_frame& frame) noexcept;
  [[nodiscard]] progress go_on() noexcept;

  /// Lets go of what is left over.
  void drop() noexcept;

  [[nodiscard]] int error_code() const noexcept { return error_code_; }
  /// All bytes that the kernel took.
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }

private:
  [[nodiscard]] progress push() noexcept;
  [[nodiscard]] progress push_sealed() noexcept;
  [[nodiscard]] bool send(std::span<iovec> parts, std::size_t size) noexcept;
  void seal_next() noexcept;

  int socket_ = -1;
  int error_code_ = 0;
  std::array<std::byte, frame_front> front_;
  std::span<const std::byte> front_left_; ///< of front_
  std::span<const std::byte> body_left_;
  storage_ref owner_; ///< of body_left_, once the call that brought it is over
  std::optional<record_cipher> cipher_;
  buffer record_;
  std::span<const std::byte> record_left_; ///< of record_
  std::atomic<std::uint64_t> bytes_{0};
};

} // namespace peernet
