// SPDX-License-Identifier: MIT
// Which of a node's addresses data may come to, and which of them a link uses. The coordinator
// alone knows how machines see each other, so it resolves the addresses and every node is told its
// own; which network a lane uses is a rule that all nodes follow alike.
#pragma once

#include "runtime/config/scenario.hpp"
#include "runtime/core/ids.hpp"

#include <map>
#include <string>
#include <vector>

namespace peernet {

/// A network that reaches a node, and the node's own address there. The network without a name is
/// the default one; "to:cloud" is the one that faces the remote node "cloud" (no name of a user's
/// has a colon); the others are named in the scenario.
struct node_network {
  std::string network;
  std::string address; ///< an IP address
  bool operator==(const node_network&) const = default;
};

/// The two ends of the coordinator's control connection to a remote node.
struct control_path {
  std::string remote_address; ///< where the coordinator reached the node
  std::string local_address;  ///< of the coordinator's machine, as it faces the node
};

/// What the coordinator knows of every remote node, one with `start` "daemon" or "join".
using facing = std::map<node_id, control_path>;

/// A node on another machine than the coordinator's, as far as anybody knows: one that the
/// coordinator did not start itself.
[[nodiscard]] bool is_remote(const scenario& s, node_id node);

/// A child with a network namespace of its own, from which only cables lead to other children: what
/// a link at packet level makes of all of them.
[[nodiscard]] bool is_isolated(const scenario& s, node_id node);

/// The network that is nothing but this link, at packet level: "over:uplink". Both of its nodes
/// have an address there.
[[nodiscard]] std::string packet_network(const link_config& l);

/// The network on which the receiving end of a lane of link `l` is bound; `to` is the node of that
/// end. The link's own if it names one. Else the default network, except where a remote node sends
/// to a child of the coordinator: a child's default is the loopback, so its end is bound on the
/// address that faces the sender. Between isolated nodes it is the link's own if that is at packet
/// level, else the one that faces the sender.
[[nodiscard]] std::string network_of_lane(const scenario& s, node_id from, node_id to,
                                          const link_config& l);

/// The network of a child's address that faces a remote node: "to:cloud"; of isolated nodes,
/// another one such.
[[nodiscard]] std::string facing_network(const scenario& s, node_id remote);

/// The network on which `self` sends to `peer` over link `l`: one of its own, for what must know
/// its source address (clock probes).
[[nodiscard]] std::string network_towards(const scenario& s, node_id self, node_id peer,
                                          const link_config& l);

/// Every network that reaches `node`, cables of isolated nodes left out. A child: the loopback as
/// the default, then what faces each remote node. A remote node: what the coordinator reached it
/// at, as the default. Then, for both, the addresses of the scenario by name. A remote node missing
/// in `paths` has no default network and is faced by nobody.
[[nodiscard]] std::vector<node_network> resolve_networks(const scenario& s, node_id node,
                                                         const facing& paths);

} // namespace peernet
