// SPDX-License-Identifier: MIT
#include "transports/shm/shm_ring.hpp"

#include "transports/crc32c.hpp"

#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace peernet {

namespace {

error corrupt(const char* why) {
  return {errc::corrupt, std::string("a ring that no sender of ours has written: ") + why};
}

ring_control* control_of(const shm_memory& memory) noexcept {
  // Zeros, as new shared memory has them, are what its constructor would write.
  return std::launder(reinterpret_cast<ring_control*>(memory.front()));
}

std::uint32_t checksum_of(wire_header h) noexcept {
  h.checksum = 0;
  return crc32c(0, wire_bytes(h));
}

bool take_flag(std::atomic<std::uint32_t>& flag) noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return flag.load(std::memory_order_relaxed) != 0 &&
         flag.exchange(0, std::memory_order_relaxed) != 0;
}

} // namespace

ring_writer::ring_writer(const shm_memory& memory, std::size_t most_frames)
    : control_(control_of(memory)),
      ring_(memory.ring()),
      size_(memory.ring_size()),
      most_frames_(most_frames) {}

ring_writer::verdict ring_writer::look(std::size_t need) const noexcept {
  const auto frames_read = control_->frames_read.load(std::memory_order_relaxed);
  const auto read = control_->read.load(std::memory_order_acquire);
  if (read > position_ || position_ - read > size_ || frames_read > frames_)
    return verdict::broken;
  return size_ - (position_ - read) >= need && frames_ - frames_read < most_frames_
             ? verdict::written
             : verdict::full;
}

ring_writer::verdict ring_writer::write(const outgoing_frame& frame) noexcept {
  const auto& body = *frame.body;
  const auto need = ring_record(body.size());
  if (need > size_)
    return verdict::too_large;
  if (const auto v = look(need); v != verdict::written) {
    wanted_ = need;
    return v;
  }
  wire_header h;
  std::memcpy(&h, frame.header.data(), sizeof h);
  h.flags |= wire_checksum;
  const auto length = static_cast<record_length>(sizeof h + body.size());
  turn_if_empty(need);
  auto* const at = ring_ + position_ % size_;
  h.checksum = crc32c_copy(checksum_of(h), at + sizeof length + sizeof h, body.bytes());
  std::memcpy(at, &length, sizeof length);
  std::memcpy(at + sizeof length, &h, sizeof h);
  position_ += need;
  ++frames_;
  control_->written.store(position_, std::memory_order_release);
  return verdict::written;
}

/// The new record must end before the place where the reader learns of it.
void ring_writer::turn_if_empty(std::size_t need) noexcept {
  const auto here = position_ % size_;
  if (here < need || control_->read.load(std::memory_order_acquire) != position_)
    return;
  std::memcpy(ring_ + here, &ring_turn, sizeof ring_turn);
  position_ += size_ - here;
}

bool ring_writer::reader_sleeps() noexcept {
  return take_flag(control_->reader_sleeps);
}

bool ring_writer::has_room_or_waits() noexcept {
  if (look(wanted_) != verdict::full)
    return true; // or broken, which `write` will find
  control_->writer_waits.store(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return look(wanted_) != verdict::full;
}

ring_reader::ring_reader(const shm_memory& memory, std::size_t max_body)
    : control_(control_of(memory)),
      ring_(memory.ring()),
      size_(memory.ring_size()),
      max_body_(max_body) {}

std::uint64_t ring_reader::written() const noexcept {
  return control_->written.load(std::memory_order_acquire);
}

result<std::optional<incoming_frame>> ring_reader::read(const clock& clock) {
  auto waiting = written() - position_;
  if (waiting == 0)
    return std::optional<incoming_frame>{};
  if (waiting > size_)
    return corrupt("a position that lies outside");
  auto length = length_here();
  if (length == ring_turn) {
    const auto rest = size_ - position_ % size_;
    if (rest >= waiting)
      return corrupt("a turn to where nothing was written");
    position_ += rest;
    waiting -= rest;
    length = length_here();
  }
  if (length < sizeof(wire_header) || length - sizeof(wire_header) > max_body_ ||
      ring_record(length - sizeof(wire_header)) > waiting)
    return corrupt("an impossible length");
  const auto body_size = length - sizeof(wire_header);
  buffer copy;
  try {
    copy = buffer::acquire(length);
  } catch (const std::bad_alloc&) {
    return error{errc::too_large, "no memory for a frame of " + std::to_string(length) + " bytes"};
  }
  const auto* const from = ring_ + position_ % size_ + sizeof length;
  wire_header h;
  std::memcpy(&h, from, sizeof h);
  const auto sum =
      crc32c_copy(checksum_of(h), copy.data() + sizeof h, {from + sizeof h, body_size});
  const auto now = clock.now();
  position_ += ring_record(body_size);
  control_->frames_read.store(++frames_, std::memory_order_relaxed);
  control_->read.store(position_, std::memory_order_release);

  const std::span<const std::byte> bytes = copy.bytes();
  const auto body = bytes.subspan(sizeof(wire_header));
  if (h.magic != wire_header{}.magic || h.version != wire_version || h.size != sizeof h ||
      h.length != body_size)
    return corrupt("no header of this version");
  if ((h.flags & wire_checksum) == 0 || h.checksum != sum)
    return corrupt("a wrong checksum");
  h.flags &= static_cast<std::uint16_t>(~wire_checksum);
  h.checksum = 0;
  std::memcpy(copy.data(), &h, sizeof h);
  return std::optional{incoming_frame{.header = bytes.first(sizeof h),
                                      .body = body,
                                      .owner = copy.release(),
                                      .received = now,
                                      .in_kernel = std::nullopt}};
}

/// To be called once for a record: a second look at a writer's memory may show something else.
record_length ring_reader::length_here() const noexcept {
  return __atomic_load_n(reinterpret_cast<const record_length*>(ring_ + position_ % size_),
                         __ATOMIC_RELAXED);
}

bool ring_reader::writer_waits() noexcept {
  return take_flag(control_->writer_waits);
}

bool ring_reader::sleeps() noexcept {
  if (written() != position_)
    return false;
  control_->reader_sleeps.store(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (written() == position_)
    return true;
  control_->reader_sleeps.store(0, std::memory_order_relaxed); // awake again
  return false;
}

} // namespace peernet
