// SPDX-License-Identifier: MIT
// Whom a step waits for, and what becomes of nodes that do not answer; clock probes; what is told
// to the store.
#include "actors/caf_error.hpp"
#include "actors/run_driver_ask.hpp"

#include <caf/send.hpp>

namespace peernet::actors {

namespace {

constexpr duration probe_patience = std::chrono::seconds{1};

} // namespace

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
      lose(i, reason.code == errc::node_lost ? "its process ended"
                                             : "its root actor ended: " + reason.message);
    }
}

stamp run_driver::actor_time() const {
  return stamp{std::chrono::duration_cast<duration>(self_->clock().now().time_since_epoch())};
}

void run_driver::later(duration pause, std::function<void()> rest) {
  put_off_ = std::move(rest);
  self_->delayed_send(self_, pause, wake_atom::value);
}

void run_driver::wake() {
  if (put_off_ && !over_)
    std::exchange(put_off_, nullptr)();
}

void run_driver::probe_once(std::size_t node, probe_phase phase, std::function<void()> then) {
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
  for (const auto i : std::set<std::size_t>(awaited_))
    probe_again(i, exchanges, phase, generation);
}

/// One exchange after the other on each node, all nodes at the same time.
void run_driver::probe_again(std::size_t node, int left, probe_phase phase,
                             std::uint64_t generation) {
  if (generation != generation_)
    return;
  if (left == 0)
    return answered(generation, node);
  probe_once(node, phase, [=, this] { probe_again(node, left - 1, phase, generation); });
}

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
