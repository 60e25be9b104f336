// SPDX-License-Identifier: MIT
// What the numbered routes of a layout mean: who lies on whose way, and which sinks a sensor
// reaches by which routes.
#pragma once

#include "runtime/trace/layout.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

/// One copy of a sink.
struct sink_instance {
  place_id place = 0;
  std::uint16_t copy = 0;
};

/// Answers about a layout's routes. Immutable; keeps a reference to the layout.
class route_tree {
public:
  explicit route_tree(const layout& shape);

  /// A sink that a sensor reaches, and every route that leads there.
  struct reach {
    std::uint32_t sink = 0;       ///< index into `sinks()`
    std::vector<route_id> routes; ///< ascending
  };

  [[nodiscard]] const std::vector<sink_instance>& sinks() const noexcept { return sinks_; }

  /// What a sensor reaches, in the sinks' order. `sensor` is trace_id::sensor().
  [[nodiscard]] const std::vector<reach>& reachable(std::uint32_t sensor) const {
    return reaches_[sensor];
  }

  /// Index into `sinks()`, if the route ends at one.
  [[nodiscard]] std::optional<std::uint32_t> sink_of(route_id route) const;

  /// Does the way `whole` begin with the way `part`? Every route begins with itself.
  [[nodiscard]] bool leads_to(route_id part, route_id whole) const noexcept {
    return part <= whole && whole < end_[part];
  }

  /// Is the route on some way to the sink?
  [[nodiscard]] bool on_way(route_id route, const reach& to) const {
    const auto next = std::lower_bound(to.routes.begin(), to.routes.end(), route);
    return next != to.routes.end() && leads_to(route, *next);
  }

  /// Routes behind this one (itself included) that end at a sink.
  [[nodiscard]] std::uint32_t sink_routes_behind(route_id route) const noexcept {
    return sinks_before_[end_[route]] - sinks_before_[route];
  }

  /// Places before this one on the way.
  [[nodiscard]] std::uint32_t depth(route_id route) const noexcept { return depth_[route]; }

  [[nodiscard]] bool known(route_id route) const noexcept { return route < depth_.size(); }

  /// Every way from the sensor on, the route itself last.
  [[nodiscard]] std::vector<route_id> way(route_id route) const;

  /// The stages on the way, by name: "camera->detector->actuator".
  [[nodiscard]] std::string path(route_id route) const;

private:
  static constexpr std::uint32_t no_sink = 0xFFFF'FFFF;

  const layout& shape_;
  std::vector<route_id> end_; // one past the last route of the subtree
  std::vector<std::uint32_t> depth_;
  std::vector<std::uint32_t> sink_;
  std::vector<std::uint32_t> sinks_before_; // sink routes with smaller numbers
  std::vector<sink_instance> sinks_;
  std::vector<std::vector<reach>> reaches_;
};

} // namespace peernet
