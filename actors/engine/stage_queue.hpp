// SPDX-License-Identifier: MIT
// The entrance of an inference or sink: its bounded queue, with every sample that gives way
// accounted for.
#pragma once

#include "runtime/config/scenario.hpp"
#include "runtime/core/bounded_queue.hpp"
#include "transports/inlet.hpp"
#include "transports/node_context.hpp"

#include <atomic>
#include <optional>

namespace peernet {

/// A sample in a stage's queue.
struct queued_sample {
  sample body;
  std::uint16_t input = 0; ///< which of the stage's links it came by: tells the codec
  stamp since{};
};

/// A stage's entrance. Any number of receivers and local stages put in, the stage's workers take
/// out.
class stage_queue final : public inlet {
public:
  stage_queue(queue_config queue, std::uint16_t copy, node_context context)
      : queue_(queue.size, queue.policy), copy_(copy), context_(context) {}

  void deliver(sample&& s, std::uint16_t input, stamp since, recorder& by) override;
  void stop_blocking() override { queue_.stop_blocking(); }

  /// Waits for a sample; nothing once the queue is closed and empty. A sample counts as under way
  /// until the worker calls `done`. Thread: the stage's workers.
  std::optional<queued_sample> take() { return queue_.pop(); }
  void done() noexcept { under_way_.fetch_sub(1, std::memory_order_relaxed); }

  void close() { queue_.close(); }

  /// Samples waiting or being worked on. Thread: any.
  [[nodiscard]] std::uint64_t under_way() const noexcept {
    return under_way_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

private:
  bounded_queue<queued_sample> queue_;
  const std::uint16_t copy_;
  const node_context context_;
  std::atomic<std::uint64_t> under_way_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

} // namespace peernet
