// SPDX-License-Identifier: MIT
// What a node does about clocks: it answers probes on each of its networks, and asks the nodes that
// its links lead to, on the links' networks.
#pragma once

#include "actors/engine/node_graph.hpp"
#include "runtime/clocks/clock_news.hpp"
#include "transports/probes/probe_service.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace peernet {

/// Thread: one at a time; the callback of `burst` comes on the service's own.
class node_prober {
public:
  /// Answers from now on. `graph` outlives it. Errors name the node's address.
  [[nodiscard]] static result<std::unique_ptr<node_prober>>
  start(node_graph& graph, const std::string& secret, port_range ports = {});

  /// Where the node answers: on the default network, and on each it has an address on.
  [[nodiscard]] const std::vector<probe_point>& points() const noexcept {
    return service_->points();
  }

  /// Whom to ask: each node a link leads to from here, on the link's network; where links lead both
  /// ways, only one of the two asks. `clocks`: by node. A
  /// node without a point there is reported and left out.
  [[nodiscard]] result<void> set_targets(std::span<const clock_id> clocks,
                                         const std::vector<probe_point>& everywhere);

  /// Asks every target many times at once; `on_done` comes when the answers are in, or too late.
  void burst(int exchanges, duration spacing, probe_phase phase, std::function<void()> on_done) {
    service_->burst(exchanges, spacing, phase, std::move(on_done));
  }

  /// Reports targets that never answered, once each.
  void report_silence();

  /// From the common start to the closing burst.
  void steady(duration interval) { service_->steady(interval); }

  [[nodiscard]] clock_news take();

private:
  node_prober(node_graph& graph, std::unique_ptr<probe_service> service)
      : graph_(graph), service_(std::move(service)) {}

  void warn(const probe_target& target, const std::string& why);
  [[nodiscard]] std::string emulated(const probe_target& target) const;

  node_graph& graph_;
  const std::unique_ptr<probe_service> service_;
  clock_id own_clock_ = reference_clock; ///< once there are targets
  std::vector<probe_target> silent_;     ///< reported already
};

/// The service's own news, whoever owns it.
[[nodiscard]] clock_news news_of(probe_service& service);

} // namespace peernet
