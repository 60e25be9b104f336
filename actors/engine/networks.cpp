// SPDX-License-Identifier: MIT
#include "actors/engine/networks.hpp"

#include "runtime/config/packet_level.hpp"

namespace peernet {

std::string facing_network(const scenario& s, node_id remote) {
  return "to:" + s.nodes[remote].name;
}

std::string packet_network(const link_config& l) {
  return "over:" + l.name;
}

bool is_isolated(const scenario& s, node_id node) {
  return has_packet_level(s) && !is_remote(s, node);
}

bool is_remote(const scenario& s, node_id node) {
  return s.nodes[node].start != node_start::child;
}

std::string network_of_lane(const scenario& s, node_id from, node_id to, const link_config& l) {
  if (!l.network.empty())
    return l.network;
  if (from != to && is_isolated(s, from) && is_isolated(s, to))
    return at_packet_level(l) ? packet_network(l) : facing_network(s, from);
  return is_remote(s, from) && !is_remote(s, to) ? facing_network(s, from) : "";
}

std::string network_towards(const scenario& s, node_id self, node_id peer, const link_config& l) {
  if (!l.network.empty() && s.nodes[self].addresses.contains(l.network))
    return l.network;
  return at_packet_level(l) ? packet_network(l) : network_of_lane(s, peer, self, {});
}

std::vector<node_network> resolve_networks(const scenario& s, node_id node, const facing& paths) {
  std::vector<node_network> networks;
  if (!is_remote(s, node)) {
    networks.push_back({.network = "", .address = "127.0.0.1"});
    if (!is_isolated(s, node))
      for (const auto& [remote, path] : paths)
        networks.push_back({facing_network(s, remote), path.local_address});
  } else if (const auto path = paths.find(node); path != paths.end()) {
    networks.push_back({.network = "", .address = path->second.remote_address});
  }
  for (const auto& [network, address] : s.nodes[node].addresses)
    networks.push_back({network, address});
  return networks;
}

} // namespace peernet
