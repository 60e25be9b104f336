// SPDX-License-Identifier: MIT
#include "runtime/trace/books.hpp"

#include <fmt/format.h>

#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace peernet {

namespace {

using instance = std::pair<place_id, std::uint16_t>; // place, copy

/// How many records there are of each origin.
std::vector<std::uint64_t> records_by_origin(store& s, std::size_t origins) {
  std::vector<std::uint64_t> counts(origins);
  auto q = s.database().prepare("SELECT origin, COUNT(*) FROM span GROUP BY origin UNION ALL "
                                "SELECT origin, COUNT(*) FROM sample GROUP BY origin UNION ALL "
                                "SELECT origin, COUNT(*) FROM sent GROUP BY origin UNION ALL "
                                "SELECT origin, COUNT(*) FROM fate GROUP BY origin UNION ALL "
                                "SELECT origin, COUNT(*) FROM \"values\" GROUP BY origin");
  while (q.next())
    counts[q.number<std::size_t>(0)] += q.number<std::uint64_t>(1);
  return counts;
}

class auditor {
public:
  auditor(const run_context& context, const settlement& settled,
          std::vector<std::uint64_t> recorded, const std::vector<reported_count>& counts)
      : context_(context), settled_(settled), recorded_(std::move(recorded)) {
    for (const auto& c : counts) {
      if (c.kind == count_kind::emitted || c.kind == count_kind::overflowed)
        by_node_[{c.kind, c.node}] += c.count;
      else
        by_instance_[{c.kind, c.place, c.copy}] += c.count;
    }
  }

  std::vector<std::string> run() {
    sensors();
    sinks();
    queues();
    lanes();
    nodes();
    for (const auto& [text, kind] : kinds_)
      if (kind.count > most_alike)
        found_.push_back(
            fmt::format("and {} more like \"{}\"", kind.count - most_alike, kind.first));
    return std::move(found_);
  }

private:
  /// Of discrepancies that differ in names and numbers only; a thousand sensors may have the same.
  static constexpr std::size_t most_alike = 3;

  struct discrepancy {
    std::size_t count = 0;
    std::string first;
  };

  template <class... Args>
  void report(fmt::format_string<Args...> text, Args&&... args) {
    const auto form = fmt::string_view(text);
    auto& kind = kinds_[std::string_view(form.data(), form.size())];
    if (++kind.count > most_alike)
      return;
    found_.push_back(fmt::format(text, std::forward<Args>(args)...));
    if (kind.count == 1)
      kind.first = found_.back();
  }

  /// "camera", or "camera[2]" where there are several.
  [[nodiscard]] std::string name(place_id place, std::uint16_t copy) const {
    for (const auto& r : context_.shape.routes)
      if (r.place == place && r.copy > 0)
        return fmt::format("{}[{}]", context_.shape.places[place].name, copy);
    return context_.shape.places[place].name;
  }

  [[nodiscard]] bool lost(node_id node) const {
    return node < context_.lost_nodes.size() && context_.lost_nodes[node];
  }

  [[nodiscard]] const std::uint64_t* reported(count_kind kind, const instance& i) const {
    const auto it = by_instance_.find({kind, i.first, i.second});
    return it == by_instance_.end() ? nullptr : &it->second;
  }

  /// Records of a kind and meaning per place and copy of their route.
  [[nodiscard]] std::map<instance, std::uint64_t> recorded(record_kind kind, int what) const {
    std::map<instance, std::uint64_t> sums;
    for (std::size_t i = 0; i < recorded_.size(); ++i) {
      const auto& o = context_.origins[i];
      const auto& r = context_.shape.routes[o.route];
      if (o.kind == kind && (what < 0 || o.what == what))
        sums[{r.place, r.copy}] += recorded_[i];
    }
    return sums;
  }

  void sensors() {
    for (std::uint32_t sensor = 0; sensor < context_.shape.sensors.size(); ++sensor) {
      const auto& r = context_.shape.routes[context_.shape.sensors[sensor]];
      if (lost(r.node))
        continue;
      const auto* slots = reported(count_kind::intended, {r.place, r.copy});
      if (!slots)
        report("sensor {} did not report how many samples it intended", name(r.place, r.copy));
      else if (*slots != settled_.intended[sensor])
        report("sensor {} intended {} samples, {} are recorded", name(r.place, r.copy), *slots,
               settled_.intended[sensor]);
    }
  }

  void sinks() {
    std::vector<std::uint64_t> due(settled_.sinks.size());
    std::vector<node_id> node(settled_.sinks.size());
    for (std::uint32_t sensor = 0; sensor < context_.shape.sensors.size(); ++sensor) {
      const auto& r = context_.shape.routes[context_.shape.sensors[sensor]];
      const auto* slots = reported(count_kind::intended, {r.place, r.copy});
      for (const auto& way : context_.tree.reachable(sensor)) {
        due[way.sink] += slots ? *slots : settled_.intended[sensor];
        node[way.sink] = context_.shape.routes[way.routes.front()].node;
      }
    }
    for (std::size_t i = 0; i < settled_.sinks.size(); ++i) {
      const auto& sink = context_.tree.sinks()[i];
      const auto& total = settled_.sinks[i];
      const auto outcomes = std::accumulate(
          total.counts.begin(), total.counts.end(),
          std::accumulate(total.warmup.begin(), total.warmup.end(), std::uint64_t{0}));
      const auto arrived =
          total.counts[0] + total.warmup[0] + total.late + total.duplicate + total.warmup_repeats;
      const auto who = name(sink.place, sink.copy);
      if (outcomes != due[i])
        report("{} outcomes at sink {} for {} intended samples", outcomes, who, due[i]);
      if (lost(node[i]))
        continue;
      const auto* counted = reported(count_kind::arrivals, {sink.place, sink.copy});
      if (!counted)
        report("sink {} did not report how many samples arrived", who);
      else if (*counted != arrived)
        report("sink {} counted {} arrivals, {} are recorded", who, *counted, arrived);
    }
  }

  void queues() {
    std::map<place_id, std::uint64_t> counted, events;
    for (const auto& [key, count] : by_instance_)
      if (std::get<0>(key) == count_kind::dropped)
        counted[std::get<1>(key)] += count;
    for (const auto& e : context_.link_ends)
      if (e.side == link_side::sender && e.final && !lost(e.node))
        counted[e.link] += e.dropped;
    for (const auto& [where, count] :
         recorded(record_kind::fate, static_cast<int>(outcome::dropped)))
      events[where.first] += count;
    for (const auto& [place, count] : counted)
      if (count != events[place] && !partly_lost(place))
        report("{} counted {} dropped samples, {} are recorded", context_.shape.places[place].name,
               count, events[place]);
  }

  /// Does some copy of the place live on a lost node, or, for a link, begin at one?
  [[nodiscard]] bool partly_lost(place_id place) const {
    for (const auto& r : context_.shape.routes)
      if (r.place == place &&
          (lost(r.node) || (r.parent != no_route && lost(context_.shape.routes[r.parent].node))))
        return true;
    return false;
  }

  /// A local hand-off: both ends on one node, and not a frame on record.
  [[nodiscard]] bool handed_over(const link_end& e,
                                 const std::map<instance, std::uint64_t>& sent) const {
    for (const auto& r : context_.shape.routes)
      if (r.place == e.link && r.copy == e.lane)
        return !sent.contains({e.link, e.lane}) && r.parent != no_route &&
               context_.shape.routes[r.parent].node == r.node;
    return false;
  }

  void lanes() {
    const auto sent = recorded(record_kind::sent, -1);
    const auto received = recorded(record_kind::span, static_cast<int>(step::link));
    const auto count = [](const auto& sums, const link_end& e) {
      const auto it = sums.find({e.link, e.lane});
      return it == sums.end() ? std::uint64_t{0} : it->second;
    };
    for (const auto& e : context_.link_ends) {
      if (!e.final || lost(e.node) || handed_over(e, sent))
        continue;
      const auto who = name(e.link, e.lane);
      if (e.side == link_side::sender && e.sent != count(sent, e))
        report("link {} counted {} frames sent, {} are recorded", who, e.sent, count(sent, e));
      if (e.side == link_side::receiver && e.unique != count(received, e))
        report("link {} counted {} frames received, {} are recorded", who, e.unique,
               count(received, e));
    }
  }

  void nodes() {
    std::vector<std::uint64_t> stored(context_.shape.nodes.size());
    for (std::size_t i = 0; i < recorded_.size(); ++i)
      stored[context_.origins[i].end_node] += recorded_[i];
    for (node_id n = 0; n < stored.size(); ++n) {
      const auto& who = context_.shape.nodes[n].name;
      if (const auto it = by_node_.find({count_kind::overflowed, n});
          it != by_node_.end() && it->second > 0)
        report("node {} lost {} records because a buffer was full", who, it->second);
      if (lost(n))
        continue;
      const auto emitted = by_node_.find({count_kind::emitted, n});
      if (emitted == by_node_.end())
        report("node {} did not report how many records it emitted", who);
      else if (emitted->second != stored[n])
        report("node {} emitted {} records, {} are stored", who, emitted->second, stored[n]);
    }
  }

  const run_context& context_;
  const settlement& settled_;
  std::vector<std::uint64_t> recorded_; // index: origin
  std::map<std::tuple<count_kind, place_id, std::uint16_t>, std::uint64_t> by_instance_;
  std::map<std::pair<count_kind, node_id>, std::uint64_t> by_node_;
  std::map<std::string_view, discrepancy> kinds_; ///< by the text they are made from
  std::vector<std::string> found_;
};

} // namespace

result<std::vector<std::string>> check_books(store& s, const run_context& context,
                                             const settlement& settled) {
  const auto ended = s.read_run("ended");
  if (!ended)
    return ended.error();
  if (ended->empty())
    return std::vector<std::string>{"the run was cut off: its coordinator ended before it did"};
  const auto counts = s.read_counts();
  if (!counts)
    return counts.error();
  auto recorded = records_by_origin(s, context.origins.size());
  if (auto done = s.database().check(); !done)
    return done.error();
  return auditor(context, settled, std::move(recorded), *counts).run();
}

} // namespace peernet
