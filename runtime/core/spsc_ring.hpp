// SPDX-License-Identifier: MIT
// A wait-free ring between exactly one producer thread and one consumer thread: how spans leave the
// measured path.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace peernet {

/// Fixed-capacity ring of trivially copyable records. No locks, no allocation after construction.
template <class T>
class spsc_ring {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  /// Room for `capacity` records, rounded up to a power of two.
  explicit spsc_ring(std::size_t capacity) : slots_(std::bit_ceil(capacity < 2 ? 2 : capacity)) {}

  /// False if the ring is full; the record is then not stored. Thread: the producer's only.
  [[nodiscard]] bool try_push(const T& record) noexcept {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == slots_.size()) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == slots_.size())
        return false;
    }
    slots_[tail & (slots_.size() - 1)] = record;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Moves up to `out.size()` records out, oldest first; returns how many. Thread: the consumer's
  /// only.
  std::size_t pop(std::span<T> out) noexcept {
    const auto head = head_.load(std::memory_order_relaxed);
    const auto waiting = tail_.load(std::memory_order_acquire) - head;
    const auto n = waiting < out.size() ? waiting : out.size();
    for (std::size_t i = 0; i < n; ++i)
      out[i] = slots_[(head + i) & (slots_.size() - 1)];
    head_.store(head + n, std::memory_order_release);
    return n;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

private:
  static constexpr std::size_t cache_line = 64;

  std::vector<T> slots_;
  alignas(cache_line) std::atomic<std::size_t> tail_{0}; ///< written by the producer
  std::size_t head_seen_ = 0;                            ///< the producer's last look at head_
  alignas(cache_line) std::atomic<std::size_t> head_{0}; ///< written by the consumer
};

} // namespace peernet
