// SPDX-License-Identifier: MIT
// A link whose two ends live on one node: the sample is handed over as it is, no codec and no
// transport.
#pragma once

#include "transports/inlet.hpp"
#include "transports/node_context.hpp"

#include <atomic>

namespace peernet {

/// Puts a stage's output straight into the next stage's queue.
class local_outlet final : public outlet {
public:
  local_outlet(std::uint32_t route_step, std::uint16_t input, inlet& target, node_context context)
      : route_step_(route_step), input_(input), target_(target), context_(context) {}

  void send(const sample& s, std::uint16_t /*worker*/, recorder& by) override {
    auto handed = s;
    handed.header.route += route_step_ + 1; // past the lane, at the stage
    passed_.fetch_add(1, std::memory_order_relaxed);
    target_.deliver(std::move(handed), input_, context_.clock->now(), by);
  }

  void stop_blocking() override { target_.stop_blocking(); }

  /// Samples handed over. Thread: any.
  [[nodiscard]] std::uint64_t passed() const noexcept {
    return passed_.load(std::memory_order_relaxed);
  }

private:
  const std::uint32_t route_step_;
  const std::uint16_t input_;
  inlet& target_;
  const node_context context_;
  std::atomic<std::uint64_t> passed_{0};
};

} // namespace peernet
