// SPDX-License-Identifier: MIT
// The run driver's part that compares clocks: who shares one, bursts before and after the run, and
// what all nodes learn in between.
#include "actors/caf_error.hpp"
#include "actors/engine/networks.hpp"
#include "actors/engine/node_prober.hpp"
#include "actors/run_driver_ask.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace peernet::actors {

namespace {

/// A burst: enough that some of its exchanges are quick, in less than the links take to stand.
constexpr std::uint32_t burst_exchanges = 40;
constexpr duration burst_spacing = std::chrono::milliseconds{2};
/// One exchange over the control plane.
constexpr duration control_patience = std::chrono::seconds{1};

/// `last`: what each node said last, behind them the coordinator.
std::vector<reported_count> mishaps_of(const std::vector<clock_news>& last) {
  std::vector<reported_count> counts;
  for (std::size_t i = 0; i < last.size(); ++i) {
    const auto& m = last[i].mishaps;
    for (const auto& [kind, count] : {std::pair{count_kind::probe_foreign, m.foreign},
                                      {count_kind::probe_unexpected, m.unexpected},
                                      {count_kind::probe_late, m.late},
                                      {count_kind::probe_overflowed, m.overflowed},
                                      {count_kind::probe_own_stamps, m.own_stamps}})
      counts.push_back({.kind = kind,
                        .node = i + 1 < last.size() ? static_cast<node_id>(i) : coordinator_node,
                        .count = count});
  }
  return counts;
}

} // namespace

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

/// The coordinator asks every node, on the network that the control plane uses. No datagram leads
/// to isolated nodes: these are asked over the control plane.
result<void> run_driver::set_probe_targets() {
  if (!config_.prober)
    return {};
  std::vector<probe_target> targets;
  for (const auto& p : endpoints_.probes)
    if (p.network.empty() && p.node < nodes_.size() && !is_isolated(*config_.what, p.node))
      targets.push_back(
          {.at = p,
           .clock = nodes_[p.node].clock,
           .via = is_remote(*config_.what, p.node) ? facing_network(*config_.what, p.node) : ""});
  return config_.prober->set_targets(reference_clock, targets);
}

/// Everybody asks those it asks, at the same time; then the control plane asks who did not answer.
void run_driver::probe_clocks(probe_phase phase, std::function<void()> next) {
  if (config_.prober) {
    for (const auto& r : own_targets())
      nodes_[r.target.at.node].udp.begin_burst(r.answered);
    bursting_ = true;
    config_.prober->burst(burst_exchanges, burst_spacing, phase,
                          [me = caf::actor_cast<coordinator_actor>(self_)] {
                            caf::anon_send(me, probe_atom::value);
                          });
  }
  const burst_order order{burst_exchanges, to_ns(burst_spacing), phase};
  ask_all<clock_news>(
      "probing clocks",
      [=, this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, probe_atom::value, order);
      },
      [this](std::size_t i, const clock_news& news) { learn(news, i); },
      [=, this] {
        after_burst_ = [=, this] { probe_rest(phase, next); };
        if (!bursting_)
          std::exchange(after_burst_, nullptr)();
      });
}

void run_driver::burst_over() {
  bursting_ = false;
  if (after_burst_ && !over_)
    std::exchange(after_burst_, nullptr)();
}

void run_driver::probe_rest(probe_phase phase, std::function<void()> next) {
  collect_own_news();
  for (const auto& r : own_targets())
    nodes_[r.target.at.node].udp.end_burst(r.answered);
  if (phase == probe_phase::after)
    // Others may ask a node whose own burst is over: what it all came to is known when all are. A
    // burst of nothing asks for that.
    next = [=, this] {
      ask_all<clock_news>(
          "probing clocks",
          [this](std::size_t i) {
            return self_->request(config_.members[i].actor, step_patience, probe_atom::value,
                                  burst_order{0, 0, probe_phase::after});
          },
          [this](std::size_t i, const clock_news& news) { learn(news, i); },
          [=, this] {
            collect_own_news();
            with_store([counts = mishaps_of(costs_)](store& s) { return s.append_counts(counts); });
            next();
          });
    };
  const auto asked = await("probing clocks", std::move(next),
                           [this](std::size_t i) { return !nodes_[i].udp.passes(); });
  const auto generation = generation_;
  for (const auto i : asked)
    probe_again(i, burst_exchanges, phase, generation);
}

/// With each look around during the run: who does not answer datagrams now is asked over the
/// control plane, no oftener than the scenario wants.
void run_driver::watch_clocks() {
  const auto interval = config_.what->clocks.interval;
  for (const auto& r : own_targets())
    nodes_[r.target.at.node].udp.look(clock_.now(), r.last_answer,
                                      duration{longest_silence(to_ns(interval))});
  const auto now = actor_time();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto& n = nodes_[i];
    if (!n.alive || n.udp.passes() || now < n.control_due)
      continue;
    n.control_due = now + interval;
    probe_once(i, probe_phase::during, [] {});
  }
}

std::vector<probe_service::target_report> run_driver::own_targets() const {
  return config_.prober ? config_.prober->report() : std::vector<probe_service::target_report>{};
}

/// One exchange after the other on each node, all nodes at the same time.
void run_driver::probe_again(std::size_t node, std::uint32_t left, probe_phase phase,
                             std::uint64_t generation) {
  if (generation != generation_)
    return;
  if (left == 0)
    return answered(generation, node);
  probe_once(node, phase, [=, this] { probe_again(node, left - 1, phase, generation); });
}

void run_driver::probe_once(std::size_t node, probe_phase phase, std::function<void()> then) {
  const auto generation = generation_;
  self_->request(nodes_[node].probes, control_patience, probe_atom::value, to_ns(clock_.now()))
      .then(
          [=, this](std::int64_t t1, std::int64_t t2, std::int64_t t3) {
            clock_news news;
            news.probes.push_back({.local = reference_clock,
                                   .remote = nodes_[node].clock,
                                   .asker = coordinator_node,
                                   .answerer = static_cast<node_id>(node),
                                   .t1 = t1,
                                   .t2 = t2,
                                   .t3 = t3,
                                   .t4 = to_ns(clock_.now()),
                                   .phase = phase,
                                   .network = "",
                                   .method = std::string(by_control)});
            learn(std::move(news), nodes_.size());
            then();
          },
          [=, this](const caf::error& e) { failed(generation, node, e); });
}

void run_driver::collect_own_news() {
  if (config_.prober)
    learn(news_of(*config_.prober), nodes_.size());
}

/// `node`: who learnt it; the number of nodes stands for the coordinator.
void run_driver::learn(clock_news news, std::size_t node) {
  costs_.resize(nodes_.size() + 1);
  if (news.cpu_ns > 0) { // not of an exchange over the control plane
    costs_[node].bytes_sent = news.bytes_sent;
    costs_[node].cpu_ns = news.cpu_ns;
    costs_[node].mishaps = news.mishaps;
  }
  for (const auto& p : news.probes)
    if (p.asker == coordinator_node && p.answerer < nodes_.size()) {
      auto& n = nodes_[p.answerer];
      if (n.clock != reference_clock && p.round_trip() >= 0 && p.round_trip() < n.best_round_trip) {
        n.best_round_trip = p.round_trip();
        n.offset_ns = ((p.t2 - p.t1) + (p.t3 - p.t4)) / 2;
      }
    }
  std::ranges::move(news.probes, std::back_inserter(news_.probes));
  std::ranges::move(news.looks, std::back_inserter(news_.looks));
}

void run_driver::store_news() {
  if (!news_.probes.empty() || !news_.looks.empty())
    caf::anon_send(metrics_, std::make_shared<const clock_news>(std::exchange(news_, {})));
}

} // namespace peernet::actors
