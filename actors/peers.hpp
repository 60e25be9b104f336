// SPDX-License-Identifier: MIT
// The nodes this process reaches over a connection of their own, not through the coordinator.
#pragma once

#include "actors/protocol.hpp"

#include <map>
#include <mutex>

namespace peernet {

/// Thread: any. Must be emptied before its actor system ends.
class peer_table {
public:
  void add(node_id node, node_actor actor) {
    const std::lock_guard lock(mutex_);
    peers_[node] = std::move(actor);
  }

  /// Null if there is no such connection (yet).
  [[nodiscard]] node_actor find(node_id node) const {
    const std::lock_guard lock(mutex_);
    const auto found = peers_.find(node);
    return found == peers_.end() ? node_actor{} : found->second;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    peers_.clear();
  }

private:
  mutable std::mutex mutex_;
  std::map<node_id, node_actor> peers_;
};

} // namespace peernet
