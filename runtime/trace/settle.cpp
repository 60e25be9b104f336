// SPDX-License-Identifier: MIT
#include "runtime/trace/settle.hpp"

#include "runtime/trace/schema.hpp"

#include <algorithm>

namespace peernet {

settler::settler(const run_context& context) : context_(context) {
  for (const auto& e : context.link_ends)
    if (e.side == link_side::receiver && e.final && e.node < context.lost_nodes.size() &&
        !context.lost_nodes[e.node])
      reconciled_.emplace(e.link, e.lane);
}

/// In order of time; those whose time is unknown last.
std::vector<settler::event> settler::events_of(const joined_trace& t) const {
  std::vector<event> events;
  for (const auto& f : t.fates) {
    const auto& o = context_.origins[f.origin];
    const auto at = context_.clocks.to_reference(o.begin_clock, f.at_ns);
    events.push_back({.fact = f,
                      .outcome = static_cast<outcome>(o.what),
                      .route = o.route,
                      .at = at ? std::optional(at->ns) : std::nullopt});
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const event& a, const event& b) { return a.at && (!b.at || *a.at < *b.at); });
  return events;
}

/// Lanes that sent the sample and whose other end vouches that it never came; first on a way first.
std::vector<route_id> settler::losses_of(const joined_trace& t) const {
  std::set<route_id> received;
  for (const auto& s : t.spans)
    if (const auto& o = context_.origins[s.origin]; o.what == static_cast<int>(step::link))
      received.insert(o.route);
  std::vector<route_id> lost;
  for (const auto& s : t.sent) {
    const auto lane = context_.origins[s.origin].route;
    const auto& route = context_.shape.routes[lane];
    if (!received.contains(lane) && reconciled_.contains({route.place, route.copy}))
      lost.push_back(lane);
  }
  std::sort(lost.begin(), lost.end());
  return lost;
}

std::optional<route_id> settler::furthest(const joined_trace& t,
                                          const route_tree::reach& way) const {
  const auto& tree = context_.tree;
  std::optional<route_id> best;
  const auto reached = [&](std::uint32_t origin) {
    const auto route = context_.origins[origin].route;
    if ((!best || tree.depth(route) > tree.depth(*best)) && tree.on_way(route, way))
      best = route;
  };
  for (const auto& s : t.spans)
    reached(s.origin);
  for (const auto& s : t.sent)
    reached(s.origin);
  return best;
}

void settler::settle(const joined_trace& t, std::vector<ending>& out) const {
  const auto& tree = context_.tree;
  const auto root = context_.shape.sensors[t.id.sensor()];
  const auto events = events_of(t);
  std::optional<std::vector<route_id>> losses; // only looked for when needed
  const auto at_sensor = [&](outcome o) {
    return std::find_if(events.begin(), events.end(),
                        [&](const event& e) { return e.route == root && e.outcome == o; });
  };
  const bool skipped = at_sensor(outcome::skipped) != events.end();
  const auto expired = at_sensor(outcome::expired);

  out.clear();
  for (const auto& way : tree.reachable(t.id.sensor())) {
    ending end{.sink = way.sink};
    const event* arrival = nullptr;
    const event* terminal = nullptr;
    std::uint32_t arrivals = 0;
    for (const auto& e : events) {
      if (!tree.on_way(e.route, way))
        continue;
      if (e.outcome == outcome::delivered) {
        ++arrivals;
        arrival = arrival ? arrival : &e;
      } else if (!terminal && e.outcome != outcome::skipped &&
                 !(e.outcome == outcome::expired && e.route == root)) {
        terminal = &e;
      }
    }
    const bool in_time = arrival && (expired == events.end() ||
                                     (arrival->at && expired->at && *arrival->at <= *expired->at));

    const auto conclude = [&](outcome o, route_id where) {
      end.outcome = o;
      end.route = where;
      end.place = context_.shape.routes[where].place;
    };
    if (skipped) {
      conclude(outcome::skipped, root);
    } else if (expired != events.end() && !in_time) {
      conclude(outcome::expired, root);
      end.late = arrivals;
    } else if (arrival) {
      conclude(outcome::delivered, arrival->route);
      end.arrival = arrival->fact;
      end.duplicate = arrivals - 1;
    } else if (terminal) {
      conclude(terminal->outcome, terminal->route);
    } else {
      if (!losses)
        losses = losses_of(t);
      const auto lost = std::find_if(losses->begin(), losses->end(),
                                     [&](route_id lane) { return tree.on_way(lane, way); });
      if (lost != losses->end())
        conclude(outcome::lost, *lost);
      else if (t.sample && !t.sample->sensed_ns)
        conclude(outcome::skipped, root);
      else
        conclude(outcome::unfinished, furthest(t, way).value_or(root));
    }
    out.push_back(end);
  }
}

void settlement::add(const joined_trace& t, const std::vector<ending>& endings) {
  ++intended[t.id.sensor()];
  warmup += t.warmup ? 1 : 0;
  for (const auto& e : endings) {
    auto& total = sinks[e.sink];
    ++(t.warmup ? total.warmup : total.counts)[static_cast<std::size_t>(e.outcome)];
    (t.warmup ? total.warmup_repeats : total.late) += e.late;
    (t.warmup ? total.warmup_repeats : total.duplicate) += e.duplicate;
  }
}

result<void> settle_run(store& s, const run_context& context) {
  auto& db = s.database();
  sql_transaction all(db);
  db.execute("DELETE FROM settled");
  auto insert = db.prepare("INSERT INTO settled VALUES (?, ?, ?, ?, ?, ?)");
  const settler rules(context);
  trace_reader traces(s, context);
  joined_trace t;
  std::vector<ending> endings;
  while (traces.next(t)) {
    rules.settle(t, endings);
    for (const auto& e : endings) {
      const auto& sink = context.tree.sinks()[e.sink];
      insert.run(t.id.number(), sink.place, sink.copy, e.outcome, e.place, t.warmup);
    }
  }
  db.execute(schema::settled_index);
  return all.commit();
}

} // namespace peernet
