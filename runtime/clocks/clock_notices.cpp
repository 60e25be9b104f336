// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_notices.hpp"

#include "runtime/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

using weight = clock_notice::weight;

std::string shown(std::int64_t ns) {
  return show_duration(duration{ns});
}

std::string signed_shown(std::int64_t ns) {
  return (ns < 0 ? "" : "+") + shown(ns);
}

std::string parts_per_million(std::int64_t ppb) {
  return fmt::format("{:+.3f} ppm", static_cast<double>(ppb) * 1e-3);
}

std::int64_t middle(std::int64_t begin, std::int64_t end) {
  return begin + (end - begin) / 2;
}

/// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + names[i];
  return text;
}

} // namespace

clock_notices::clock_notices(const clock_facts& facts) : facts_(facts) {
  for (const auto& p : facts.probes) {
    know(p.local, p.asker);
    know(p.remote, p.answerer);
  }
  for (const auto& l : facts.looks)
    know(l.clock, l.node);
}

/// The first time of the reference clock that is known; 0: none.
std::int64_t clock_notices::beginning() const {
  auto first = INT64_MAX;
  for (const auto& p : facts_.probes) {
    if (p.local == reference_clock)
      first = std::min(first, p.t1);
    if (p.remote == reference_clock)
      first = std::min(first, p.t2);
  }
  for (const auto& l : facts_.looks)
    if (l.clock == reference_clock)
      first = std::min(first, l.time_ns);
  return first == INT64_MAX ? 0 : first;
}

void clock_notices::know(clock_id clock, node_id node) {
  const auto [at, added] = nodes_.emplace(clock, node);
  if (!added && at->second == coordinator_node)
    at->second = node; // a name of the scenario says more
}

node_id clock_notices::node_of(clock_id clock) const {
  return clock == reference_clock ? coordinator_node : nodes_.at(clock);
}

std::string clock_notices::name(node_id node) const {
  return node < facts_.names.size() ? facts_.names[node] : "coordinator";
}

void clock_notices::add(weight how, std::int64_t time_ns, clock_id clock, node_id node,
                        std::string what, std::string detail) {
  all_.push_back({how, time_ns, clock, node, std::move(what), std::move(detail)});
}

void clock_notices::step(const clock_step_found& s) {
  std::vector<std::string> others;
  for (const auto c : s.against)
    others.push_back(name_of(c));
  const auto by = " by " + signed_shown(s.ahead_ns);
  const auto against = " against " + listed(others);
  add(weight::warning, middle(s.begin_ns, s.end_ns), s.timed_by, node_of(s.clock), "clock step",
      (s.proven ? "clock of " + name_of(s.clock) + " stepped" + by + against
                : name_of(s.clock) + against + by) +
          ", within " + shown(s.end_ns - s.begin_ns));
}

void clock_notices::events(const clock_course& of, clock_id from, clock_id to) {
  const auto pair = name_of(from) + " against " + name_of(to);
  for (const auto& e : of.events) {
    const auto tell = [&](weight how, std::string what, std::string detail) {
      add(how, middle(e.begin_ns, e.end_ns), from, node_of(from), std::move(what),
          pair + ": " + std::move(detail));
    };
    switch (e.what) {
    case course_event::kind::step: // of a clock, not of a pair
      break;
    case course_event::kind::wander:
      tell(weight::warning, "clock wander",
           "rates changed; " + shown(e.size_ns) + " off a straight line, within " +
               shown(e.end_ns - e.begin_ns));
      break;
    case course_event::kind::bad_stamp:
      tell(weight::warning, "bad clock stamp",
           "one exchange contradicts all around it by " + shown(e.size_ns) +
               "; it was left out of the line, and unless it is impossible the bound covers it");
      break;
    case course_event::kind::disagrees:
      tell(weight::note, "clock cross-check",
           "the least-squares line of the fastest exchanges leaves the bound, " + shown(e.size_ns) +
               " off the estimate");
      break;
    }
  }
}

void clock_notices::shared_differ(const node_pair& p, std::int64_t time_ns, std::int64_t by_ns) {
  add(weight::error, time_ns, p.clock, p.from, "shared clocks differ",
      name(p.from) + " and " + name(p.to) +
          " run on one clock, but their exchanges exclude an offset of 0 by " + shown(by_ns));
}

void clock_notices::loop_open(const clock_loop& l, const node_pair& first) {
  add(weight::error, first.begin_ns, first.clock, l.nodes[0], "clock loop does not close",
      fmt::format("offsets round {}, {}, {} come to {}, and their bounds only to {}",
                  name(l.nodes[0]), name(l.nodes[1]), name(l.nodes[2]), shown(l.residual_ns),
                  shown(l.bound_ns)));
}

void clock_notices::undisciplined(clock_id from, clock_id to, weight how) {
  add(how, beginning(), reference_clock, node_of(from), "system clock not disciplined",
      "the kernels of " + name_of(from) + " and " + name_of(to) +
          " did not both call their clocks synchronised (adjtimex); a time daemon with a reachable "
          "server makes them");
}

void clock_notices::system_contradicts(clock_id from, clock_id to, const course_conflict& c) {
  add(weight::error, c.begin_ns, from, node_of(from), "system clock contradicts probes",
      "what the kernels claim of the offset of " + name_of(to) + " to " + name_of(from) + " is " +
          shown(c.apart_ns) + " away from what is possible");
}

void clock_notices::paths_contradict(clock_id from, clock_id to, const course_conflict& c) {
  add(weight::error, c.begin_ns, from, node_of(from), "clock paths contradict",
      "the offset of " + name_of(to) + " to " + name_of(from) +
          " measured directly and over the coordinator are " + shown(c.apart_ns) +
          " further apart than their bounds allow");
}

void clock_notices::silent(const probed_path& path, const probe_silence& s,
                           std::optional<std::int64_t> before,
                           std::optional<std::int64_t> reached) {
  auto text = "no datagrams between " + name(path.asker) + " and " + name(path.answerer) +
              (path.network.empty() ? "" : " on network " + path.network) + " for " +
              shown(s.length_ns) + (s.to_the_end ? ", to the end of the run; " : "; ");
  const bool by_coordinator = path.asker != coordinator_node && path.answerer != coordinator_node;
  if (path.shared()) {
    text += "they share a clock, so that no figure depends on it";
  } else {
    text += s.by_other_path > 0 ? "meanwhile they were compared over another network"
            : s.by_control > 0  ? "meanwhile they were compared over the control plane"
            : by_coordinator    ? "meanwhile they were compared over the coordinator"
                                : "nothing compared them meanwhile";
    if (!reached)
      text += ", and for a part of it nothing bounds their clocks";
    else if (before && *before < *reached)
      text += ", and the bound between their clocks went from ± " + shown(*before) + " to ± " +
              shown(*reached);
    else
      text += ", and the bound between their clocks stayed within ± " + shown(*reached);
  }
  add(path.shared() ? weight::note : weight::warning, s.begin_ns, path.local,
      path.asker == coordinator_node ? path.answerer : path.asker, "clock probes unanswered",
      std::move(text));
}

void clock_notices::never_by_udp(const probed_path& path) {
  const auto node = path.asker == coordinator_node ? path.answerer : path.asker;
  const auto at = path.probes.front()->t1;
  if (std::ranges::find(facts_.isolated, node) != facts_.isolated.end()) {
    if (!path.shared())
      add(weight::warning, at, path.local, node, "no clock probes by UDP",
          "no datagram of the coordinator leads to the network of its own that " + name(node) +
              " has for links at packet level; its clock was compared over the control plane, with "
              "a wider bound");
    return;
  }
  add(path.shared() ? weight::note : weight::warning, at, path.local, node,
      "clock probes unanswered",
      name(node) + " never answered the coordinator by UDP" +
          (path.shared() ? "; they share a clock, so that no figure depends on it"
                         : "; its clock was compared over the control plane, with a wider bound"));
}

void clock_notices::steered(const clock_discipline& before, const clock_discipline& after) {
  add(weight::warning, after.time_ns, after.clock, after.node, "clock steered",
      fmt::format("the kernel of {} changed its clock's rate by {} within the last {}: bounds may "
                  "be too narrow by what that adds up to within {}",
                  name_of(after.clock), parts_per_million(after.rate_ppb - before.rate_ppb),
                  shown(after.time_ns - before.time_ns),
                  shown(course_settings::probed_every(facts_.interval_ns).window_ns)));
}

} // namespace peernet
