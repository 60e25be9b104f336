// SPDX-License-Identifier: MIT
// Carries the ends of samples back to closed-loop sensors: directly on the same node, else through
// whatever the node's actor gave as the way to other nodes.
#pragma once

#include "actors/engine/closed_loop.hpp"

#include <functional>

namespace peernet {

/// Set up before the run, then read by all measured threads.
class end_hub final : public end_watcher {
public:
  /// Called with ends that another node's sensor waits for. Thread: any measured one; must not
  /// block.
  using forward = std::function<void(const end_notice&)>;

  void add_local(std::uint32_t sensor, closed_loop& loop) { way_to(sensor).loop = &loop; }
  void add_remote(std::uint32_t sensor, forward by) { way_to(sensor).remote = std::move(by); }
  void place(node_id node, clock_id clock) {
    node_ = node;
    clock_ = clock;
  }

  void ended(const sample_header& h, outcome how, stamp when) noexcept override {
    const auto sensor = h.trace.sensor();
    if (sensor >= ways_.size())
      return; // nobody waits: the common case
    const auto& to = ways_[sensor];
    const end_notice n{.trace = h.trace,
                       .route = h.route,
                       .when = when,
                       .node = node_,
                       .clock = clock_,
                       .lost = how != outcome::delivered && how != outcome::consumed};
    if (to.loop)
      to.loop->notice(n);
    else if (to.remote)
      to.remote(n);
  }

  /// A notice that came from another node.
  void deliver(const end_notice& n) noexcept {
    const auto sensor = n.trace.sensor();
    if (sensor < ways_.size() && ways_[sensor].loop)
      ways_[sensor].loop->notice(n);
  }

private:
  struct way {
    closed_loop* loop = nullptr;
    forward remote;
  };
  way& way_to(std::uint32_t sensor) {
    if (ways_.size() <= sensor)
      ways_.resize(sensor + 1u);
    return ways_[sensor];
  }

  std::vector<way> ways_;
  node_id node_ = 0;
  clock_id clock_ = reference_clock;
};

} // namespace peernet
