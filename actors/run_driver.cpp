// SPDX-License-Identifier: MIT
// From greeting to the common start.
#include "actors/engine/direct_connections.hpp"
#include "actors/isolated_nodes.hpp"
#include "actors/run_driver_ask.hpp"
#include "actors/system_config.hpp"
#include "runtime/config/expectations.hpp"
#include "runtime/config/words.hpp"
#include "runtime/plugin/known_types.hpp"

#include <algorithm>

namespace peernet::actors {

namespace {

using namespace std::chrono_literals;

constexpr duration load_patience = 120s; ///< a large model on a slow disk
constexpr duration link_patience = 20s;  ///< to knock at every door
constexpr duration meet_patience = 20s;  ///< to knock at every door
constexpr duration links_patience = 10s;
constexpr duration tick_period = 100ms;
constexpr duration start_lead = 200ms; ///< between the order to start and the common start

} // namespace

run_driver::run_driver(self_ptr self, coordinator_config config)
    : self_(self), config_(std::move(config)), nodes_(config_.members.size()) {}

caf::result<ending_ptr> run_driver::start(run_purpose purpose) {
  purpose_ = purpose;
  promise_ = self_->make_response_promise<ending_ptr>();
  for (const auto& m : config_.members)
    self_->monitor(m.actor);
  self_->delayed_send(self_, tick_period, tick_atom::value);
  if (interrupted_early_)
    interrupt();
  else
    greet();
  return promise_;
}

void run_driver::greet() {
  const auto types = type_list();
  ask_all<std::uint32_t, std::string>(
      "greeting",
      [=, this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, hello_atom::value,
                              protocol_version, types);
      },
      [=, this](std::size_t i, std::uint32_t version, const std::string& theirs) {
        if (version != protocol_version || theirs != types)
          abandon(run_ending::kind::not_started,
                  {errc::other_version, "node " + config_.members[i].name +
                                            " runs another version of PeerNet (protocol " +
                                            std::to_string(version) + ", here " +
                                            std::to_string(protocol_version) + ")"},
                  static_cast<node_id>(i));
      },
      [this] { load(); });
}

void run_driver::load() {
  ask_all<node_ready, clock_actor>(
      "loading",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, load_patience, load_atom::value,
                              config_.members[i].shipped);
      },
      [this](std::size_t i, const node_ready& ready, const clock_actor& probes) {
        nodes_[i].ready = ready;
        nodes_[i].probes = probes;
        cannot_load(i, ready.faults);
      },
      [this] {
        if (!unloadable_.none())
          return refuse_unloadable();
        if (purpose_ == run_purpose::check)
          return conclude();
        assign_clocks();
        bind();
      });
}

/// The user wants to know of all that cannot be loaded; a rehearsal goes on without it.
void run_driver::cannot_load(std::size_t node, const std::vector<fault>& faults) {
  const auto& m = config_.members[node];
  for (const auto& f : faults) {
    ending_->obstacles.push_back({static_cast<node_id>(node), f});
    if (purpose_ == run_purpose::rehearse && !f.key.empty())
      continue;
    if (unloadable_.none())
      later(further_errors, [this] { refuse_unloadable(); });
    auto named = f;
    if (!m.machine.empty())
      named.why.message = "node " + m.name + " (" + m.machine + "): " + f.why.message;
    unloadable_.add(std::move(named));
  }
}

void run_driver::refuse_unloadable() {
  abandon(run_ending::kind::not_started, unloadable_.joined());
}

/// By node: whom it connects with directly, over a network, and whose certificate to expect.
std::vector<std::vector<peer_order>> run_driver::peers() const {
  std::vector<std::vector<peer_order>> orders(nodes_.size());
  for (const auto& [a, b] : direct_connections(*config_.what, *config_.whole))
    if (const auto how = meeting_of(*config_.what, a, b))
      for (const auto& [node, peer] : {std::pair{a, b}, std::pair{b, a}})
        orders[node].push_back({.peer = peer,
                                .certificate = nodes_[peer].ready.certificate,
                                .network = how->network,
                                .listen = how->listens == node});
  return orders;
}

void run_driver::bind() {
  std::vector<clock_id> clocks;
  for (const auto& n : nodes_)
    clocks.push_back(n.clock);
  const auto orders = peers();
  ask_all<endpoint_map>(
      "binding",
      [=, this](std::size_t i) {
        return self_->request(
            config_.members[i].actor, step_patience, bind_atom::value,
            run_terms{.clock = clocks[i], .values = values_, .clocks = clocks, .peers = orders[i]});
      },
      [this](std::size_t i, const endpoint_map& bound) {
        const auto append = [](auto& to, const auto& from) {
          to.insert(to.end(), from.begin(), from.end());
        };
        append(endpoints_.ends, bound.ends);
        append(endpoints_.probes, bound.probes);
        append(endpoints_.doors, bound.doors);
        for (const auto& f : bound.faults)
          ending_->obstacles.push_back({static_cast<node_id>(i), f});
      },
      [this] {
        bound_ = true;
        if (config_.isolated)
          config_.isolated->tell_probes(endpoints_.probes);
        if (auto done = set_probe_targets(); !done)
          return abandon(run_ending::kind::not_started, std::move(done).error());
        if (endpoints_.doors.empty())
          return link();
        meet();
      });
}

/// Senders of the transport `caf` are opened over these connections.
void run_driver::meet() {
  ask_all<bool>(
      "connecting nodes directly",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, meet_patience, meet_atom::value,
                              endpoints_.doors);
      },
      [](std::size_t, bool) {}, [this] { link(); });
}

void run_driver::link() {
  ask_all<bool>(
      "linking",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, link_atom::value,
                              endpoints_);
      },
      [](std::size_t, bool) {}, [this] { await_links(actor_time() + links_patience); });
}

void run_driver::await_links(stamp deadline) {
  const auto missing = std::make_shared<std::set<std::string>>();
  ask_all<std::vector<std::string>>(
      "linking",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, linked_atom::value);
      },
      [missing](std::size_t, const std::vector<std::string>& names) {
        missing->insert(names.begin(), names.end());
      },
      [=, this] {
        const auto rehearsal = purpose_ == run_purpose::rehearse;
        if (!missing->empty() && actor_time() < deadline)
          return later(5ms, [=, this] { await_links(deadline); });
        if (rehearsal)
          ending_->rehearsed.unlinked.assign(missing->begin(), missing->end());
        if (missing->empty() || rehearsal)
          return probe_clocks(probe_phase::before,
                              [=, this] { rehearsal ? end_rehearsal() : open_results(); });
        std::string names;
        for (const auto& n : *missing)
          names += (names.empty() ? "" : ", ") + n;
        abandon(run_ending::kind::node_lost,
                {errc::timeout, "no connection within " + std::to_string(links_patience / 1s) +
                                    " s on: " + names});
      });
}

void run_driver::end_rehearsal() {
  auto& r = ending_->rehearsed;
  for (const auto& n : nodes_) {
    r.nodes.push_back(n.ready);
    r.clocks.push_back(n.clock);
    r.by_udp.push_back(n.udp.passes());
  }
  r.endpoints = endpoints_;
  r.learnt = std::move(news_);
  conclude();
}

layout run_driver::make_layout() const {
  const auto& p = *config_.whole;
  const auto& s = *config_.what;
  layout shape;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    shape.nodes.push_back({.name = p.nodes[i],
                           .host = nodes_[i].ready.host,
                           .pid = nodes_[i].ready.pid,
                           .clock = nodes_[i].clock,
                           .clock_domain = nodes_[i].ready.clock_domain});
  for (std::size_t number = 0; number < p.places.size(); ++number) {
    const auto& from = p.places[number];
    layout::place to{.name = from.name,
                     .kind = static_cast<place_kind>(from.kind),
                     .from = "",
                     .to = "",
                     .transport = ""};
    if (from.kind == plan_place::kind::link) {
      const auto& l = s.links[from.config];
      const auto local = std::ranges::any_of(
          p.lanes, [&](const plan_lane& lane) { return lane.link == number && lane.local; });
      to.from = l.from;
      to.to = l.to;
      to.transport = local ? "local" : l.transport;
    }
    shape.places.push_back(std::move(to));
  }
  for (const auto& r : p.routes)
    shape.routes.push_back({r.parent, r.place, r.copy, r.node});
  shape.sensors = p.sensor_routes;
  shape.values = values_;
  return shape;
}

void run_driver::open_results() {
  auto expected = resolve_expectations(*config_.what, *config_.whole, known_types());
  if (!expected)
    return abandon(run_ending::kind::failed, std::move(expected).error());
  auto opened = config_.open_results(make_layout());
  if (!opened)
    return abandon(run_ending::kind::failed, std::move(opened).error());
  metrics_ = std::move(*opened);
  self_->monitor(metrics_);
  with_store([what = config_.what](store& s) -> result<void> {
    if (auto done = s.set_run(run_key::scenario, what->name); !done)
      return done;
    if (what->clocks.max_bound)
      if (auto done =
              s.set_run(run_key::clock_max_bound, std::to_string(to_ns(*what->clocks.max_bound)));
          !done)
        return done;
    if (auto done =
            s.set_run(run_key::clock_interval, std::to_string(to_ns(what->clocks.interval)));
        !done)
      return done;
    std::string isolated;
    for (node_id n = 0; n < what->nodes.size(); ++n)
      if (is_isolated(*what, n))
        isolated += (isolated.empty() ? "" : " ") + what->nodes[n].name;
    if (!isolated.empty())
      if (auto done = s.set_run(run_key::isolated, isolated); !done)
        return done;
    return s.set_run(run_key::clock_method, word(what->clocks.method));
  });
  with_store([all = std::move(*expected)](store& s) { return s.set_expectations(all); });
  store_news();
  begin();
}

void run_driver::begin() {
  start_ = clock_.now() + start_lead;
  const auto& s = *config_.what;
  with_store(
      [at = to_ns(start_)](store& db) { return db.set_run("start_ns", std::to_string(at)); });
  ask_all<bool>(
      "starting",
      [&, this](std::size_t i) {
        auto& n = nodes_[i];
        n.started = true;
        const auto local = start_ + duration{n.offset_ns};
        const start_order order{.start_ns = to_ns(local),
                                .measured_ns = to_ns(local + s.warmup),
                                .end_ns = s.run_for ? to_ns(local + *s.run_for) : INT64_MAX,
                                .samples = s.samples.value_or(UINT64_MAX)};
        return self_->request(config_.members[i].actor, step_patience, start_atom::value, order,
                              caf::actor_cast<metrics_actor>(metrics_));
      },
      [](std::size_t, bool) {},
      [this] {
        step_ = "running";
        running_ = true;
        if (config_.prober)
          config_.prober->steady(config_.what->clocks.interval);
        if (ending_begun_)
          halt();
      });
}

} // namespace peernet::actors
