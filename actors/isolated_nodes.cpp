// SPDX-License-Identifier: MIT
#include "actors/isolated_nodes.hpp"

#include "actors/engine/load_errors.hpp"
#include "runtime/config/impair_check.hpp"
#include "runtime/config/packet_level.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace peernet {

namespace {

/// Packets that wait for the shaper's thread: some tens of milliseconds of it, at the most it can.
constexpr unsigned shaper_queue = 4096;

/// Address 1 or 2 of subnet `number`: 10.64.0.0/30, 10.64.0.4/30, … Nothing else is there, so they
/// clash with nobody's.
std::string address_in(std::uint32_t number, std::uint32_t side) {
  const auto all = (10u << 24 | 64u << 16) + 4 * number + side;
  return std::to_string(all >> 24) + "." + std::to_string(all >> 16 & 255) + "." +
         std::to_string(all >> 8 & 255) + "." + std::to_string(all & 255);
}

void add_counts(link_end& to, const std::string& way, const path_counts& c,
                const result<std::uint64_t>& missed) {
  if (missed) // else nobody knows, which is not 0
    to.counts.push_back({way + "missed", *missed});
  for (const auto& [name, count] : {std::pair{"entered", c.entered},
                                    {"delivered", c.delivered},
                                    {"lost", c.fates.lost},
                                    {"bursts", c.fates.bursts},
                                    {"overflow", c.fates.overflowed},
                                    {"duplicated", c.fates.duplicated},
                                    {"reordered", c.fates.reordered},
                                    {"corrupted", c.fates.corrupted},
                                    {"crowded", c.crowded},
                                    {"refused", c.refused},
                                    {"probes", c.probes},
                                    {"probes-lost", c.probes_lost},
                                    {"planned-p50-ns", c.planned.percentile(0.5)},
                                    {"planned-p99-ns", c.planned.percentile(0.99)},
                                    {"planned-max-ns", c.planned.most()},
                                    {"late-p50-ns", c.late.percentile(0.5)},
                                    {"late-p99-ns", c.late.percentile(0.99)},
                                    {"late-max-ns", c.late.most()}})
    to.counts.push_back({way + name, count});
}

} // namespace

result<std::unique_ptr<isolated_nodes>> isolated_nodes::make(const scenario& s, const plan& whole,
                                                             const catalogue& known) {
  std::unique_ptr<isolated_nodes> all(new isolated_nodes(s));
  result<void> done;
  for (node_id n = 0; n < s.nodes.size() && done; ++n)
    if (is_isolated(s, n))
      done = all->settle(n);
  if (done)
    done = all->join(whole, known);
  if (done)
    return all;
  const auto& first = *std::ranges::find_if(s.links, at_packet_level);
  auto [code, message] = std::move(done).error();
  if (code == errc::refused) {
    code = errc::bad_scenario;
    message = "\"packet\" needs " + message +
              "; start peernet-run as root, or leave level = \"packet\" out: then whole samples "
              "are impaired";
  }
  return message.starts_with("links.") // of a trace, which has its own key
             ? error{code, std::move(message)}
             : with_key({"links." + first.name + ".impair.level", {code, std::move(message)}});
}

result<void> isolated_nodes::settle(node_id node) {
  auto inside = network_namespace::make();
  if (!inside)
    return std::move(inside).error();
  auto doors = interfaces::of(*inside);
  if (!doors)
    return std::move(doors).error();
  if (auto up = doors->raise("lo"); !up)
    return up;
  houses_.emplace(node, house{std::move(*inside), std::move(*doors), {}});
  return {};
}

result<void> isolated_nodes::join(const plan& whole, const catalogue& known) {
  std::set<place_id> shaped_places;
  std::set<std::pair<node_id, node_id>> joined;
  for (const auto& lane : whole.lanes) {
    const auto from = whole.instances[lane.from].node, to = whole.instances[lane.to].node;
    const auto& link = what_.links[whole.places[lane.link].config];
    result<void> done;
    if (from == to || !houses_.contains(from) || !houses_.contains(to))
      continue;
    if (at_packet_level(link)) {
      if (shaped_places.insert(lane.link).second)
        done = shape(link, lane.link, from, to, known);
    } else if (joined.insert(std::minmax(from, to)).second) {
      done = lay_cable(from, to);
    }
    if (!done)
      return done;
  }
  return {};
}

result<void> isolated_nodes::shape(const link_config& link, place_id place, node_id from,
                                   node_id to, const catalogue& known) {
  const auto device = "packets" + std::to_string(cables_);
  auto near = tun_device::make(houses_.at(from).inside, device);
  if (!near)
    return std::move(near).error();
  auto far = tun_device::make(houses_.at(to).inside, device);
  if (!far)
    return std::move(far).error();
  const auto network = packet_network(link);
  if (auto done = name_ends(from, to, device, {network, network}, shaper_queue); !done)
    return done;
  const auto emulation_by = [&](const link_config* l) -> result<emulation> {
    if (!l)
      return emulation{.what = {}, .reliable = false, .seed = what_.seed, .trace = {}};
    auto trace = trace_of(*l, what_.directory, known);
    if (!trace)
      return std::move(trace).error();
    return emulation{
        .what = *l->impair, .reliable = false, .seed = what_.seed, .trace = *std::move(trace)};
  };
  auto forth = emulation_by(&link), back = emulation_by(way_back_of(what_, link));
  if (!forth || !back)
    return forth ? std::move(back).error() : std::move(forth).error();
  links_.push_back(
      {place, from, to, device, network,
       std::make_unique<packet_shaper>(packet_shaper::ends{std::move(*near), std::move(*far)},
                                       link.name, *std::move(forth), *std::move(back))});
  return {};
}

result<void> isolated_nodes::lay_cable(node_id from, node_id to) {
  const auto device = "cable" + std::to_string(cables_);
  auto& near = houses_.at(from);
  if (auto done = near.doors.add_cable(device, houses_.at(to).inside, device); !done)
    return done;
  return name_ends(from, to, device, {facing_network(what_, to), facing_network(what_, from)}, 0);
}

/// `networks`: what `from` and `to` know their ends as.
result<void> isolated_nodes::name_ends(node_id from, node_id to, const std::string& device,
                                       std::pair<std::string, std::string> networks,
                                       unsigned queue) {
  const auto subnet = cables_++;
  for (const auto& [node, network, side] :
       {std::tuple{from, networks.first, 1u}, {to, networks.second, 2u}}) {
    auto& h = houses_.at(node);
    const auto address = address_in(subnet, side);
    if (auto done = h.doors.add_address(device, address + "/30"); !done)
      return done;
    if (auto done = h.doors.raise(device, queue); !done)
      return done;
    h.networks.push_back({network, address});
  }
  return {};
}

const network_namespace* isolated_nodes::home(node_id node) const {
  const auto found = houses_.find(node);
  return found == houses_.end() ? nullptr : &found->second.inside;
}

std::vector<node_network> isolated_nodes::networks(node_id node) const {
  const auto found = houses_.find(node);
  return found == houses_.end() ? std::vector<node_network>{} : found->second.networks;
}

void isolated_nodes::tell_probes(const std::vector<probe_point>& points) {
  for (auto& l : links_) {
    const auto port = [&](node_id n) -> std::uint16_t {
      const auto at = std::ranges::find_if(
          points, [&](const probe_point& p) { return p.node == n && p.network == l.network; });
      return at == points.end() ? 0 : at->port;
    };
    l.shaper->tell_probes(port(l.from), port(l.to));
  }
}

std::vector<link_end> isolated_nodes::ends() const {
  std::vector<link_end> all;
  for (const auto& l : links_) {
    link_end e{.link = l.place, .node = coordinator_node, .side = link_side::network};
    const auto missed = [&](node_id n) { return houses_.at(n).doors.missed(l.device); };
    add_counts(e, "packets-", l.shaper->forth(), missed(l.from));
    add_counts(e, "back-", l.shaper->back(), missed(l.to));
    all.push_back(std::move(e));
  }
  return all;
}

} // namespace peernet
