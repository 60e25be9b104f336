// SPDX-License-Identifier: MIT
// Storage objects of one type that are used again instead of being freed: for foreign memory that
// arrives with every sample, such as received messages.
#pragma once

#include "runtime/core/buffer.hpp"

#include <mutex>
#include <vector>

namespace peernet {

/// Derive as `class x : public recycled<x>` and define `void clear() noexcept`, which lets the
/// foreign memory go. Thread: any.
template <class Derived>
class recycled : public storage {
public:
  /// An idle object or a new one, with one reference.
  static Derived* make() {
    auto& s = spare();
    {
      const std::lock_guard lock(s.mutex);
      if (!s.idle.empty()) {
        auto* object = s.idle.back();
        s.idle.pop_back();
        static_cast<recycled*>(object)->revive();
        return object;
      }
    }
    return new Derived;
  }

private:
  static constexpr std::size_t kept = 1024;

  struct shelf {
    shelf() { idle.reserve(kept); }
    std::mutex mutex;
    std::vector<Derived*> idle;
  };

  static shelf& spare() {
    static auto* s = new shelf; // never destroyed: see buffer.cpp
    return *s;
  }

  void dispose() noexcept override {
    auto* self = static_cast<Derived*>(this);
    self->clear();
    auto& s = spare();
    {
      const std::lock_guard lock(s.mutex);
      if (s.idle.size() < kept) {
        s.idle.push_back(self);
        return;
      }
    }
    delete self;
  }
};

} // namespace peernet
