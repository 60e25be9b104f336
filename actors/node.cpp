// SPDX-License-Identifier: MIT
#include "actors/caf_error.hpp"
#include "actors/inference.hpp"
#include "actors/node_steps.hpp"
#include "actors/sensor.hpp"
#include "actors/sink.hpp"
#include "actors/system_config.hpp"
#include "actors/transport_receiver.hpp"
#include "actors/transport_sender.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace peernet::actors {

using namespace node_steps;

namespace {

/// How long one part may take to answer its node.
constexpr duration part_patience = std::chrono::seconds{20};
/// How long sensors and stages may take to come back from their plugin objects at the end.
constexpr duration comeback_patience = std::chrono::seconds{2};

/// Gives every part to an actor of its own, linked to the node: one that fails takes the node down,
/// visibly.
void spawn_parts(self_ptr self) {
  auto& state = self->state;
  const auto spawn_all = [&](auto& parts, auto function, auto make_config,
                             std::vector<part_actor>& to) {
    for (auto& p : parts) // a part's threads use the whole graph: each keeps all of it
      to.push_back(self->template spawn<caf::linked>(
          function, make_config(std::remove_reference_t<decltype(p)>(self->state.graph, p.get()))));
  };
  auto& g = *state.graph;
  spawn_all(
      g.senders, transport_sender, [](auto p) { return transport_sender_config{std::move(p)}; },
      state.senders);
  spawn_all(
      g.inference, inference, [](auto p) { return inference_config{std::move(p)}; }, state.stages);
  spawn_all(
      g.sinks, sink, [](auto p) { return sink_config{std::move(p)}; }, state.stages);
  spawn_all(
      g.receivers, transport_receiver,
      [](auto p) { return transport_receiver_config{std::move(p)}; }, state.receivers);
  spawn_all(
      g.sensors, sensor, [](auto p) { return sensor_config{std::move(p)}; }, state.sensors);
}

std::vector<part_actor> all_parts(const node_state& s) {
  auto all = s.stages;
  for (const auto* some : {&s.receivers, &s.senders, &s.sensors})
    all.insert(all.end(), some->begin(), some->end());
  return all;
}

/// Asks every one of `parts` the same and calls `then` when all have answered; the first failure
/// becomes the promise's error.
template <class Reply, class Promise, class OnReply, class Then, class... Request>
void ask_parts(self_ptr self, const std::vector<part_actor>& parts, Promise promise,
               OnReply on_reply, Then then, const Request&... request) {
  if (parts.empty())
    return then();
  auto left = std::make_shared<std::size_t>(parts.size());
  for (const auto& p : parts)
    self->request(p, part_patience, request...)
        .then(
            [=](const Reply& reply) mutable {
              on_reply(reply);
              if (--*left == 0)
                then();
            },
            [=](const caf::error& e) mutable { promise.deliver(e); });
}

/// Adds up what all parts have counted and passes it to `then`.
template <class Promise, class Then>
void gather(self_ptr self, Promise promise, Then then) {
  auto sum = std::make_shared<node_report>();
  const auto& records = self->state.graph->records();
  sum->sensors_finished = true;
  sum->emitted = records.emitted();
  sum->overflowed = records.overflowed();
  if (self->state.prober)
    sum->clocks = self->state.prober->take();
  ask_parts<node_report>(
      self, all_parts(self->state), promise,
      [sum](const node_report& r) { merge(*sum, node_report{r}); }, [=]() mutable { then(*sum); },
      report_atom::value);
}

caf::result<node_report> report(self_ptr self) {
  auto promise = self->make_response_promise<node_report>();
  gather(self, promise, [=](const node_report& sum) mutable { promise.deliver(sum); });
  return promise;
}

/// Ends `parts`, all until the same moment: those asked last may be heard last. A thread that does
/// not come back holds nobody up; its process must not wait for it either.
template <class Promise, class Then>
void finish_parts(self_ptr self, const std::vector<part_actor>& parts, duration patience,
                  Promise promise, Then then) {
  ask_parts<bool>(
      self, parts, promise,
      [=](bool all_came) {
        if (auto* kept = self->state.config.kept; kept && !all_came)
          *kept = self->state.graph;
      },
      then, finish_atom::value, to_ns(peernet::clock::machine_now() + patience));
}

caf::result<bool> halt(self_ptr self) {
  auto promise = self->make_response_promise<bool>();
  finish_parts(self, self->state.sensors, comeback_patience, promise,
               [=]() mutable { promise.deliver(true); });
  return promise;
}

/// Ends the parts in the order in which samples flow: senders flush, then receivers, then stages;
/// then the last counters.
caf::result<node_report> finish(self_ptr self, std::int64_t patience_ns) {
  auto promise = self->make_response_promise<node_report>();
  const duration patience{patience_ns};
  finish_parts(self, self->state.sensors, comeback_patience, promise, [=] {
    finish_parts(self, self->state.senders, patience, promise, [=] {
      finish_parts(self, self->state.receivers, patience, promise, [=] {
        self->state.graph->stop_stages();
        finish_parts(self, self->state.stages, patience, promise, [=] {
          gather(self, promise, [=](const node_report& sum) mutable { promise.deliver(sum); });
        });
      });
    });
  });
  return promise;
}

caf::result<bool> start(self_ptr self, const start_order& order, const metrics_actor& metrics) {
  auto& state = self->state;
  if (state.metrics)
    return to_caf({errc::refused, "the run has begun already"});
  spawn_parts(self);
  state.metrics = metrics;
  self->monitor(metrics);
  const auto& clock = state.graph->clock();
  clock.run_begins(clock.to_machine(stamp_from_ns(order.start_ns)));
  if (state.prober)
    state.prober->steady(state.graph->what().clocks.interval);
  auto promise = self->make_response_promise<bool>();
  ask_parts<bool>(
      self, all_parts(state), promise, [](bool) {}, [=]() mutable { promise.deliver(true); },
      start_atom::value, order);
  self->delayed_send(self, collecting_period, tick_atom::value);
  return promise;
}

/// A step of the deployment, if those it needs came before.
template <class... Reply, class Step>
caf::result<Reply...> in_turn(self_ptr self, Step step) {
  const auto& state = self->state;
  if (!state.greeted)
    return to_caf({errc::refused, "no greeting of this version came first"});
  if (!state.graph)
    return to_caf({errc::refused, "nothing was loaded first"});
  return step();
}

} // namespace

node_actor::behavior_type node(self_ptr self, node_config config) {
  auto& state = self->state;
  state.config = config;
  // The coordinator is gone: nobody is left to measure for.
  self->set_down_handler(
      [=](const caf::down_msg&) { self->quit(caf::exit_reason::remote_link_unreachable); });
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return to_caf({errc::internal, e.what()});
    } catch (...) {
      return to_caf({errc::internal, "an exception that is no std::exception"});
    }
  });
  return {
      [=](hello_atom, std::uint32_t version, const std::string& types) {
        self->state.greeted = version == protocol_version && types == type_list();
        return std::make_tuple(protocol_version, type_list());
      },
      [=](load_atom, const deployment& d) -> caf::result<node_ready, clock_actor> {
        if (!self->state.greeted)
          return to_caf({errc::refused, "no greeting of this version came first"});
        return load(self, d);
      },
      [=](bind_atom, const run_terms& terms) {
        return in_turn<endpoint_map>(self, [&] { return bind(self, terms); });
      },
      [=](meet_atom, const std::vector<door_line>& doors) {
        return in_turn<bool>(self, [&] { return meet(self, doors); });
      },
      [=](link_atom, const endpoint_map& everywhere) {
        return in_turn<bool>(self, [&] { return link(self, everywhere); });
      },
      [=](linked_atom) {
        return in_turn<std::vector<std::string>>(self,
                                                 [&]() -> caf::result<std::vector<std::string>> {
                                                   return self->state.graph->unconnected();
                                                 });
      },
      [=](probe_atom, const burst_order& order) {
        return in_turn<clock_news>(self, [&] { return burst(self, order); });
      },
      [=](probe_atom) { burst_over(self); },
      [=](start_atom, const start_order& order, const metrics_actor& metrics) {
        return in_turn<bool>(self, [&] { return start(self, order, metrics); });
      },
      [=](report_atom) { return in_turn<node_report>(self, [&] { return report(self); }); },
      [=](halt_atom) { return in_turn<bool>(self, [&] { return halt(self); }); },
      [=](finish_atom, std::int64_t patience_ns) {
        return in_turn<node_report>(self, [&] { return finish(self, patience_ns); });
      },
      [=](flush_atom) { return in_turn<std::uint64_t>(self, [&] { return flush(self); }); },
      [=](notice_atom, const notice_line& n) {
        if (self->state.graph)
          self->state.graph->ends().deliver({.trace = trace_id{n.trace},
                                             .route = n.route,
                                             .when = stamp_from_ns(n.when_ns),
                                             .node = n.node,
                                             .clock = n.clock,
                                             .lost = n.lost});
      },
      [=](peer_atom, node_id who, const caf::strong_actor_ptr& peer) {
        self->state.config.peers->add(who, caf::actor_cast<node_actor>(peer));
        look_whom_we_met(self);
      },
      [=](frame_atom, const std::string& name) -> caf::result<caf::actor> {
        if (auto end = self->state.config.channels->find_end(name))
          return end;
        return to_caf({errc::not_found, "no receiving end \"" + name + "\" here"});
      },
      [=](quit_atom) { self->quit(caf::exit_reason::user_shutdown); },
      [=](tick_atom) {
        collect(self);
        self->delayed_send(self, collecting_period, tick_atom::value);
      },
  };
}

} // namespace peernet::actors
