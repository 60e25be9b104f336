// SPDX-License-Identifier: MIT
#include "runtime/config/machines.hpp"

#include "runtime/config/node_host.hpp"
#include "runtime/config/stages.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peernet {

namespace {

constexpr std::uint16_t first_port = 1024, last_port = 65535; ///< for programs of users

/// Where the daemon of this node listens; none if it needs none, or it is no right address.
std::optional<node_host> daemon_of(const node_config& node) {
  if (node.start != node_start::daemon || node.host.empty())
    return std::nullopt;
  auto host = parse_node_host(node.host);
  return host ? std::optional(std::move(*host)) : std::nullopt;
}

bool within_one_machine(const link_config& link, const catalogue& known) {
  const auto* type = known.find(plugin_kind::transport, link.transport);
  return type && type->one_machine;
}

void check_node(const node_config& node, mistakes& wrong) {
  const auto path = "nodes." + node.name;
  if (node.start == node_start::child && !node.host.empty())
    wrong.about(path + ".host", "a child runs on this machine; leave `host` out, or `start`");
  else if (node.start == node_start::join && !node.host.empty())
    wrong.about(path + ".host",
                "a program that joins finds the coordinator by itself; leave `host` out");
  else if (node.start == node_start::daemon && node.host.empty())
    wrong.about(path + ".start",
                "where its daemon listens is missing; give `host`, for example \"10.0.0.5:7447\", "
                "or name the machine in a file for --hosts");
  else if (node.start == node_start::daemon)
    if (const auto host = parse_node_host(node.host); !host)
      wrong.about(path + ".host", host.error().message);
  for (const auto& [network, address] : node.addresses)
    if (!is_ip_address(address))
      wrong.about(path + ".addresses." + network,
                  "\"" + address + "\" is no IP address, such as \"10.0.0.5\"");
}

/// A daemon plays one node at a time.
void check_daemons(const scenario& s, mistakes& wrong) {
  std::map<std::string, const node_config*> played; // by where its daemon listens
  std::vector<const node_config*> twice;
  for (const auto& node : s.nodes)
    if (const auto host = daemon_of(node))
      if (!played.try_emplace(to_string(*host), &node).second)
        twice.push_back(&node);
  for (const auto* node : twice) {
    const auto shared = *daemon_of(*node);
    auto other = shared;
    while (played.contains(to_string(other)))
      other.port = other.port == last_port ? first_port : other.port + 1;
    played.emplace(to_string(other), node); // not proposed twice
    const auto port = ":" + std::to_string(other.port);
    wrong.about("nodes." + node->name + ".host",
                "the daemon at " + to_string(shared) + " plays node \"" +
                    played.at(to_string(shared))->name +
                    "\" already, and a daemon plays one node at a time; start another one there "
                    "(`peernet-node --listen " +
                    (is_ip_address(other.name) ? to_string(other) : "ADDRESS" + port) +
                    " --cache FOLDER`, a folder of its own) and write " + port +
                    " here, or put the stages of both on one node");
  }
}

/// The sender needs no address: its machine knows the way to the receiver's.
void check_network(const link_config& link, const node_config& receiver, mistakes& wrong) {
  if (link.network.empty() || receiver.addresses.contains(link.network))
    return;
  std::vector<std::string> networks;
  for (const auto& [network, address] : receiver.addresses)
    networks.push_back(network);
  wrong.about("links." + link.name + ".network",
              "node \"" + receiver.name + "\", which receives, has no address in \"" +
                  link.network + "\"" + wrong.hint(link.network, networks) +
                  "; addresses stand in [nodes." + receiver.name + "] addresses");
}

void check_transport(const link_config& link, const link_nodes& ends, const catalogue& known,
                     mistakes& wrong) {
  if (!within_one_machine(link, known) || may_share_machine(*ends.from, *ends.to))
    return;
  wrong.about("links." + link.name + ".transport",
              "\"" + link.transport + "\" works within one machine only, and \"" + ends.from->name +
                  "\" and \"" + ends.to->name + "\" may be on two; these go between machines: " +
                  transports_between_machines(known));
}

/// All links over CAF between two nodes share one connection, so they go over one network. Children
/// have a socket between them instead.
void check_shared_networks(const scenario& s, const std::vector<link_nodes>& ends,
                           mistakes& wrong) {
  std::map<std::pair<std::string, std::string>, const link_config*> first;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto& link = s.links[i];
    const auto& [from, to, crosses] = ends[i];
    if (!crosses || link.transport != "caf" ||
        (from->start == node_start::child && to->start == node_start::child))
      continue;
    const auto& other = *first.try_emplace(std::minmax(from->name, to->name), &link).first->second;
    if (other.network == link.network)
      continue;
    const auto name = [](const link_config& l) {
      return l.network.empty() ? std::string("the default one") : "\"" + l.network + "\"";
    };
    wrong.about(
        "links." + link.name + ".network",
        "links over \"caf\" between two nodes share one connection and so one network; here "
        "it is " +
            name(link) + ", in links." + other.name + " " + name(other) +
            ": name the same, or use another transport");
  }
}

} // namespace

std::vector<link_nodes> nodes_of_links(const scenario& s) {
  std::map<std::string_view, const node_config*> nodes, by_stage;
  for (const auto& node : s.nodes)
    nodes.try_emplace(node.name, &node);
  const auto found = [](const auto& in, const std::string& name) {
    const auto it = in.find(name);
    return it == in.end() ? nullptr : it->second;
  };
  for (const auto& r : stages_of(s))
    by_stage.try_emplace(r.stage->name, found(nodes, r.stage->node));
  std::vector<link_nodes> all;
  for (const auto& link : s.links) {
    const auto* from = found(by_stage, link.from);
    const auto* to = found(by_stage, link.to);
    all.push_back({from, to, from && to && (from != to || link.force)});
  }
  return all;
}

bool may_share_machine(const node_config& a, const node_config& b) {
  if (a.name == b.name || (a.start == node_start::child && b.start == node_start::child))
    return true;
  const auto one = daemon_of(a), other = daemon_of(b);
  return one && other && one->name == other->name;
}

std::vector<const link_config*> links_within_one_machine(const scenario& s,
                                                         const catalogue& known) {
  std::vector<const link_config*> links;
  const auto ends = nodes_of_links(s);
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (ends[i].crosses && within_one_machine(s.links[i], known))
      links.push_back(&s.links[i]);
  return links;
}

std::string transports_between_machines(const catalogue& known) {
  std::string names;
  for (const auto& type : known.entries())
    if (type.kind == plugin_kind::transport && !type.one_machine)
      names += (names.empty() ? "" : ", ") + type.name;
  return names;
}

bool needs_socket_folder(const scenario& s, const catalogue& known) {
  return !links_within_one_machine(s, known).empty();
}

std::vector<std::string> own_outputs(const scenario& s, std::string_view node,
                                     const catalogue& known) {
  std::vector<std::string> keys;
  for (const auto& r : stages_of(s))
    if (const auto* type = known.find(plugin_of(r.kind), r.stage->type);
        type && r.stage->node == node)
      for (const auto& def : type->options)
        if (def.kind == option_kind::output && r.stage->settings.has(def.name))
          keys.push_back(r.path() + "." + def.name);
  return keys;
}

void check_machines(const scenario& s, const catalogue& known, mistakes& wrong) {
  for (const auto& node : s.nodes) {
    check_node(node, wrong);
    if (node.start != node_start::child)
      for (const auto& key : own_outputs(s, node.name, known))
        wrong.about(key, "node \"" + node.name +
                             "\" is another machine, where nothing is written but the run's "
                             "results; leave it out: what the sink writes comes back into them");
  }
  check_daemons(s, wrong);
  const auto ends = nodes_of_links(s);
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (ends[i].crosses) {
      check_network(s.links[i], *ends[i].to, wrong);
      check_transport(s.links[i], ends[i], known, wrong);
    }
  check_shared_networks(s, ends, wrong);
}

} // namespace peernet
