// SPDX-License-Identifier: MIT
#include "actors/machine_look.hpp"

#include "runtime/config/machines.hpp"
#include "runtime/plugin/known_types.hpp"

#include <algorithm>

namespace peernet {

namespace {

std::string quoted(const scenario& s, node_id node) {
  return "\"" + s.nodes[node].name + "\"";
}

void check_daemons(const scenario& s, const machine_looks& met, std::vector<fault>& wrong) {
  for (auto one = met.begin(); one != met.end(); ++one)
    for (auto other = met.begin(); other != one; ++other)
      if (one->second.at == other->second.at)
        wrong.push_back({"nodes." + s.nodes[one->first].name + ".host",
                         {errc::bad_scenario,
                          "leads to the daemon at " + one->second.who + " that plays node " +
                              quoted(s, other->first) +
                              ", and a daemon plays one node at a time; start another one there "
                              "with --listen at another port and --cache in a folder of its own, "
                              "or put the stages of both on one node"}});
}

void check_links(const scenario& s, const machine_looks& met, std::vector<fault>& wrong) {
  const auto ends = nodes_of_links(s);
  for (const auto* link : links_within_one_machine(s, known_types())) {
    const auto& [from, to, crosses] = ends[static_cast<std::size_t>(link - s.links.data())];
    const auto a = static_cast<node_id>(from - s.nodes.data()),
               b = static_cast<node_id>(to - s.nodes.data());
    const auto one = met.find(a), other = met.find(b);
    if (one == met.end() || other == met.end() ||
        one->second.facts.clock_domain == other->second.facts.clock_domain)
      continue;
    wrong.push_back({"links." + link->name + ".transport",
                     {errc::bad_scenario,
                      "\"" + link->transport + "\" works within one machine only, and " +
                          quoted(s, a) + " (" + one->second.who + ") and " + quoted(s, b) + " (" +
                          other->second.who + ") are on two; these go between machines: " +
                          transports_between_machines(known_types())}});
  }
}

} // namespace

std::vector<fault> check_machines_met(const scenario& s, const machine_looks& met) {
  std::vector<fault> wrong;
  check_daemons(s, met, wrong);
  check_links(s, met, wrong);
  return wrong;
}

} // namespace peernet
