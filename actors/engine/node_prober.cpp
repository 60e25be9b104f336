// SPDX-License-Identifier: MIT
#include "actors/engine/node_prober.hpp"

#include "actors/engine/networks.hpp"
#include "runtime/config/packet_level.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

result<std::unique_ptr<node_prober>>
node_prober::start(node_graph& graph, const std::string& secret, port_range ports) {
  const auto& self = graph.what().nodes[graph.self()];
  std::vector<probe_network> networks;
  for (const auto& n : graph.networks())
    networks.push_back({.name = n.network, .address = n.address, .ports = ports});
  auto service = probe_service::start({.clock = &graph.clock(),
                                       .node = graph.self(),
                                       .secret = secret,
                                       .seed = graph.what().seed + graph.self()},
                                      networks);
  if (!service)
    return error{service.error().code,
                 "nodes." + self.name + ": clock probes: " + service.error().message};
  return std::unique_ptr<node_prober>(new node_prober(graph, std::move(*service)));
}

result<void> node_prober::set_targets(std::span<const clock_id> clocks,
                                      const std::vector<probe_point>& everywhere) {
  own_clock_ = clocks[graph_.self()];
  const auto& p = graph_.whole();
  const auto link_of = [&](const plan_lane& l) -> const link_config& {
    return graph_.what().links[p.places[l.link].config];
  };
  std::vector<probe_target> targets;
  for (const auto& lane : p.lanes) {
    const auto from = p.instances[lane.from].node, to = p.instances[lane.to].node;
    if (from != graph_.self() || to == from)
      continue;
    const auto& link = link_of(lane);
    // One of the two asks: an exchange says the same of both. Where links lead both ways, it is the
    // one with the smaller number.
    const auto back = std::ranges::any_of(p.lanes, [&](const plan_lane& l) {
      return p.instances[l.from].node == to && p.instances[l.to].node == from &&
             link_of(l).network == link.network;
    });
    if (back && to < from)
      continue;
    const auto network = network_of_lane(graph_.what(), from, to, link);
    const auto point = std::ranges::find_if(
        everywhere, [&](const probe_point& at) { return at.node == to && at.network == network; });
    if (point == everywhere.end()) {
      warn({{to, link.network, "", 0}, clocks[to]}, "it has no address there");
      continue;
    }
    // Users know the network by the link's word for it.
    const probe_target target{.at = {to, link.network, point->address, point->port},
                              .clock = clocks[to],
                              .via = network_towards(graph_.what(), from, to, link)};
    if (std::ranges::find(targets, target) == targets.end())
      targets.push_back(target);
  }
  return service_->set_targets(own_clock_, targets);
}

void node_prober::report_silence() {
  for (const auto& r : service_->report())
    if (r.asked > 0 && r.answered == 0)
      warn(r.target, "no answer from " + r.target.at.address + ":" +
                         std::to_string(r.target.at.port) + " (UDP)" + emulated(r.target));
}

/// Where nobody but the scenario may be to blame.
std::string node_prober::emulated(const probe_target& target) const {
  for (const auto& l : graph_.what().links)
    if (at_packet_level(l) && target.via == packet_network(l))
      return ", over the impaired packets of links." + l.name;
  return {};
}

void node_prober::warn(const probe_target& target, const std::string& why) {
  const auto same = [&](const probe_target& t) {
    return t.at.node == target.at.node && t.at.network == target.at.network;
  };
  if (std::ranges::any_of(silent_, same))
    return;
  silent_.push_back(target);
  const auto& network = target.at.network;
  const bool shared = target.clock == own_clock_;
  graph_.events().add({graph_.clock().now(), shared ? severity::info : severity::warning,
                       "clock probes unanswered",
                       "node " + graph_.whole().nodes[target.at.node] +
                           (network.empty() ? "" : " on network " + network) + ": " + why +
                           (shared ? "; they share a clock, so that no figure depends on it"
                                   : "; its clock is compared over the coordinator, which widens "
                                     "the bound of the links to it")});
}

clock_news node_prober::take() {
  return news_of(*service_);
}

clock_news news_of(probe_service& service) {
  const auto& counted = service.counters();
  return {.probes = service.take(),
          .looks = service.take_disciplines(),
          .bytes_sent = counted.bytes_sent,
          .cpu_ns = to_ns(service.cpu_time()),
          .mishaps = {.foreign = counted.foreign,
                      .unexpected = counted.unexpected,
                      .late = counted.late,
                      .overflowed = counted.overflowed,
                      .own_stamps = counted.own_stamps}};
}

} // namespace peernet
