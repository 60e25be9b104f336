// SPDX-License-Identifier: MIT
// From the common start to the results.
#include "actors/caf_error.hpp"
#include "actors/isolated_nodes.hpp"
#include "actors/run_driver_ask.hpp"
#include "runtime/config/catalogue.hpp"
#include "runtime/config/packet_level.hpp"

#include <algorithm>

namespace peernet::actors {

namespace {

using namespace std::chrono_literals;

constexpr duration tick_period = 100ms;
/// Between two ticks: this process itself stood still.
constexpr duration standstill = 1s;
constexpr duration finish_patience = 30s;
constexpr duration send_patience = 1s; ///< for frames that still wait to leave at the end

/// What hardly any packet takes longer to pass, traces left out.
duration longest_of(const impairment& i) {
  constexpr auto deviations = 4;
  return i.delay + deviations * i.jitter + i.reorder_by +
         (i.rate > 0 ? from_seconds(static_cast<double>(i.buffer) * 8 / i.rate) : duration{0});
}

run_end run_end_of(run_ending::kind how) noexcept {
  switch (how) {
  case run_ending::kind::completed:
    return run_end::completed;
  case run_ending::kind::interrupted:
    return run_end::interrupted;
  case run_ending::kind::node_lost:
    return run_end::node_lost;
  case run_ending::kind::not_started:
  case run_ending::kind::failed:
    break;
  }
  return run_end::failed;
}

} // namespace

void run_driver::tick() {
  if (over_)
    return;
  self_->delayed_send(self_, tick_period, tick_atom::value);
  watch_ourselves();
  if (!running_ && step_ != "draining")
    return;
  self_->request(metrics_, report_patience, report_atom::value)
      .then(
          [this](const figures_ptr& f) {
            figures_ = *f;
            report_progress();
          },
          [](const caf::error&) { /* its end, if that is why, comes as a down message */ });
  if (!running_)
    return;
  collect_own_news();
  store_news();
  watch_clocks();
  const auto generation = generation_;
  const auto asked = std::make_shared<std::size_t>(0);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive) {
      ++*asked;
      self_->request(config_.members[i].actor, report_patience, report_atom::value)
          .then(
              [=, this](const node_report& r) {
                learn(r.clocks, i);
                if (!running_ || generation != generation_)
                  return; // late: what was reported since counts
                nodes_[i].last = r;
                if (--*asked > 0)
                  return;
                const auto resting = [](const node_status& n) {
                  return !n.alive || n.last.sensors_finished;
                };
                if (std::ranges::all_of(nodes_, resting))
                  halt();
              },
              [=, this](const caf::error& e) {
                // A process that stood still has yet to read the answers of those it asked.
                const auto late = from_caf(e).code == errc::timeout && watch_ourselves();
                if (running_ && !late)
                  lose(i, from_caf(e).code == errc::timeout
                              ? "silent for " + std::to_string(report_patience / 1s) + " s"
                              : from_caf(e).message);
              });
    }
}

bool run_driver::watch_ourselves() {
  const auto now = clock::machine_now();
  if (now - ticked_ > standstill)
    stood_still_ = now;
  ticked_ = now;
  return stood_still_ && now - *stood_still_ < report_patience;
}

void run_driver::interrupt() {
  if (over_)
    return;
  if (!promise_.pending()) {
    interrupted_early_ = true;
    return; // `start` is still on its way
  }
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
        const auto now = actor_time();
        drain_until_ = std::min(drain_until_, now + config_.what->drain);
        drain(now, 0, false);
      });
}

std::map<place_id, std::uint64_t> run_driver::frames_under_way() const {
  std::map<place_id, std::int64_t> balance;
  for (const auto& n : nodes_)
    for (const auto& e : n.last.ends)
      balance[e.link] += e.side == link_side::sender ? static_cast<std::int64_t>(e.sent)
                                                     : -static_cast<std::int64_t>(e.received);
  std::map<place_id, std::uint64_t> under_way;
  for (const auto& [link, frames] : balance)
    if (frames > 0)
      under_way.emplace(link, static_cast<std::uint64_t>(frames));
  return under_way;
}

/// How long nothing must have moved for what is under way to be lost: nothing comes later. Packets
/// that wait in an impaired network do not show, nor does a transport that is about to repeat them.
duration run_driver::silence_of(const std::map<place_id, std::uint64_t>& under_way) const {
  constexpr duration long_quiet = 300ms;
  duration longest = under_way.empty() ? duration{-1} : long_quiet;
  for (const auto& [place, frames] : under_way) {
    const auto& link = config_.what->links[config_.whole->places[place].config];
    const auto* type = catalogue::builtin().find(plugin_kind::transport, link.transport);
    if (!at_packet_level(link))
      continue;
    longest = type && type->reliable ? config_.what->drain
                                     : std::max(longest, long_quiet + 2 * longest_of(*link.impair));
  }
  return longest;
}

/// Until nothing is under way: all queues empty and every sent frame received; or, where frames
/// were lost, until nothing has moved for a while. Nodes are looked at one part after the other,
/// and a sample may pass from a part not yet seen to one seen already: so it takes two looks with
/// nothing recorded between them.
void run_driver::drain(stamp quiet_since, std::uint64_t last_count, bool was_idle) {
  ask_all<node_report>(
      "draining",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, step_patience, report_atom::value);
      },
      [this](std::size_t i, const node_report& r) {
        learn(r.clocks, i);
        nodes_[i].last = r;
      },
      [=, this] {
        std::uint64_t waiting = 0, moved = 0;
        for (const auto& n : nodes_) {
          waiting += n.alive ? n.last.under_way : 0;
          moved += n.last.emitted;
        }
        const auto now = actor_time();
        const auto still = moved == last_count;
        const auto quiet = still ? quiet_since : now;
        const auto idle = waiting == 0 && now - quiet > silence_of(frames_under_way());
        cut_off_ = !idle;
        if ((was_idle && idle && still) || now >= drain_until_)
          return finish();
        later(10ms, [=, this] { drain(quiet, moved, idle); });
      });
}

void run_driver::finish() {
  ask_all<node_report>(
      "closing links",
      [this](std::size_t i) {
        return self_->request(config_.members[i].actor, finish_patience, finish_atom::value,
                              to_ns(send_patience));
      },
      [this](std::size_t i, const node_report& r) {
        learn(r.clocks, i);
        nodes_[i].last = r;
      },
      [this] { probe_clocks(probe_phase::after, [this] { flush(); }); });
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
  const auto unreceived = frames_under_way();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto& n = nodes_[i];
    const auto node = static_cast<node_id>(i);
    if (!n.alive)
      continue; // its last word is not the last: what it counted cannot be held against what came
    counts.insert(counts.end(), n.last.counts.begin(), n.last.counts.end());
    counts.push_back({count_kind::emitted, node, 0, 0, n.last.emitted});
    counts.push_back({count_kind::overflowed, node, 0, 0, n.last.overflowed});
    for (auto e : n.last.ends) {
      // Frames that a stuck stage kept from being received are not lost, only late: such a link is
      // not reconciled.
      e.final = e.final && !(cut_off_ && unreceived.contains(e.link));
      ends.push_back(e);
    }
  }
  if (config_.isolated)
    std::ranges::move(config_.isolated->ends(), std::back_inserter(ends));
  const auto end = run_end_of(ending_->how);
  collect_own_news();
  clock_news cost;
  for (const auto& c : costs_) {
    cost.bytes_sent += c.bytes_sent;
    cost.cpu_ns += c.cpu_ns;
  }
  store_news();
  with_store([counts, ends, end, cost](store& s) -> result<void> {
    if (auto done = s.set_run(run_key::probe_bytes, std::to_string(cost.bytes_sent)); !done)
      return done;
    if (auto done = s.set_run(run_key::probe_cpu, std::to_string(cost.cpu_ns)); !done)
      return done;
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
          [this](const caf::error& e) {
            auto reason = from_caf(e);
            if (reason.code != errc::node_lost) // else its down message says why
              abandon(run_ending::kind::failed, std::move(reason));
          });
}

void run_driver::abandon(run_ending::kind how, error why, std::optional<node_id> node) {
  if (over_)
    return;
  if (node || ending_->obstacles.empty())
    ending_->obstacles.push_back({node, {"", why}});
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
  for (const auto& n : nodes_)
    ending_->lost.push_back(!n.alive);
  if (metrics_)
    self_->send_exit(metrics_, caf::exit_reason::user_shutdown);
  promise_.deliver(ending_ptr{ending_});
  self_->quit();
}

} // namespace peernet::actors
