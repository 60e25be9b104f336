// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_estimate.hpp"

#include "runtime/clocks/clock_pairs.hpp"
#include "runtime/clocks/interval_course.hpp"
#include "runtime/clocks/system_course.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace peernet {

namespace {

using weight = clock_notice::weight;

std::string in_us(std::int64_t ns) {
  return fmt::format("{:.3f} µs", static_cast<double>(ns) * 1e-3);
}

/// What changes less goes unmentioned: the estimate allows for it (course_settings::rate_change).
constexpr std::int64_t noticed_ppb = 100;

class estimator {
public:
  explicit estimator(const clock_facts& facts) : facts_(facts) {
    for (const auto& p : facts.probes) {
      note_node(p.local, p.asker);
      note_node(p.remote, p.answerer);
    }
    for (const auto& l : facts.looks)
      note_node(l.clock, l.node);
  }

  clock_estimates estimate() {
    const auto pairs = pairs_of(facts_.probes);
    out_.pairs = pair_rows(facts_.probes);
    out_.loops = loops_of(pairs);
    for (const auto& p : pairs)
      if (p.shared)
        check_shared(p);
    for (const auto& l : out_.loops)
      check_loop(l, pairs);
    tell_steering();
    std::set<std::pair<clock_id, clock_id>> joined; // lower number first
    for (const auto& p : facts_.probes)
      if (p.local != p.remote)
        joined.emplace(std::minmax(p.local, p.remote));
    if (facts_.basis != clock_basis::probe)
      for (const auto& [clock, node] : nodes_)
        if (clock != reference_clock)
          joined.emplace(reference_clock, clock);
    for (const auto& [a, b] : joined)
      if (a == reference_clock)
        estimate_against_reference(b);
    for (const auto& [a, b] : joined)
      if (a != reference_clock)
        estimate_directly(a, b);
    return std::move(out_);
  }

private:
  void note_node(clock_id clock, node_id node) {
    const auto [at, added] = nodes_.emplace(clock, node);
    if (!added && at->second == coordinator_node)
      at->second = node; // a name of the scenario says more
  }

  [[nodiscard]] std::string name(node_id node) const {
    return node < facts_.names.size() ? facts_.names[node] : "coordinator";
  }
  [[nodiscard]] std::string name_of(clock_id clock) const {
    return clock == reference_clock ? "coordinator" : name(nodes_.at(clock));
  }

  void notify(weight how, std::int64_t time, clock_id clock, node_id node, std::string what,
              std::string detail) {
    out_.notices.push_back({how, time, clock, node, std::move(what), std::move(detail)});
  }

  /// The exchanges of two clocks, whichever nodes made them: what any of them says is certain.
  [[nodiscard]] std::vector<offset_bounds> exchanges(clock_id from, clock_id to) const {
    std::vector<offset_bounds> all;
    for (const auto& p : facts_.probes)
      if (p.local != p.remote && std::minmax(p.local, p.remote) == std::minmax(from, to))
        all.push_back(bounds_of(p, p.local == from));
    return all;
  }

  /// The course on the basis that was asked for; `tell`: what is to be known of it, too.
  interval_course course(clock_id from, clock_id to, bool tell) {
    interval_course probed, claimed;
    if (facts_.basis != clock_basis::system) {
      const auto found = estimate_course(exchanges(from, to), from, to);
      if (tell)
        tell_events(found, from, to);
      probed = intervals_of(found.segments, run_begin(from), run_end(from));
    }
    if (facts_.basis != clock_basis::probe) {
      claimed = system_course(facts_.looks, from, to);
      if (claimed.empty() && tell)
        notify(facts_.basis == clock_basis::system ? weight::error : weight::warning, 0,
               reference_clock, nodes_.at(from), "system clock not disciplined",
               "the kernels of " + name_of(from) + " and " + name_of(to) +
                   " did not both call their clocks synchronised (adjtimex); a time daemon with a "
                   "reachable server makes them");
    }
    std::vector<course_conflict> conflicts;
    auto common = intersect(probed, claimed, conflicts);
    if (tell)
      for (const auto& c : conflicts)
        notify(weight::error, c.begin_ns, from, nodes_.at(from), "system clock contradicts probes",
               "what the kernels claim of the offset of " + name_of(to) + " to " + name_of(from) +
                   " is " + in_us(c.apart_ns) + " away from what is possible");
    return common;
  }

  void estimate_against_reference(clock_id clock) {
    const auto found = course(clock, reference_clock, true);
    append(segments_of(found, clock, reference_clock));
    to_reference_[clock] = found;
  }

  /// Two clocks that probed each other: what that says, and what the way over the reference says.
  void estimate_directly(clock_id a, clock_id b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      const auto direct = course(from, to, from == a);
      const auto there = to_reference_.find(from);
      std::vector<course_conflict> conflicts;
      auto both = direct;
      if (there != to_reference_.end() && to_reference_.contains(to))
        both = intersect(direct, compose(there->second, from_reference(to)), conflicts);
      append(segments_of(both, from, to));
      if (from == a)
        for (const auto& c : conflicts)
          notify(weight::error, c.begin_ns, from, nodes_.at(from), "clock paths contradict",
                 "the offset of " + name_of(to) + " to " + name_of(from) +
                     " measured directly and over the coordinator are " + in_us(c.apart_ns) +
                     " further apart than their bounds allow");
    }
  }

  const interval_course& from_reference(clock_id clock) {
    const auto [at, added] = from_reference_.try_emplace(clock);
    if (added)
      at->second = course(reference_clock, clock, false);
    return at->second;
  }

  void tell_events(const clock_course& found, clock_id from, clock_id to) {
    const auto node = nodes_.at(from);
    const auto pair = name_of(from) + " against " + name_of(to);
    const auto when = [](const course_event& e) {
      return fmt::format("within {:.3f} ms", static_cast<double>(e.end_ns - e.begin_ns) * 1e-6);
    };
    for (const auto& e : found.events) {
      const auto at = e.begin_ns + (e.end_ns - e.begin_ns) / 2;
      switch (e.what) {
      case course_event::kind::step: // by which the clock `from` went ahead
        notify(weight::warning, at, from, node, "clock step",
               fmt::format("{} by {:+.3f} µs, {}", pair, static_cast<double>(-e.size_ns) * 1e-3,
                           when(e)));
        break;
      case course_event::kind::wander:
        notify(weight::warning, at, from, node, "clock wander",
               fmt::format("{}: rates changed; {} off a straight line, {}", pair, in_us(e.size_ns),
                           when(e)));
        break;
      case course_event::kind::bad_stamp:
        notify(weight::warning, at, from, node, "bad clock stamp",
               fmt::format("{}: one exchange contradicts all around it by {}; it was left out",
                           pair, in_us(e.size_ns)));
        break;
      case course_event::kind::disagrees:
        notify(weight::note, at, from, node, "clock cross-check",
               fmt::format("{}: the least-squares line of the fastest exchanges leaves the bound, "
                           "{} off the estimate",
                           pair, in_us(e.size_ns)));
        break;
      }
    }
  }

  /// Nodes that share a clock: the estimate must allow an offset of exactly 0.
  void check_shared(const node_pair& p) {
    std::int64_t worst = 0, when = 0;
    for (const auto& s : p.course.segments)
      for (auto t : {s.first_ns, s.anchor_ns, s.last_ns}) {
        t = std::clamp(t, p.begin_ns, p.end_ns);
        if (t < s.first_ns || t > s.last_ns)
          continue;
        const auto outside = std::abs(s.convert(t) - t) - s.bound(t);
        if (outside > worst) {
          worst = outside;
          when = t;
        }
      }
    if (worst > 0)
      notify(weight::error, when, clock_of(p), p.from, "shared clocks differ",
             name(p.from) + " and " + name(p.to) +
                 " run on one clock, but their exchanges exclude an offset of 0 by " +
                 in_us(worst));
  }

  /// By which `p.from` stamps.
  [[nodiscard]] clock_id clock_of(const node_pair& p) const {
    const auto one = std::ranges::find_if(
        facts_.probes, [&](const probe& q) { return q.asker == p.from && q.answerer == p.to; });
    return one == facts_.probes.end() ? reference_clock : one->local;
  }

  void check_loop(const clock_loop& l, const std::vector<node_pair>& pairs) {
    if (std::abs(l.residual_ns) <= l.bound_ns)
      return;
    const auto first = std::ranges::find_if(pairs, [&](const node_pair& p) { // there is one
      return p.from == l.nodes[0] && p.to == l.nodes[1];
    });
    notify(weight::error, first->begin_ns, clock_of(*first), l.nodes[0],
           "clock loop does not close",
           fmt::format("offsets round {}, {}, {} come to {}, and their bounds only to {}",
                       name(l.nodes[0]), name(l.nodes[1]), name(l.nodes[2]), in_us(l.residual_ns),
                       in_us(l.bound_ns)));
  }

  /// A kernel that changes its clock's rate bends the course at that moment, perhaps by less than
  /// the exchanges can show.
  void tell_steering() {
    std::map<clock_id, clock_discipline> before;
    for (const auto& l : facts_.looks) {
      const auto [at, first] = before.try_emplace(l.clock, l);
      const auto change = l.rate_ppb - at->second.rate_ppb;
      if (!first && std::abs(change) > noticed_ppb)
        notify(weight::warning, l.time_ns, l.clock, l.node, "clock steered",
               fmt::format("the kernel of {} changed its clock's rate by {:+.3f} ppm within the "
                           "last {:.1f} s: bounds may be too narrow by what that adds up to within "
                           "{:.0f} s",
                           name_of(l.clock), static_cast<double>(change) * 1e-3,
                           static_cast<double>(l.time_ns - at->second.time_ns) * 1e-9,
                           static_cast<double>(course_settings{}.window_ns) * 1e-9));
      at->second = l;
    }
  }

  void append(const std::vector<clock_segment>& some) {
    out_.segments.insert(out_.segments.end(), some.begin(), some.end());
  }

  /// An hour around everything that was ever stamped by this clock: beyond it, nothing is known.
  static constexpr std::int64_t around = 3'600'000'000'000;
  std::int64_t run_begin(clock_id clock) { return extent(clock).first - around; }
  std::int64_t run_end(clock_id clock) { return extent(clock).second + around; }

  std::pair<std::int64_t, std::int64_t> extent(clock_id clock) {
    const auto [at, added] = extents_.try_emplace(clock, INT64_MAX, INT64_MIN);
    auto& [first, last] = at->second;
    if (added)
      for (const auto& p : facts_.probes) {
        if (p.local == clock)
          first = std::min(first, p.t1), last = std::max(last, p.t4);
        if (p.remote == clock)
          first = std::min(first, p.t2), last = std::max(last, p.t3);
      }
    return first > last ? std::pair<std::int64_t, std::int64_t>{0, 0} : at->second;
  }

  const clock_facts& facts_;
  std::map<clock_id, node_id> nodes_; ///< one node of each clock, for names
  std::map<clock_id, interval_course> to_reference_, from_reference_;
  std::map<clock_id, std::pair<std::int64_t, std::int64_t>> extents_;
  clock_estimates out_;
};

} // namespace

clock_estimates estimate_clocks(const clock_facts& facts) {
  return estimator(facts).estimate();
}

} // namespace peernet
