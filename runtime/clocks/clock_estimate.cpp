// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_estimate.hpp"

#include "runtime/clocks/clock_notices.hpp"
#include "runtime/clocks/clock_pairs.hpp"
#include "runtime/clocks/clock_steps.hpp"
#include "runtime/clocks/interval_course.hpp"
#include "runtime/clocks/probed_paths.hpp"
#include "runtime/clocks/silences.hpp"
#include "runtime/clocks/system_course.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace peernet {

namespace {

/// What changes less goes unmentioned: the estimate allows for it (course_settings::rate_change).
constexpr std::int64_t noticed_ppb = 100;

class estimator {
public:
  explicit estimator(const clock_facts& facts)
      : facts_(facts),
        silence_ns_(longest_silence(facts.interval_ns)),
        paths_(facts.probes, course_settings::probed_every(facts.interval_ns)),
        notices_(facts) {}

  clock_estimates estimate() {
    const auto pairs = pairs_of(paths_);
    out_.pairs = pair_rows(paths_);
    out_.loops = loops_of(pairs);
    for (const auto& p : pairs)
      if (p.shared)
        check_shared(p);
    for (const auto& l : out_.loops)
      check_loop(l, pairs);
    check_steering();
    const auto joined = joined_clocks();
    for (const auto& [a, b] : joined)
      if (a == reference_clock)
        estimate_against_reference(b);
    for (const auto& [a, b] : joined)
      if (a != reference_clock)
        estimate_directly(a, b);
    for (const auto& s : find_steps(compared_))
      notices_.step(s);
    check_silence();
    out_.notices = notices_.take();
    return std::move(out_);
  }

private:
  /// Every two clocks that there is to say something of; the lower number first.
  [[nodiscard]] std::set<std::pair<clock_id, clock_id>> joined_clocks() const {
    std::set<std::pair<clock_id, clock_id>> joined;
    for (const auto& p : paths_.all())
      if (!p.shared())
        joined.emplace(std::minmax(p.local, p.remote));
    if (facts_.basis != clock_basis::probe)
      for (const auto& [clock, node] : notices_.nodes())
        if (clock != reference_clock)
          joined.emplace(reference_clock, clock);
    return joined;
  }

  /// The course on the basis that was asked for; `tell`: what is to be known of it, too.
  interval_course course(clock_id from, clock_id to, bool tell) {
    interval_course probed, claimed;
    if (facts_.basis != clock_basis::system) {
      const auto& found = paths_.course(paths_.of_clocks(from, to));
      if (tell) {
        notices_.events(found, from, to);
        compared_.push_back({from, to, &found});
      }
      if (!found.segments.empty()) {
        const auto [first, last] = extent(from, to);
        probed = intervals_of(found.segments, first - silence_ns_, last + silence_ns_);
      }
    }
    if (facts_.basis != clock_basis::probe) {
      claimed = system_course(facts_.looks, from, to);
      if (claimed.empty() && tell)
        notices_.undisciplined(from, to,
                               facts_.basis == clock_basis::system ? clock_notice::weight::error
                                                                   : clock_notice::weight::warning);
    }
    std::vector<course_conflict> conflicts;
    auto common = intersect(probed, claimed, conflicts);
    if (tell)
      for (const auto& c : conflicts)
        notices_.system_contradicts(from, to, c);
    return common;
  }

  void estimate_against_reference(clock_id clock) {
    const auto found = course(clock, reference_clock, true);
    append(segments_of(found, clock, reference_clock));
    to_reference_[clock] = found;
  }

  /// Two clocks that probed each other: what that says, and what the way over the reference says.
  /// Before the first exchange and behind the last, where a step would not show, the other way
  /// counts alone.
  void estimate_directly(clock_id a, clock_id b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      auto both = course(from, to, from == a);
      const auto there = to_reference_.find(from);
      std::vector<course_conflict> conflicts;
      if (there != to_reference_.end() && to_reference_.contains(to)) {
        if (facts_.basis != clock_basis::system) {
          const auto [first, last] = extent(from, to);
          both = part_of(both, first, last);
        }
        both = intersect(both, compose(there->second, from_reference(to)), conflicts);
      }
      append(segments_of(both, from, to));
      if (from == a)
        for (const auto& c : conflicts)
          notices_.paths_contradict(from, to, c);
    }
  }

  const interval_course& from_reference(clock_id clock) {
    const auto [at, added] = from_reference_.try_emplace(clock);
    if (added)
      at->second = course(reference_clock, clock, false);
    return at->second;
  }

  /// Nodes that share a clock: the estimate must allow an offset of exactly 0.
  void check_shared(const node_pair& p) {
    std::int64_t worst = 0, when = 0;
    for (const auto& s : p.course->segments)
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
      notices_.shared_differ(p, when, worst);
  }

  void check_loop(const clock_loop& l, const std::vector<node_pair>& pairs) {
    if (std::abs(l.residual_ns) <= l.bound_ns)
      return;
    notices_.loop_open(l, *std::ranges::find_if(pairs, [&](const node_pair& p) { // there is one
                         return p.from == l.nodes[0] && p.to == l.nodes[1];
                       }));
  }

  /// A kernel that changes its clock's rate bends the course at that moment, perhaps by less than
  /// the exchanges can show.
  void check_steering() {
    std::map<clock_id, clock_discipline> before;
    for (const auto& l : facts_.looks) {
      const auto [at, first] = before.try_emplace(l.clock, l);
      if (!first && std::abs(l.rate_ppb - at->second.rate_ppb) > noticed_ppb)
        notices_.steered(at->second, l);
      at->second = l;
    }
  }

  void append(const std::vector<clock_segment>& some) {
    out_.segments.insert(out_.segments.end(), some.begin(), some.end());
  }

  /// Of the exchanges between two clocks, by the first; not of none.
  std::pair<std::int64_t, std::int64_t> extent(clock_id from, clock_id to) {
    const auto [at, added] = extents_.try_emplace({from, to}, INT64_MAX, INT64_MIN);
    auto& [first, last] = at->second;
    if (added)
      for (const auto& b : paths_.usable(paths_.of_clocks(from, to))) {
        first = std::min(first, b.begin());
        last = std::max(last, b.end());
      }
    return at->second;
  }

  /// The widest bound that was found; nothing if there is none all the time.
  [[nodiscard]] std::optional<std::int64_t> widest(clock_id from, clock_id to, std::int64_t begin,
                                                   std::int64_t end) const {
    std::int64_t bound = 0, covered = begin - 1;
    for (const auto& s : out_.segments) { // of one pair by time
      if (s.from != from || s.to != to || s.last_ns < begin || s.first_ns > end)
        continue;
      if (s.first_ns > covered + 1)
        return std::nullopt;
      for (const auto t : {std::max(s.first_ns, begin), std::min(s.last_ns, end)})
        bound = std::max(bound, s.bound(t));
      covered = s.last_ns;
    }
    return covered >= end ? std::optional(bound) : std::nullopt;
  }

  /// What datagrams did not do: pass at all, or all the time.
  void check_silence() {
    for (const auto& path : paths_.all())
      if (path.method == by_udp) {
        for (const auto& s : silences_of(path, facts_.probes, silence_ns_)) {
          const bool from_asker = path.local != reference_clock;
          const auto from = from_asker ? path.local : path.remote;
          const auto to = from_asker ? path.remote : path.local;
          const auto begin = from_asker ? s.begin_ns : s.remote_begin_ns;
          notices_.silent(path, s, widest(from, to, begin, begin),
                          widest(from, to, begin, begin + s.length_ns));
        }
      } else if (path.method == by_control &&
                 std::ranges::none_of(paths_.all(), [&](const probed_path& p) {
                   return p.method == by_udp && p.joins(path.asker, path.answerer);
                 })) {
        notices_.never_by_udp(path);
      }
  }

  const clock_facts& facts_;
  const std::int64_t silence_ns_;
  probed_paths paths_;
  clock_notices notices_;
  std::vector<compared_clocks> compared_; ///< with a course of probes
  std::map<clock_id, interval_course> to_reference_, from_reference_;
  std::map<std::pair<clock_id, clock_id>, std::pair<std::int64_t, std::int64_t>> extents_;
  clock_estimates out_;
};

} // namespace

clock_estimates estimate_clocks(const clock_facts& facts) {
  return estimator(facts).estimate();
}

} // namespace peernet
