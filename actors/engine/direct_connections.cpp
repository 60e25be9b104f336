// SPDX-License-Identifier: MIT
#include "actors/engine/direct_connections.hpp"

#include "actors/engine/networks.hpp"
#include "runtime/config/machines.hpp"
#include "runtime/config/packet_level.hpp"

#include <algorithm>

namespace peernet {

namespace {

/// The network that links over CAF between the two name: all the same one, says validation.
std::string named_network(const scenario& s, node_id a, node_id b) {
  const auto ends = nodes_of_links(s);
  const auto is = [&](const node_config* node, node_id n) { return node == &s.nodes[n]; };
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (const auto& [from, to, crosses] = ends[i];
        crosses && s.links[i].transport == "caf" &&
        ((is(from, a) && is(to, b)) || (is(from, b) && is(to, a))))
      return s.links[i].network;
  return {};
}

/// Where a link over CAF is to meet the fates of its packets.
std::optional<meeting> meeting_over_packets(const scenario& s, node_id a, node_id b) {
  const auto ends = nodes_of_links(s);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto& link = s.links[i];
    if (!at_packet_level(link) || link.transport != "caf")
      continue;
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}})
      if (ends[i].from == &s.nodes[from] && ends[i].to == &s.nodes[to])
        return meeting{.listens = to, .dials = from, .network = packet_network(link)};
  }
  return {};
}

} // namespace

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
    return meeting_over_packets(s, a, b);
  // Who has a machine of its own listens: its owner opened ports for that. But a network that is
  // asked for by name is one of whoever receives there.
  const auto network = named_network(s, a, b);
  const auto reached = [&](node_id n) { return s.nodes[n].addresses.contains(network); };
  const auto first = is_remote(s, a) ? a : b, second = first == a ? b : a;
  const auto turn = !network.empty() && !reached(first) && reached(second);
  const auto listens = turn ? second : first, dials = turn ? first : second;
  return meeting{listens, dials,
                 network.empty() ? network_of_lane(s, dials, listens, {}) : network};
}

} // namespace peernet
