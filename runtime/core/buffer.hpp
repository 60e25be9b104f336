// SPDX-License-Identifier: MIT
// Memory that samples live in: counted, shared between threads without copying, and recycled, so
// that a run in steady state asks the allocator for nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <utility>

namespace peernet {

/// Something that owns bytes and dies with its last reference: a recycled block, a received ZeroMQ
/// message, a camera's frame. Derive from it to lend foreign memory to samples without a copy.
/// Thread: references may be copied and dropped by any thread.
class storage {
public:
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;

  void retain() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      dispose();
  }

protected:
  storage() = default;
  virtual ~storage() = default;

  /// The last reference is gone: delete or recycle. Runs on whichever thread dropped it.
  virtual void dispose() noexcept = 0;
  /// For recycling: the next owner starts with one reference.
  void revive() noexcept { count_.store(1, std::memory_order_relaxed); }

private:
  std::atomic<int> count_{1};
};

/// A counted reference to a `storage`.
class storage_ref {
public:
  storage_ref() = default;
  /// Takes over the reference that a new `storage` is born with.
  static storage_ref adopt(storage* s) noexcept {
    storage_ref r;
    r.owner_ = s;
    return r;
  }
  storage_ref(const storage_ref& other) noexcept : owner_(other.owner_) {
    if (owner_)
      owner_->retain();
  }
  storage_ref(storage_ref&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
  storage_ref& operator=(storage_ref other) noexcept {
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~storage_ref() {
    if (owner_)
      owner_->release();
  }

  explicit operator bool() const noexcept { return owner_ != nullptr; }
  /// Gives the reference away: the caller must `release()` it once.
  [[nodiscard]] storage* detach() noexcept { return std::exchange(owner_, nullptr); }

private:
  storage* owner_ = nullptr;
};

/// Bytes being written, by one owner, before they become an immutable payload.
class buffer {
public:
  buffer() = default;

  /// A block of at least `size` bytes from the process-wide pool; contents are undefined.
  /// No allocation once the pool has seen this size class; blocks above 64 MiB are not kept.
  /// Throws std::bad_alloc when the machine has no memory left.
  static buffer acquire(std::size_t size);

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return {data_, size_}; }

  /// Forgets the bytes past `size`, which is at most `capacity()`.
  void shrink(std::size_t size) noexcept { size_ = size; }

  /// Gives the memory to a payload; the buffer is empty afterwards.
  [[nodiscard]] storage_ref release() noexcept {
    size_ = capacity_ = 0;
    data_ = nullptr;
    return std::move(owner_);
  }

private:
  storage_ref owner_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace peernet
