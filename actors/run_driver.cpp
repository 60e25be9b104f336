// SPDX-License-Identifier: MIT
#include "actors/run_driver.hpp"

#include "actors/caf_error.hpp"
#include "actors/system_config.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace peernet::actors {

namespace {

using namespace std::chrono_literals;

constexpr duration load_patience = 120s; ///< a large model on a slow disk
constexpr duration step_patience = 10s;
constexpr duration finish_patience = 30s;
constexpr duration links_patience = 10s;
constexpr duration report_patience = 3s; ///< a node that is silent for so long during a run is lost
constexpr duration probe_patience = 1s;
constexpr duration tick_period = 100ms;
constexpr duration start_lead = 200ms; ///< between the order to start and the common start
constexpr duration send_patience = 1s; ///< for frames that still wait to leave at the end
constexpr int probes_before = 24;
constexpr int probes_after = 24;

} // namespace

run_driver::run_driver(self_ptr self, coordinator_config config)
    : self_(self), config_(std::move(config)), nodes_(config_.members.size()) {}

// -- asking all nodes
// -------------------------------------------------------------------------------------------

template <class... Reply, class Ask, class OnReply>
void run_driver::ask_all(std::string step, Ask ask, OnReply on_reply, std::function<void()> next) {
  step_ = std::move(step);
  const auto generation = ++generation_;
  next_ = std::move(next);
  awaited_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive)
      awaited_.insert(i);
  report_progress();
  if (awaited_.empty())
    return std::exchange(next_, nullptr)();
  for (const auto i : std::set<std::size_t>(awaited_))
    ask(i).then(
        [this, i, generation, on_reply](const Reply&... reply) {
          if (generation != generation_)
            return;
          on_reply(i, reply...);
          answered(generation, i);
        },
        [this, i, generation](const caf::error& e) { failed(generation, i, e); });
}

void run_driver::answered(std::uint64_t generation, std::size_t node) {
  if (generation != generation_ || awaited_.erase(node) == 0 || !awaited_.empty() || !next_)
    return;
  std::exchange(next_, nullptr)();
}

void run_driver::failed(std::uint64_t generation, std::size_t node, const caf::error& why) {
  if (generation != generation_ || !awaited_.contains(node))
    return;
  auto reason = from_caf(why);
  if (reason.code == errc::timeout || reason.code == errc::node_lost) {
    lose(node,
         reason.code == errc::timeout ? "no answer in time while " + step_ : "gone while " + step_);
    return;
  }
  if (!metrics_)
    return abandon(run_ending::kind::not_started, std::move(reason));
  reason.message =
      "node " + config_.members[node].name + ": " + reason.message + " (while " + step_ + ")";
  nodes_[node].alive = false; // it cannot follow any more, but its process lives
  end_by(run_ending::kind::failed, std::move(reason));
  answered(generation, node);
}

void run_driver::lose(std::size_t node, std::string why) {
  if (over_ || !std::exchange(nodes_[node].alive, false))
    return;
  const auto& name = config_.members[node].name;
  error reason{errc::node_lost, "node " + name + " was lost: " + std::move(why)};
  if (!metrics_)
    return abandon(run_ending::kind::node_lost, std::move(reason));
  event(severity::error, "node lost", reason.message, static_cast<node_id>(node));
  with_store([node](store& s) { return s.mark_node_lost(static_cast<node_id>(node)); });
  end_by(run_ending::kind::node_lost, std::move(reason));
  answered(generation_, node);
}

void run_driver::down(const caf::down_msg& d) {
  if (over_)
    return;
  if (metrics_ && d.source == caf::actor_cast<caf::actor_addr>(metrics_)) {
    auto reason = from_caf(d.reason);
    reason.message = "results cannot be stored: " + reason.message;
    return abandon(run_ending::kind::failed, std::move(reason));
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (d.source == caf::actor_cast<caf::actor_addr>(config_.members[i].actor)) {
      const auto reason = from_caf(d.reason);
      lose(i,
           d.reason == caf::exit_reason::remote_link_unreachable || reason.code == errc::node_lost
               ? "its process ended"
               : "its root actor ended: " + reason.message);
    }
}

// -- coming to be
// -----------------------------------------------------------------------------------------------

caf::result<ending_ptr> run_driver::start(bool check) {
  check_only_ = check;
  promise_ = self_->make_response_promise<ending_ptr>();
  for (const auto& m : config_.members)
    self_->monitor(m.actor);
  self_->delayed_send(self_, tick_period, tick_atom::value);
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
                  {errc::refused, "node " + config_.members[i].name +
                                      " runs another version of PeerNet (protocol " +
                                      std::to_string(version) + ", here " +
                                      std::to_string(protocol_version) + ")"});
      },
      [this] { load(); });
}

void run_driver::load() {
  ask_all<node_ready, clock_actor>(
      "loading",
      [this](std::size_t i) {
        auto d = config_.shipped;
        d.node = config_.members[i].name;
        return self_->request(config_.members[i].actor, load_patience, load_atom::value,
                              std::move(d));
      },
      [this](std::size_t i, const node_ready& ready, const clock_actor& probes) {
        nodes_[i].ready = ready;
        nodes_[i].probes = probes;
      },
      [this] {
        if (check_only_)
          return conclude();
        assign_clocks();
        bind();
      });
}

/// Nodes whose clock domains are equal share a clock; the coordinator's own is the reference.
void run_driver::assign_clocks() {
  std::map<std::string, clock_id> known{{clock_.domain(), reference_clock}};
  std::set<std::string> names;
  for (auto& n : nodes_) {
    n.clock =
        known.try_emplace(n.ready.clock_domain, static_cast<clock_id>(known.size())).first->second;
    names.insert(n.ready.values.begin(), n.ready.values.end());
  }
  values_.assign(names.begin(), names.end());
}

void run_driver::bind() {
  std::vector<clock_id> clocks;
  for (const auto& n : nodes_)
    clocks.push_back(n.clock);
  ask_all<std::vector<end_line>>(
      "binding",
      [=, this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, bind_atom::value,
                              run_terms{.clock = clocks[i], .values = values_, .clocks = clocks});
      },
      [this](std::size_t, const std::vector<end_line>& lines) {
        endpoints_.insert(endpoints_.end(), lines.begin(), lines.end());
      },
      [this] { link(); });
}

void run_driver::link() {
  ask_all<bool>(
      "linking",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, link_atom::value,
                              endpoints_);
      },
      [](std::size_t, bool) {}, [this] { await_links(clock_.now() + links_patience); });
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
        if (missing->empty())
          return probe_all(probes_before, probe_phase::before, [this] { open_results(); });
        if (clock_.now() < deadline)
          return later(5ms, [=, this] { await_links(deadline); });
        std::string names;
        for (const auto& n : *missing)
          names += (names.empty() ? "" : ", ") + n;
        abandon(run_ending::kind::node_lost,
                {errc::timeout, "no connection within " + std::to_string(links_patience / 1s) +
                                    " s on: " + names});
      });
}

// -- clocks
// -----------------------------------------------------------------------------------------------------

template <class Then>
void run_driver::probe_once(std::size_t node, probe_phase phase, Then then) {
  const auto generation = generation_;
  self_->request(nodes_[node].probes, probe_patience, probe_atom::value, to_ns(clock_.now()))
      .then(
          [=, this](std::int64_t t1, std::int64_t t2, std::int64_t t3) {
            auto& n = nodes_[node];
            const probe p{.local = reference_clock,
                          .remote = n.clock,
                          .t1 = t1,
                          .t2 = t2,
                          .t3 = t3,
                          .t4 = to_ns(clock_.now()),
                          .phase = phase,
                          .network = "",
                          .method = "control"};
            if (n.clock != reference_clock) {
              probes_.push_back(p);
              if (p.round_trip() < n.best_round_trip) {
                n.best_round_trip = p.round_trip();
                n.offset_ns = ((p.t2 - p.t1) + (p.t3 - p.t4)) / 2;
              }
            }
            then();
          },
          [=, this](const caf::error& e) { failed(generation, node, e); });
}

void run_driver::probe_all(int exchanges, probe_phase phase, std::function<void()> next) {
  step_ = "probing clocks";
  const auto generation = ++generation_;
  next_ = std::move(next);
  awaited_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive)
      awaited_.insert(i);
  if (awaited_.empty())
    return std::exchange(next_, nullptr)();
  for (const auto i : std::set<std::size_t>(awaited_)) {
    // One exchange after the other on each node, all nodes at the same time.
    auto again = std::make_shared<std::function<void(int)>>();
    *again = [=, this](int left) {
      if (generation != generation_)
        return;
      if (left == 0)
        return answered(generation, i);
      probe_once(i, phase, [=] { (*again)(left - 1); });
    };
    (*again)(exchanges);
  }
}

// -- running
// ----------------------------------------------------------------------------------------------------

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
  auto opened = config_.open_results(make_layout());
  if (!opened)
    return abandon(run_ending::kind::failed, std::move(opened).error());
  metrics_ = std::move(*opened);
  self_->monitor(metrics_);
  with_store([name = config_.what->name](store& s) { return s.set_run("scenario", name); });
  store_probes();
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
        if (ending_begun_)
          halt();
      });
}

void run_driver::tick() {
  if (over_)
    return;
  self_->delayed_send(self_, tick_period, tick_atom::value);
  if (!running_)
    return;
  store_probes();
  self_->request(metrics_, report_patience, report_atom::value)
      .then(
          [this](const figures_ptr& f) {
            figures_ = *f;
            report_progress();
          },
          [](const caf::error&) { /* its end, if that is why, comes as a down message */ });
  const auto generation = generation_;
  const auto asked = std::make_shared<std::size_t>(0);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive) {
      ++*asked;
      self_->request(config_.members[i].actor, report_patience, report_atom::value)
          .then(
              [=, this](const node_report& r) {
                nodes_[i].last = r;
                if (--*asked > 0 || !running_ || generation != generation_)
                  return;
                const auto resting = [](const node_status& n) {
                  return !n.alive || n.last.sensors_finished;
                };
                if (std::ranges::all_of(nodes_, resting))
                  halt();
              },
              [=, this](const caf::error& e) {
                if (running_)
                  lose(i, from_caf(e).code == errc::timeout
                              ? "silent for " + std::to_string(report_patience / 1s) + " s"
                              : from_caf(e).message);
              });
      probe_once(i, probe_phase::during, [] {});
    }
}

void run_driver::interrupt() {
  if (over_)
    return;
  if (!metrics_)
    return abandon(run_ending::kind::interrupted,
                   {errc::closed, "interrupted before the run began"});
  end_by(run_ending::kind::interrupted, {errc::closed, "interrupted"});
}

/// The first reason counts; what is running comes to its end in order.
void run_driver::end_by(run_ending::kind how, error why) {
  if (ending_->how == run_ending::kind::completed) {
    ending_->how = how;
    ending_->reason = why;
  }
  ending_->messages.push_back(std::move(why.message));
  const auto first = !std::exchange(ending_begun_, true);
  if (first && running_)
    halt();
}

// -- coming to its end
// ------------------------------------------------------------------------------------------

void run_driver::halt() {
  running_ = false;
  ending_begun_ = true;
  ask_all<bool>(
      "stopping sensors",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, halt_atom::value);
      },
      [](std::size_t, bool) {},
      [this] {
        const auto now = clock_.now();
        drain(now + config_.what->drain, now, 0);
      });
}

bool run_driver::links_balanced() const {
  std::map<place_id, std::int64_t> under_way;
  for (const auto& n : nodes_)
    for (const auto& e : n.last.ends)
      under_way[e.link] += e.side == link_side::sender ? static_cast<std::int64_t>(e.sent)
                                                       : -static_cast<std::int64_t>(e.received);
  return std::ranges::all_of(under_way, [](const auto& l) { return l.second <= 0; });
}

/// Until nothing is under way: all queues empty and every sent frame received; or, where frames
/// were lost, until nothing has moved for a while.
void run_driver::drain(stamp deadline, stamp quiet_since, std::uint64_t last_count) {
  constexpr duration long_quiet = 300ms;
  ask_all<node_report>(
      "draining",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, report_atom::value);
      },
      [this](std::size_t i, const node_report& r) { nodes_[i].last = r; },
      [=, this] {
        std::uint64_t waiting = 0, moved = 0;
        for (const auto& n : nodes_) {
          waiting += n.alive ? n.last.under_way : 0;
          moved += n.last.emitted;
        }
        const auto now = clock_.now();
        const auto quiet = moved == last_count ? quiet_since : now;
        if ((waiting == 0 && (links_balanced() || now - quiet > long_quiet)) || now >= deadline)
          return finish();
        later(10ms, [=, this] { drain(deadline, quiet, moved); });
      });
}

void run_driver::finish() {
  ask_all<node_report>(
      "closing links",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, finish_patience, finish_atom::value,
                              to_ns(send_patience));
      },
      [this](std::size_t i, const node_report& r) { nodes_[i].last = r; },
      [this] { probe_all(probes_after, probe_phase::after, [this] { flush(); }); });
}

void run_driver::flush() {
  ask_all<std::uint64_t>(
      "flushing records",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, finish_patience, flush_atom::value);
      },
      [](std::size_t, std::uint64_t) {}, [this] { store_facts(); });
}

void run_driver::store_facts() {
  step_ = "settling";
  report_progress();
  std::vector<reported_count> counts;
  std::vector<link_end> ends;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto& n = nodes_[i];
    const auto node = static_cast<node_id>(i);
    if (!n.alive)
      continue; // its last word is not the last: what it counted cannot be held against what came
    counts.insert(counts.end(), n.last.counts.begin(), n.last.counts.end());
    counts.push_back({count_kind::emitted, node, 0, 0, n.last.emitted});
    counts.push_back({count_kind::overflowed, node, 0, 0, n.last.overflowed});
    ends.insert(ends.end(), n.last.ends.begin(), n.last.ends.end());
  }
  const auto end =
      ending_->how == run_ending::kind::interrupted ? run_end::interrupted : run_end::completed;
  store_probes();
  with_store([counts, ends, end](store& s) -> result<void> {
    if (auto done = s.append_counts(counts); !done)
      return done;
    for (const auto& e : ends)
      if (auto done = s.append_link_end(e); !done)
        return done;
    return s.set_run_end(end);
  });
  self_->request(metrics_, caf::infinite, finish_atom::value)
      .then(
          [this](const summary_ptr& summary) {
            ending_->summary = summary;
            conclude();
          },
          [this](const caf::error& e) { abandon(run_ending::kind::failed, from_caf(e)); });
}

void run_driver::abandon(run_ending::kind how, error why) {
  if (over_)
    return;
  ending_->how = how;
  ending_->messages.push_back(why.message);
  ending_->reason = std::move(why);
  conclude();
}

void run_driver::conclude() {
  over_ = true;
  ++generation_;
  next_ = nullptr;
  for (const auto& m : config_.members)
    self_->send(m.actor, quit_atom::value);
  if (metrics_)
    self_->send_exit(metrics_, caf::exit_reason::user_shutdown);
  promise_.deliver(ending_ptr{ending_});
  self_->quit();
}

void run_driver::later(duration pause, std::function<void()> rest) {
  put_off_ = std::move(rest);
  self_->delayed_send(self_, pause, wake_atom::value);
}

void run_driver::wake() {
  if (put_off_ && !over_)
    std::exchange(put_off_, nullptr)();
}

// -- small things
// -----------------------------------------------------------------------------------------------

void run_driver::event(severity how, std::string what, std::string detail, node_id node) {
  self_->send(caf::actor_cast<metrics_actor>(metrics_), event_atom::value,
              run_event{.time_ns = to_ns(clock_.now()),
                        .clock = reference_clock,
                        .node = node,
                        .severity = how,
                        .what = std::move(what),
                        .detail = std::move(detail)});
}

void run_driver::with_store(std::function<result<void>(store&)> task) {
  // A failure ends the metrics actor, which is monitored: no answer is needed here.
  caf::anon_send(metrics_, store_task{std::make_shared<const std::function<result<void>(store&)>>(
                               std::move(task))});
}

void run_driver::store_probes() {
  if (!probes_.empty())
    caf::anon_send(metrics_,
                   std::make_shared<const std::vector<probe>>(std::exchange(probes_, {})));
}

void run_driver::report_progress() {
  if (!config_.on_progress)
    return;
  run_progress p{.step = step_, .elapsed = {}, .figures = figures_};
  if (start_ != stamp{})
    p.elapsed = std::max(duration{0}, clock_.now() - start_);
  config_.on_progress(p);
}

} // namespace peernet::actors
