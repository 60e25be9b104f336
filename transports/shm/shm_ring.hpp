// SPDX-License-Identifier: MIT
// Frames through a ring in memory that two processes share: one writes, one reads. Neither believes
// the other: every index and length is checked, and what is read is copied out before it is looked
// at, because a writer that went mad may still be writing.
#pragma once

#include "runtime/plugin/channel.hpp"
#include "transports/shm/shm_memory.hpp"
#include "transports/wire.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace peernet {

/// At the front of the shared memory, zeros at first. Each side writes its own cache lines;
/// positions count bytes from the beginning of time, so none ever wraps.
struct ring_control {
  alignas(64) std::atomic<std::uint64_t> written{0}; ///< the writer's position
  alignas(64) std::atomic<std::uint64_t> read{0};    ///< the reader's position
  std::atomic<std::uint64_t> frames_read{0};
  alignas(64) std::atomic<std::uint32_t> reader_sleeps{0}; ///< it must be woken
  alignas(64) std::atomic<std::uint32_t> writer_waits{0};  ///< it must be told of room
};
static_assert(sizeof(ring_control) <= shm_front &&
              std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

/// In front of each frame: the bytes of header and body. Records begin at multiples of 8.
using record_length = std::uint32_t;

/// Instead of a length: the next record is at the ring's beginning. A writer whose frames have all
/// been read returns there, to memory that is still in the processor's caches.
constexpr record_length ring_turn = 0xffff'ffff;

/// The bytes of ring that a body needs.
[[nodiscard]] constexpr std::size_t ring_record(std::size_t body) noexcept {
  return (sizeof(record_length) + sizeof(wire_header) + body + 7) / 8 * 8;
}

// Who goes to sleep writes its flag, then looks once more at the other's position; who moves writes
// its position, then looks at the other's flag. A full fence between the two on both sides lets at
// least one of them see the other: nobody sleeps while there is something to do.

/// The writing side. Thread: one at a time.
class ring_writer {
public:
  enum class verdict : std::uint8_t {
    written,
    full,      ///< nothing was written
    too_large, ///< it can never be
    broken,    ///< the reader's position is impossible
  };

  ring_writer() = default;
  /// At most `most_frames` are in the ring at once.
  ring_writer(const shm_memory& memory, std::size_t most_frames);

  /// Writes a frame with its checksum.
  [[nodiscard]] verdict write(const outgoing_frame& frame) noexcept;

  /// True, once for each sleep, if the reader must be woken after a `write`.
  [[nodiscard]] bool reader_sleeps() noexcept;

  /// True if the frame that was last too many may fit now; otherwise the reader will tell.
  [[nodiscard]] bool has_room_or_waits() noexcept;

private:
  [[nodiscard]] verdict look(std::size_t need) const noexcept;
  void turn_if_empty(std::size_t need) noexcept;

  ring_control* control_ = nullptr;
  std::byte* ring_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t most_frames_ = 0;
  std::uint64_t position_ = 0; ///< the truth; control_->written is for the reader alone
  std::uint64_t frames_ = 0;
  std::size_t wanted_ = 0; ///< bytes that the last frame found no room for
};

/// The reading side. Thread: one at a time.
class ring_reader {
public:
  ring_reader() = default;
  /// Bodies above `max_body` are corrupt.
  ring_reader(const shm_memory& memory, std::size_t max_body);

  /// The next frame, copied and checked: the header without flag and checksum, which are the ring's
  /// own. Nothing if there is none. errc::corrupt for what a right writer never writes;
  /// errc::too_large if there is no memory for a copy. After an error nothing in the ring means
  /// anything.
  [[nodiscard]] result<std::optional<incoming_frame>> read(const clock& clock);

  /// The writer's position now.
  [[nodiscard]] std::uint64_t written() const noexcept;
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

  /// True, once for each wait, if the writer must be told of room after a `read`.
  [[nodiscard]] bool writer_waits() noexcept;

  /// True if there is nothing to read and the writer will wake us.
  [[nodiscard]] bool sleeps() noexcept;

private:
  [[nodiscard]] record_length length_here() const noexcept;

  ring_control* control_ = nullptr;
  const std::byte* ring_ = nullptr;
  std::size_t size_ = 0;
  std::size_t max_body_ = 0;
  std::uint64_t position_ = 0; ///< the truth; control_->read is for the writer alone
  std::uint64_t frames_ = 0;
};

} // namespace peernet
