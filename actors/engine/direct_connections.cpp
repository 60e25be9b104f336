// SPDX-License-Identifier: MIT
#include "actors/engine/direct_connections.hpp"

#include "actors/engine/networks.hpp"

#include <algorithm>

namespace peernet {

std::set<std::pair<node_id, node_id>> direct_connections(const scenario& s, const plan& p) {
  std::set<std::pair<node_id, node_id>> pairs;
  const auto add = [&](node_id a, node_id b) {
    if (a != b)
      pairs.emplace(std::min(a, b), std::max(a, b));
  };
  for (const auto& lane : p.lanes)
    if (s.links[p.places[lane.link].config].transport == "caf")
      add(p.instances[lane.from].node, p.instances[lane.to].node);
  for (std::size_t n = 0; n < p.sensors.size(); ++n) {
    const auto& sensor = p.instances[p.sensors[n]];
    if (s.sensors[p.places[sensor.place].config].arrival != arrival::closed_loop)
      continue;
    const auto root = p.sensor_routes[n];
    for (auto r = root; r < root + sensor.routes_below; ++r)
      add(sensor.node, p.routes[r].node);
  }
  return pairs;
}

std::optional<meeting> meeting_of(const scenario& s, node_id a, node_id b) {
  if (!is_remote(s, a) && !is_remote(s, b))
    return {};
  // Who has a machine of its own listens: its owner opened ports for that.
  const auto listens = is_remote(s, a) ? a : b;
  const auto dials = listens == a ? b : a;
  return meeting{listens, dials, network_of_lane(s, dials, listens, {})};
}

} // namespace peernet
