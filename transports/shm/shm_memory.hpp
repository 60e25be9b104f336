// SPDX-License-Identifier: MIT
// The memory of a ring between two processes: a file without a name that nobody can shrink any
// more, mapped so that the ring's end is followed by its beginning. Whatever lies in it is then in
// one piece.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"

#include <cstddef>
#include <span>

namespace peernet {

/// In front of the ring; the rest of its page is unused.
inline constexpr std::size_t shm_front = 4096;

/// Thread: one at a time.
class shm_memory {
public:
  shm_memory() = default;
  shm_memory(shm_memory&& other) noexcept;
  shm_memory& operator=(shm_memory&& other) noexcept;
  ~shm_memory() { unmap(); }

  /// New memory, all zeros, all there already; `ring` bytes rounded up to whole pages. errc::io if
  /// the machine has not so much.
  [[nodiscard]] static result<shm_memory> make(std::size_t ring);

  /// What another process made. errc::refused unless it is such a file, all of it there, that
  /// cannot shrink: otherwise reading it could kill this process.
  [[nodiscard]] static result<shm_memory> open(descriptor file);

  [[nodiscard]] int file() const noexcept { return file_.get(); }
  [[nodiscard]] std::size_t ring_size() const noexcept { return ring_; }
  [[nodiscard]] std::byte* front() const noexcept { return base_; }
  /// `ring_size()` bytes, and the same bytes once more.
  [[nodiscard]] std::byte* ring() const noexcept { return base_ + shm_front; }

private:
  [[nodiscard]] result<void> map(std::size_t ring);
  void unmap() noexcept;

  descriptor file_;
  std::byte* base_ = nullptr;
  std::size_t ring_ = 0;
};

} // namespace peernet
