// SPDX-License-Identifier: MIT
// From a shipped scenario to links that stand and clocks that are compared.
#include "actors/caf_error.hpp"
#include "actors/clock.hpp"
#include "actors/node_steps.hpp"
#include "runtime/config/machines.hpp"
#include "runtime/config/reader.hpp"
#include "transports/security.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <map>
#include <unistd.h>
#include <utility>

namespace peernet::actors::node_steps {

namespace {

/// For one direct connection with another machine.
constexpr duration door_patience = std::chrono::seconds{5};

std::string host_name() {
  char text[256] = {};
  return ::gethostname(text, sizeof text - 1) == 0 ? text : "unknown";
}

std::vector<end_line> to_lines(const std::vector<bound_end>& ends) {
  std::vector<end_line> lines;
  for (const auto& e : ends)
    lines.push_back(
        {e.link, e.instance, e.where.node, e.where.network, e.where.address, e.where.port});
  return lines;
}

std::vector<bound_end> from_lines(const std::vector<end_line>& lines) {
  std::vector<bound_end> ends;
  for (const auto& l : lines)
    ends.push_back({l.link, l.instance, {l.node, l.network, l.address, l.port}});
  return ends;
}

/// Ends of samples that a closed-loop sensor on another node waits for go there over the direct
/// connection.
void forward_notices(self_ptr self) {
  auto& g = *self->state.graph;
  const auto& p = g.whole();
  for (std::uint32_t number = 0; number < p.sensors.size(); ++number) {
    const auto& i = p.instances[p.sensors[number]];
    if (i.node == g.self() ||
        g.what().sensors[p.places[i.place].config].arrival != arrival::closed_loop)
      continue;
    g.ends().add_remote(number,
                        [peers = self->state.config.peers, node = i.node](const end_notice& n) {
                          if (const auto peer = peers->find(node))
                            caf::anon_send(peer, notice_atom::value,
                                           notice_line{n.trace.number(), n.route, to_ns(n.when),
                                                       n.node, n.clock, n.lost});
                        });
  }
}

} // namespace

caf::result<node_ready, clock_actor> load(self_ptr self, const deployment& d) {
  auto& state = self->state;
  if (state.graph)
    return to_caf({errc::refused, "a scenario is loaded already"});
  auto read = read_scenario_text(d.scenario, d.file, d.directory, {}, *state.config.known,
                                 {.look_for_files = false});
  if (!read)
    return to_caf({errc::bad_scenario, "the scenario as shipped: " + to_string(read.errors)});
  auto what = std::make_shared<const scenario>(std::move(read.scenario));
  auto unfolded = make_plan(*what);
  if (!unfolded)
    return to_caf(unfolded.error());
  auto whole = std::make_shared<const plan>(std::move(*unfolded));
  const auto me = std::ranges::find(whole->nodes, d.node);
  if (me == whole->nodes.end())
    return to_caf({errc::bad_scenario, "the scenario has no node \"" + d.node + "\""});
  if (const auto keys = own_outputs(*what, d.node, *state.config.known);
      !state.config.confined_to.empty() && !keys.empty())
    return to_caf(with_key({keys.front(),
                            {errc::refused, "this machine lets sinks write into the run's results "
                                            "only"}}));
  const auto number = static_cast<node_id>(me - whole->nodes.begin());
  auto graph = std::make_shared<node_graph>(
      what, whole, number, *state.config.types, *state.config.known,
      node_graph::surroundings{.output = state.config.confined_to.empty()
                                             ? d.output
                                             : state.config.confined_to + "/output",
                               .sockets = d.sockets,
                               .networks = d.networks,
                               .ports = d.ports,
                               .secret = d.secret,
                               .insecure = d.insecure,
                               .rehearsal = d.rehearsal});
  const auto loaded = graph->load();
  node_ready ready{.host = host_name(),
                   .pid = ::getpid(),
                   .clock_domain = graph->clock().domain(),
                   .values = {},
                   .certificate = {},
                   .faults = graph->faults()};
  const clock_config probed{.source = graph->clock()};
  if (!loaded && !d.rehearsal) // the answer has room for a clock, which nobody will ask
    return {std::move(ready), self->spawn(clock, probed)};
  const auto root = caf::actor_cast<caf::strong_actor_ptr>(self);
  if (auto begun = state.config.doors->begin(number, root, d.secret, d.insecure); !begun)
    return to_caf(begun.error());
  // A link forced within this node finds its other end, too.
  state.config.peers->add(number, caf::actor_cast<node_actor>(root));
  state.secret = d.secret;
  state.ports = d.ports;
  state.graph = std::move(graph);
  state.probed = self->spawn<caf::linked>(clock, probed);
  ready.values = state.graph->value_names();
  ready.certificate = state.config.doors->certificate();
  return {std::move(ready), state.probed};
}

namespace {

/// Opens a door on each network on which other nodes are to come in.
result<std::vector<door_line>> open_doors(node_state& state, const std::vector<peer_order>& peers) {
  std::map<std::string, std::vector<peer_order>> expected;
  for (const auto& p : peers)
    if (p.listen)
      expected[p.network].push_back(p);
  std::vector<door_line> doors;
  for (const auto& [name, orders] : expected) {
    const auto& all = state.graph->networks();
    const auto network = std::ranges::find(all, name, &node_network::network);
    if (network == all.end())
      return error{errc::internal, "no address on the network \"" + name + "\""};
    auto port = state.config.doors->open(network->address, state.ports, orders);
    if (!port)
      return error{port.error().code, "nodes." +
                                          state.graph->what().nodes[state.graph->self()].name +
                                          ": direct connections: " + port.error().message};
    doors.push_back({state.graph->self(), name, network->address, *port});
  }
  return doors;
}

result<void> knock(node_state& state, const std::vector<door_line>& doors) {
  for (const auto& p : state.peers) {
    if (p.listen)
      continue;
    const auto door = std::ranges::find_if(
        doors, [&](const door_line& d) { return d.node == p.peer && d.network == p.network; });
    if (door == doors.end())
      return error{errc::internal, "no door of node " + state.graph->whole().nodes[p.peer]};
    if (auto done = state.config.doors->knock(p, *door, door_patience); !done)
      return error{done.error().code, "node " + state.graph->whole().nodes[state.graph->self()] +
                                          ": no direct connection with node " +
                                          state.graph->whole().nodes[p.peer] + ": " +
                                          done.error().message};
  }
  return {};
}

} // namespace

caf::result<endpoint_map> bind(self_ptr self, const run_terms& terms) {
  auto& state = self->state;
  const auto failed = [](error e) { // a port that cannot be had is no defect of the program
    return to_caf({e.code == errc::io ? errc::refused : e.code, std::move(e.message)});
  };
  forward_notices(self);
  const auto known = state.graph->faults().size();
  auto bound = state.graph->bind(
      {.clock = terms.clock, .run = wire_run_number(state.secret), .values = terms.values});
  if (!bound)
    return failed(bound.error());
  auto prober = node_prober::start(*state.graph, state.secret, state.ports);
  if (!prober)
    return failed(prober.error());
  auto doors = open_doors(state, terms.peers);
  if (!doors)
    return failed(doors.error());
  state.prober = std::move(*prober);
  state.clocks = terms.clocks;
  state.peers = terms.peers;
  const auto& faults = state.graph->faults();
  return endpoint_map{to_lines(*bound),
                      state.prober->points(),
                      std::move(*doors),
                      {faults.begin() + static_cast<std::ptrdiff_t>(known), faults.end()}};
}

caf::result<bool> link(self_ptr self, const endpoint_map& everywhere) {
  auto& state = self->state;
  if (!state.prober)
    return to_caf({errc::refused, "nothing was bound first"});
  if (auto done = state.graph->connect(from_lines(everywhere.ends)); !done)
    return to_caf(done.error());
  if (auto done = state.prober->set_targets(state.clocks, everywhere.probes); !done)
    return to_caf(done.error());
  return true;
}

caf::result<bool> meet(self_ptr self, const std::vector<door_line>& doors) {
  auto& state = self->state;
  if (auto done = knock(state, doors); !done)
    return to_caf(done.error());
  auto promise = self->make_response_promise<bool>();
  state.meeting = promise;
  look_whom_we_met(self);
  return promise;
}

void look_whom_we_met(self_ptr self) {
  auto& state = self->state;
  const auto met = [&](const peer_order& p) {
    return static_cast<bool>(state.config.peers->find(p.peer));
  };
  if (state.meeting.pending() && std::ranges::all_of(state.peers, met))
    std::exchange(state.meeting, {}).deliver(true);
}

caf::result<clock_news> burst(self_ptr self, const burst_order& order) {
  if (!self->state.prober)
    return to_caf({errc::refused, "nothing was bound first"});
  auto promise = self->make_response_promise<clock_news>();
  self->state.burst = promise;
  self->state.prober->burst(
      static_cast<int>(order.exchanges), duration{order.spacing_ns}, order.phase,
      [me = caf::actor_cast<node_actor>(self)] { caf::anon_send(me, probe_atom::value); });
  return promise;
}

void burst_over(self_ptr self) {
  auto& state = self->state;
  state.prober->report_silence();
  std::exchange(state.burst, {}).deliver(state.prober->take());
}

} // namespace peernet::actors::node_steps
