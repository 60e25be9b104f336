// SPDX-License-Identifier: MIT
#include "runtime/config/packet_level.hpp"

#include "runtime/config/machines.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace peernet {

namespace {

const std::string remedy = "; leave level = \"packet\" out, then whole samples are impaired";

bool starts_here(const node_config* node) {
  return node->start == node_start::child;
}

std::string level_of(const link_config& link) {
  return "links." + link.name + ".impair.level";
}

/// Why the packets of this link cannot be impaired; empty if they can.
std::string obstacle_of(const link_config& link, const link_nodes& ends, const catalogue& known) {
  if (!ends.crosses || ends.from == ends.to)
    return "both ends are on node \"" + ends.from->name + "\", so no packet leaves it";
  for (const auto* node : {ends.from, ends.to})
    if (!starts_here(node))
      return "node \"" + node->name +
             "\" does not start on this machine, and only here packets can be impaired";
  const auto* type = known.find(plugin_kind::transport, link.transport);
  if (type && type->one_machine)
    return "\"" + link.transport +
           "\" sends no packets; these do: " + transports_between_machines(known);
  return {};
}

/// What is written for a network that nodes of this machine do not see any more.
void check_addresses(const scenario& s, mistakes& wrong) {
  for (const auto& node : s.nodes)
    if (starts_here(&node) && !node.addresses.empty())
      wrong.about("nodes." + node.name + ".addresses",
                  "links at packet level give each node of this machine a network of its own, "
                  "where these addresses are not; leave them out");
}

void check_mixture(const link_config& link, const link_nodes& ends, mistakes& wrong) {
  if (starts_here(ends.from) == starts_here(ends.to))
    return;
  const auto& [here, there] =
      starts_here(ends.from) ? std::pair{ends.from, ends.to} : std::pair{ends.to, ends.from};
  wrong.about("links." + link.name,
              "links at packet level give node \"" + here->name +
                  "\" a network of its own, from which no way leads to node \"" + there->name +
                  "\" on another machine; start both here, or impair whole samples only: leave "
                  "level = \"packet\" out everywhere");
}

/// All links over CAF between two nodes share one connection, so what meets its packets meets all.
void check_shared_connections(const scenario& s, const std::vector<link_nodes>& ends,
                              mistakes& wrong) {
  std::map<std::pair<std::string, std::string>, const link_config*> first; // by from and to
  std::map<std::pair<std::string, std::string>, const link_config*> either;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto& link = s.links[i];
    const auto& [from, to, crosses] = ends[i];
    if (!from || !to || !crosses || link.transport != "caf")
      continue;
    const auto& same = *first.try_emplace({from->name, to->name}, &link).first->second;
    const auto& any = *either.try_emplace(std::minmax(from->name, to->name), &link).first->second;
    const auto differs =
        (at_packet_level(link) || at_packet_level(same)) && link.impair != same.impair;
    if (differs || at_packet_level(link) != at_packet_level(any))
      wrong.about("links." + link.name + ".transport",
                  "links over \"caf\" between two nodes share one connection, and so its packets' "
                  "fate with links." +
                      (differs ? same : any).name +
                      "; give both the same `impair`, or use another transport");
  }
}

} // namespace

bool has_packet_level(const scenario& s) noexcept {
  return std::ranges::any_of(s.links, at_packet_level);
}

const link_config* way_back_of(const scenario& s, const link_config& link) {
  const auto ends = nodes_of_links(s);
  const auto own = static_cast<std::size_t>(&link - s.links.data());
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (at_packet_level(s.links[i]) && ends[i].from == ends[own].to && ends[i].to == ends[own].from)
      return &s.links[i];
  return nullptr;
}

void check_packet_levels(const scenario& s, const catalogue& known, mistakes& wrong) {
  if (!has_packet_level(s))
    return;
  const auto ends = nodes_of_links(s);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto& link = s.links[i];
    if (!ends[i].from || !ends[i].to)
      continue;
    const auto obstacle = at_packet_level(link) ? obstacle_of(link, ends[i], known) : "";
    if (!obstacle.empty())
      wrong.about(level_of(link), obstacle + remedy);
    else if (ends[i].crosses)
      check_mixture(link, ends[i], wrong);
  }
  check_addresses(s, wrong);
  check_shared_connections(s, ends, wrong);
}

} // namespace peernet
