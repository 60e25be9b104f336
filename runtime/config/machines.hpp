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

/// True if `a` and `b` share a machine for sure: they are one node, children both, or on hosts of
/// the same address and port. Two names of one machine cannot be told from two machines.
[[nodiscard]] bool on_one_machine(const node_config& a, const node_config& b);

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
