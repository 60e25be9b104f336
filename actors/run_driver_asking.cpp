// SPDX-License-Identifier: MIT
// Whom a step waits for, and what becomes of nodes that do not answer; what is told to the store.
#include "actors/caf_error.hpp"
#include "actors/engine/networks.hpp"
#include "actors/run_driver_ask.hpp"

#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace peernet::actors {

namespace {

/// What is still under way when a node is lost may have nowhere to go: it gets no longer than this.
constexpr duration lost_drain = std::chrono::seconds{2};

} // namespace

std::set<std::size_t> run_driver::await(std::string step, std::function<void()> next,
                                        const std::function<bool(std::size_t)>& concerned) {
  step_ = std::move(step);
  ++generation_;
  next_ = std::move(next);
  awaited_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive && concerned(i))
      awaited_.insert(i);
  report_progress();
  if (awaited_.empty()) {
    std::exchange(next_, nullptr)();
    return {};
  }
  return awaited_;
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
  const auto silent = why == caf::sec::request_timeout; // else it tells of a wait of its own
  // What does not connect shows in the links, what does not answer probes in the clocks; those that
  // wait for it wait in vain.
  if (purpose_ == run_purpose::rehearse && bound_ && reason.code != errc::node_lost) {
    later(further_errors, [this, generation] {
      for (const auto i : std::set(awaited_))
        answered(generation, i);
    });
    return answered(generation, node);
  }
  const auto loading = step_ == "loading";
  if (loading && !unloadable_.none() && silent)
    return refuse_unloadable(); // what others could not load is the better reason
  if (silent || reason.code == errc::node_lost) {
    lose(node, (silent ? "no answer in time while " : "gone while ") + step_);
    return;
  }
  if (loading) {
    cannot_load(node, {{"", std::move(reason)}});
    return answered(generation, node);
  }
  if (!metrics_)
    return abandon(run_ending::kind::not_started, std::move(reason), static_cast<node_id>(node));
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
    return abandon(run_ending::kind::node_lost, std::move(reason), static_cast<node_id>(node));
  // The user may have said that the others shall go on.
  const auto tolerated = running_ && config_.what->nodes[node].on_loss == node_loss::carry_on;
  event(tolerated ? severity::warning : severity::error, "node lost",
        reason.message + (tolerated ? "; the others go on, as its on-loss says" : ""),
        static_cast<node_id>(node));
  with_store([node, tolerated](store& s) {
    return s.mark_node_lost(static_cast<node_id>(node), tolerated);
  });
  if (tolerated)
    return answered(generation_, node);
  drain_until_ = std::min(drain_until_, actor_time() + lost_drain);
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
      const auto* gone = is_remote(*config_.what, static_cast<node_id>(i)) ? "its connection ended"
                                                                           : "its process ended";
      lose(i, reason.code == errc::node_lost ? gone : "its root actor ended: " + reason.message);
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

void run_driver::report_progress() {
  if (!config_.on_progress)
    return;
  run_progress p{.step = step_, .elapsed = {}, .figures = figures_};
  if (start_ != stamp{})
    p.elapsed = std::max(duration{0}, clock_.now() - start_);
  config_.on_progress(p);
}

} // namespace peernet::actors
