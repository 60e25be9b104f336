// SPDX-License-Identifier: MIT
// What an examination says: facts with their figures, and what to do about those that are not good.
#include "actors/doctor.hpp"
#include "actors/engine/networks.hpp"
#include "actors/remedies.hpp"
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/config/machines.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/units.hpp"
#include "runtime/plugin/known_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

using grade = finding::grade;

/// Four samples of 1 MB, a usual burst of pictures, fit into a buffer of this size, bytes.
constexpr std::int64_t enough_buffer = 4 << 20;
/// What Ethernet carries; less splits samples into more packets.
constexpr std::uint32_t usual_mtu = 1500;
/// A bound wider than this says little about delays within one building.
constexpr std::int64_t wide_bound_ns = 1'000'000;

std::string size_text(std::uint64_t bytes) {
  return show_size(static_cast<double>(bytes));
}

class examiner {
public:
  explicit examiner(const examination& e) : e_(e), s_(e.what.scenario), ends_(nodes_of_links(s_)) {}

  std::vector<finding> look() {
    look_at_machine("this machine", "this machine", e_.own, 0);
    if (needs_identity())
      bad("identity",
          e_.access.why_nobody.empty() ? "this machine has none to show to the others"
                                       : e_.access.why_nobody,
          e_.access.kind_of_nobody == errc::not_found
              ? "`peernet-node --init` here, once; then pair with each machine: `peernet-node "
                "--invite` there, `peernet-node --pair ADDRESS TOKEN` here"
              : "mend that file; or move it away, make a new identity with `peernet-node --init` "
                "and pair again with each machine",
          exit_code::bad_scenario);
    for (node_id n = 0; n < s_.nodes.size(); ++n)
      look_at_node(n);
    for (const auto& o : e_.obstacles)
      findings_.push_back(explain(o, e_));
    for (std::size_t i = 0; i < s_.links.size(); ++i)
      look_at_link(i);
    if (e_.rehearsed)
      look_at_clocks(*e_.rehearsed);
    return std::move(findings_);
  }

private:
  void good(std::string about, std::string what) {
    findings_.push_back({grade::good, std::move(about), std::move(what), ""});
  }
  void look(std::string about, std::string what, std::string remedy) {
    findings_.push_back({grade::look, std::move(about), std::move(what), std::move(remedy)});
  }
  void bad(std::string about, std::string what, std::string remedy, exit_code code) {
    findings_.push_back({grade::bad, std::move(about), std::move(what), std::move(remedy), code});
  }

  [[nodiscard]] bool needs_identity() const {
    if (e_.access.insecure || e_.access.self)
      return false;
    for (node_id n = 0; n < s_.nodes.size(); ++n)
      if (is_remote(s_, n))
        return true;
    return false;
  }

  /// All that is well about it in one line.
  void look_at_machine(const std::string& about, const std::string& machine, const machine_facts& m,
                       std::uint32_t mtu) {
    auto well = fmt::format("{}, PeerNet {}, {} cores", m.host, m.version, m.cores);
    if (m.governor == "performance")
      well += ", CPU governor performance";
    else if (!m.governor.empty())
      look(about,
           "CPU governor " + m.governor +
               ": the frequency follows the load, and times follow the frequency",
           "`cpupower frequency-set -g performance` on " + machine);
    const auto buffers = std::min(m.most_receive_buffer, m.most_send_buffer);
    const auto sizes = fmt::format("socket buffers of up to {} for receiving, {} for sending",
                                   size_text(static_cast<std::uint64_t>(m.most_receive_buffer)),
                                   size_text(static_cast<std::uint64_t>(m.most_send_buffer)));
    if (buffers >= enough_buffer)
      well += ", socket buffers up to " + size_text(static_cast<std::uint64_t>(buffers));
    else if (buffers > 0) // else the system does not show them
      look(about, sizes + ": bursts of large samples do not fit",
           fmt::format("`sysctl -w net.core.rmem_max={0} net.core.wmem_max={0}` on {1}",
                       enough_buffer, machine));
    if (mtu >= usual_mtu)
      well += fmt::format(", MTU {}", mtu);
    good(about, well);
  }

  void look_at_node(node_id n) {
    const auto& config = s_.nodes[n];
    const auto about = "node " + config.name;
    if (config.start == node_start::join && e_.access.listen.empty())
      return bad(about, "joins by itself, and nobody listens for it here",
                 "add --listen ADDRESS:PORT, an address of this machine that it can reach",
                 exit_code::bad_scenario);
    const auto found = e_.machines.find(n);
    if (found == e_.machines.end())
      return look_at_networks(n, e_.own);
    const auto& m = found->second;
    look_at_machine(about, machine_of(e_, n), m.facts, m.path_mtu);
    if (!m.facts.busy.empty())
      bad(about, "is busy with " + m.facts.busy,
          "wait until that is over, or end it; a daemon plays one node at a time",
          exit_code::node_lost);
    if (const auto files = e_.to_ship.find(n);
        files != e_.to_ship.end() && files->second > m.facts.most_shipped) {
      const auto [needed, taken] = print_excess(files->second, m.facts.most_shipped);
      bad(about, "the scenario's files for it are " + needed + ", and it takes " + taken,
          "start peernet-node there with --accept-files " + needed, exit_code::node_lost);
    }
    if (m.path_mtu > 0)
      look_at_mtu(about, "on the way there", m.path_mtu);
    look_at_networks(n, m.facts);
  }

  void look_at_mtu(const std::string& about, const std::string& where, std::uint32_t mtu) {
    if (mtu < usual_mtu)
      look(about,
           fmt::format("MTU {} {}: a tunnel, perhaps; samples take more packets", mtu, where),
           fmt::format("compare `ip link` on both machines; `ip link set DEVICE mtu {}` where the "
                       "network carries that",
                       usual_mtu));
  }

  /// Of networks that links to it use.
  void look_at_networks(node_id n, const machine_facts& m) {
    const auto& config = s_.nodes[n];
    for (const auto& [network, address] : config.addresses) {
      const auto own = std::ranges::find_if(
          m.networks, [&](const machine_network& o) { return same_address(o.address, address); });
      for (std::size_t i = 0; i < ends_.size(); ++i)
        if (own != m.networks.end() && ends_[i].crosses && ends_[i].to == &config &&
            s_.links[i].network == network) {
          look_at_mtu("node " + config.name, "on " + network, own->mtu);
          break;
        }
    }
  }

  void look_at_link(std::size_t i) {
    const auto& l = s_.links[i];
    const auto about = "link " + l.name;
    if (!ends_[i].crosses)
      return good(about, "stays within node " + ends_[i].from->name);
    const auto from = number(ends_[i].from), to = number(ends_[i].to);
    for (const auto n : {from, to})
      if (e_.absent.contains(n))
        return untried(about, "not tried without node " + s_.nodes[n].name);
    if (e_.missing.links.contains(l.name))
      return untried(about, "not tried over " + l.transport);
    if (e_.missing.addresses.contains({ends_[i].to->name, l.network}))
      return untried(about, "not tried on " + l.network);
    if (!e_.rehearsed)
      return untried(about, "not tried: the nodes did not get so far");
    const auto& r = *e_.rehearsed;
    const auto [asker, answerer] = ways_of(r, l, from, to);
    const auto where = place_of_link(r, l, answerer);
    // Where the channel knows why, that stands behind the name.
    const auto missing = std::ranges::find_if(r.unlinked, [&](const std::string& u) {
      return u == l.name || u.starts_with(l.name + " (");
    });
    if (missing == r.unlinked.end())
      return good(about, where.empty() ? l.transport + " connects the two"
                                       : l.transport + " reaches " + where);
    if (bound(l.name))
      bad(about,
          fmt::format("{} from {} does not reach {}{}", l.transport, machine_of(e_, asker),
                      where.empty() ? "node " + s_.nodes[answerer].name : where,
                      missing->substr(l.name.size())),
          remedy_for_link(l, answerer), exit_code::node_lost);
  }

  [[nodiscard]] std::string remedy_for_link(const link_config& l, node_id to) const {
    for (const auto* inside : links_within_one_machine(s_, known_types()))
      if (inside == &l)
        return "let one user run both daemons on that machine, or set transport = \"zmq-tcp\" at " +
               place_of(e_.what, "links." + l.name);
    return open_ports(e_, to, l.transport == "udp" ? "UDP" : "TCP");
  }

  void untried(std::string about, std::string what) {
    findings_.push_back({grade::untried, std::move(about), std::move(what), ""});
  }

  /// Else the reason why its end could not be bound has been told.
  [[nodiscard]] bool bound(const std::string& link) const {
    return std::ranges::none_of(e_.obstacles,
                                [&](const obstacle& o) { return o.what.key == "links." + link; });
  }

  [[nodiscard]] node_id number(const node_config* node) const {
    return static_cast<node_id>(node - s_.nodes.data());
  }

  /// Who connects, and with whom: the sender with the receiver, but of two nodes whose links go
  /// over CAF the one with the other's door.
  static std::pair<node_id, node_id> ways_of(const rehearsal& r, const link_config& l, node_id from,
                                             node_id to) {
    const auto opens = [&](node_id n) {
      return std::ranges::find(r.endpoints.doors, n, &door_line::node) != r.endpoints.doors.end();
    };
    return l.transport == "caf" && opens(from) && !opens(to) ? std::pair{to, from}
                                                             : std::pair{from, to};
  }

  /// The first of its ends, or that door.
  [[nodiscard]] std::string place_of_link(const rehearsal& r, const link_config& l,
                                          node_id answerer) const {
    const auto text = [](const std::string& address, std::uint16_t port) {
      return bracketed(address) + ":" + std::to_string(port);
    };
    for (const auto& end : r.endpoints.ends)
      if (e_.whole.places[end.link].name == l.name && end.port != 0)
        return text(end.address, end.port);
    for (const auto& door : r.endpoints.doors)
      if (l.transport == "caf" && door.node == answerer)
        return text(door.address, door.port);
    return "";
  }

  void look_at_clocks(const rehearsal& r) {
    look_at_datagrams(r);
    const auto estimated = estimate_clocks(
        {.probes = r.learnt.probes, .looks = r.learnt.looks, .names = e_.whole.nodes});
    std::string shared;
    for (const auto& p : estimated.pairs) {
      if (!is_elsewhere(p.answerer) && !is_elsewhere(p.asker))
        continue; // of one machine
      if (e_.absent.contains(p.answerer) || e_.absent.contains(p.asker))
        continue;
      const auto pair = fmt::format("{} and {}{}", name(p.answerer), name(p.asker),
                                    p.network.empty() ? "" : " on " + p.network);
      const auto trip = "round trip " + show_duration(duration{p.shortest_ns});
      if (p.shared) {
        shared += fmt::format("{}{} ({})", shared.empty() ? "" : ", ", pair, trip);
        continue;
      }
      const auto apart =
          fmt::format("{}: {} apart ± {}, {}", pair, show_duration(duration{p.offset_ns}),
                      show_duration(duration{p.bound_ns}), trip);
      if (p.bound_ns <= wide_bound_ns)
        good("clocks", apart);
      else
        look("clocks", apart + ": too wide to say much about one-way delays",
             "use a network with a shorter round trip between these two, if there is one");
    }
    if (!shared.empty())
      good("clocks", "one clock: " + shared);
  }

  /// Who does not answer probes by UDP: asked by this machine, and between the ends of links. No
  /// datagram leads from here to isolated nodes, and none is missed.
  void look_at_datagrams(const rehearsal& r) {
    for (node_id n = 0; n < r.by_udp.size(); ++n)
      if (!r.by_udp[n] && !e_.absent.contains(n) && !is_isolated(s_, n))
        look("clocks",
             fmt::format("no clock probes (UDP) pass between this machine and node {}: its clock "
                         "is compared over the control connection, less closely",
                         s_.nodes[n].name),
             open_ports(e_, n, "UDP"));
    std::set<std::pair<const node_config*, const node_config*>> told;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      const auto& [a, b, crosses] = ends_[i];
      const auto& network = s_.links[i].network;
      if (!crosses || a == b || !answers(r, number(a)) || !answers(r, number(b)) ||
          e_.missing.links.contains(s_.links[i].name) ||
          e_.missing.addresses.contains({b->name, network}))
        continue;
      const auto between = [&](const probe& p) {
        return p.method == by_udp && p.network == network &&
               std::minmax(p.asker, p.answerer) == std::minmax(number(a), number(b));
      };
      if (std::ranges::any_of(r.learnt.probes, between) || !told.insert(std::minmax(a, b)).second)
        continue;
      look("clocks",
           fmt::format("no clock probes (UDP) pass between nodes {} and {}{}: their clocks are "
                       "compared over this machine, less closely",
                       a->name, b->name, network.empty() ? "" : " on " + network),
           open_ports(e_, number(is_remote(s_, number(b)) ? b : a), "UDP"));
    }
  }

  [[nodiscard]] bool is_elsewhere(node_id n) const {
    return n < s_.nodes.size() && is_remote(s_, n);
  }

  /// Else all has been said.
  [[nodiscard]] bool answers(const rehearsal& r, node_id n) const {
    return !e_.absent.contains(n) && n < r.by_udp.size() && (r.by_udp[n] || is_isolated(s_, n));
  }

  [[nodiscard]] std::string name(node_id n) const {
    return n < s_.nodes.size() ? s_.nodes[n].name : "this machine";
  }

  const examination& e_;
  const scenario& s_;
  const std::vector<link_nodes> ends_;
  std::vector<finding> findings_;
};

} // namespace

std::vector<finding> findings_of(const examination& e) {
  return examiner(e).look();
}

} // namespace peernet
