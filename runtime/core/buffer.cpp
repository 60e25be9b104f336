// SPDX-License-Identifier: MIT
#include "runtime/core/buffer.hpp"

#include <array>
#include <bit>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace peernet {

namespace {

constexpr std::size_t smallest_block = 256;
constexpr std::size_t largest_kept_block = 64u << 20;
constexpr std::size_t size_classes =
    std::bit_width(largest_kept_block) - std::bit_width(smallest_block) + 1;
/// Each class keeps at most this much memory idle, but always a few blocks.
constexpr std::size_t kept_bytes_per_class = 64u << 20;

class block;

/// Idle blocks of one size. The lock covers a pointer's push or pop, never a call.
struct shelf {
  std::mutex mutex;
  std::vector<block*> idle;
};

std::array<shelf, size_classes>& shelves() {
  // Never destroyed: a sample may outlive main's statics on a detached thread.
  static auto* all = new std::array<shelf, size_classes>;
  return *all;
}

class block final : public storage {
public:
  explicit block(std::size_t bytes) : memory(new std::byte[bytes]), capacity(bytes) {}

  static std::size_t class_of(std::size_t size) noexcept {
    const auto rounded = std::bit_ceil(size < smallest_block ? smallest_block : size);
    return static_cast<std::size_t>(std::bit_width(rounded) - std::bit_width(smallest_block));
  }

  static block* take(std::size_t size) {
    if (size > largest_kept_block)
      return new block(size);
    auto& from = shelves()[class_of(size)];
    {
      const std::lock_guard lock(from.mutex);
      if (!from.idle.empty()) {
        auto* b = from.idle.back();
        from.idle.pop_back();
        b->revive();
        return b;
      }
    }
    return new block(smallest_block << class_of(size));
  }

  const std::unique_ptr<std::byte[]> memory;
  const std::size_t capacity;

private:
  void dispose() noexcept override {
    if (capacity <= largest_kept_block) {
      auto& home = shelves()[class_of(capacity)];
      const auto limit = std::max<std::size_t>(4, kept_bytes_per_class / capacity);
      const std::lock_guard lock(home.mutex);
      if (home.idle.capacity() == 0)
        home.idle.reserve(64);
      if (home.idle.size() < std::min(limit, home.idle.capacity())) {
        home.idle.push_back(this);
        return;
      }
    }
    delete this;
  }
};

} // namespace

buffer buffer::acquire(std::size_t size) {
  auto* b = block::take(size);
  buffer result;
  result.data_ = b->memory.get();
  result.size_ = size;
  result.capacity_ = b->capacity;
  result.owner_ = storage_ref::adopt(b);
  return result;
}

} // namespace peernet
