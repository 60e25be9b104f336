// SPDX-License-Identifier: MIT
// From a shipped scenario to links that stand and clocks that are compared.
#include "actors/caf_error.hpp"
#include "actors/clock.hpp"
#include "actors/node_steps.hpp"
#include "runtime/config/reader.hpp"
#include "transports/security.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace peernet::actors::node_steps {

namespace {

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
  auto read = read_scenario_text(d.scenario, d.file, d.directory, {}, *state.config.known);
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
  auto graph = std::make_shared<node_graph>(
      what, whole, static_cast<node_id>(me - whole->nodes.begin()), *state.config.types,
      *state.config.known, node_graph::folders{.output = d.output, .sockets = d.sockets});
  if (auto loaded = graph->load(); !loaded)
    return to_caf(loaded.error());
  state.secret = d.secret;
  state.graph = std::move(graph);
  state.probed = self->spawn<caf::linked>(clock, clock_config{.source = state.graph->clock()});
  return {node_ready{.host = host_name(),
                     .pid = ::getpid(),
                     .clock_domain = state.graph->clock().domain(),
                     .values = state.graph->value_names()},
          state.probed};
}

caf::result<std::vector<end_line>, std::vector<probe_point>> bind(self_ptr self,
                                                                  const run_terms& terms) {
  forward_notices(self);
  auto bound = self->state.graph->bind(
      {.clock = terms.clock, .run = wire_run_number(self->state.secret), .values = terms.values});
  if (!bound)
    return to_caf(bound.error());
  auto prober = node_prober::start(*self->state.graph, self->state.secret);
  if (!prober)
    return to_caf(prober.error());
  self->state.prober = std::move(*prober);
  self->state.clocks = terms.clocks;
  return {to_lines(*bound), self->state.prober->points()};
}

caf::result<bool> link(self_ptr self, const std::vector<end_line>& ends,
                       const std::vector<probe_point>& points) {
  auto& state = self->state;
  if (!state.prober)
    return to_caf({errc::refused, "nothing was bound first"});
  if (auto done = state.graph->connect(from_lines(ends)); !done)
    return to_caf(done.error());
  if (auto done = state.prober->set_targets(state.clocks, points); !done)
    return to_caf(done.error());
  return true;
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
