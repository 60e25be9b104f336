// SPDX-License-Identifier: MIT
// Which nodes share a machine, and what follows from it: what nodes and links must say to reach
// each other, and which transports will do between them.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/scenario.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// The nodes at a link's ends; null where the end, or its node, does not exist.
struct link_nodes {
  const node_config* from = nullptr;
  const node_config* to = nullptr;
  bool crosses = false; ///< both exist and samples go over the transport: no local hand-off
};

/// By link, in the order of `s.links`. Points into `s`.
[[nodiscard]] std::vector<link_nodes> nodes_of_links(const scenario& s);

/// True if a transport within one machine may join `a` and `b`: they are one node, children both,
/// or played by two daemons at one address. Of daemons it is known for certain only when they are
/// called (machine_facts::clock_domain): one address may lead to several machines.
[[nodiscard]] bool may_share_machine(const node_config& a, const node_config& b);

/// Links whose samples go over a transport that works within one machine only. Points into `s`.
[[nodiscard]] std::vector<const link_config*> links_within_one_machine(const scenario& s,
                                                                       const catalogue& known);

/// For messages: "zmq-tcp, caf".
[[nodiscard]] std::string transports_between_machines(const catalogue& known);

/// True if samples of `s` go over a transport that works within one machine only, and so meet in a
/// folder that the nodes of that machine share.
[[nodiscard]] bool needs_socket_folder(const scenario& s, const catalogue& known);

/// Keys of this node's stages that name a place of their own to write to: "sinks.disk.path". On
/// another machine there must be none: what is written there goes into the run's results only, and
/// no scenario can write anywhere else.
[[nodiscard]] std::vector<std::string> own_outputs(const scenario& s, std::string_view node,
                                                   const catalogue& known);

/// Part of validation: every node can be reached, and every link can join its two nodes.
void check_machines(const scenario& s, const catalogue& known, mistakes& wrong);

} // namespace peernet
