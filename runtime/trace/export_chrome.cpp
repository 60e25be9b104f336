// SPDX-License-Identifier: MIT
#include "runtime/trace/export.hpp"
#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/text_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace peernet {

namespace {

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A span as it is drawn, on the reference clock.
struct slice {
  std::int64_t begin = 0;
  std::int64_t end = 0;   ///< not before begin: the format cannot draw less than nothing
  std::int64_t took = 0;  ///< as reported; less than 0 where clocks are not known well enough
  std::int64_t bound = 0; ///< ± of it
  route_id route = 0;
  node_id node = 0;
  std::uint16_t what = 0;
  std::uint32_t output = 0;
  int track = 0;
};

/// Hands out tracks such that no two slices on one overlap: the format cannot draw that.
class track_finder {
public:
  /// One sample's stay at one place of one node, from its first to its last slice there.
  int find(node_id node, place_id place, std::int64_t begin, std::int64_t end) {
    auto& lanes = lanes_[{node, place}];
    auto free = std::find_if(lanes.begin(), lanes.end(),
                             [&](const lane& l) { return l.busy_until <= begin; });
    if (free == lanes.end()) {
      // Tracks of one place stand together, below those of places before it.
      lanes.push_back(
          {.busy_until = end, .track = (place + 1) * most_lanes + static_cast<int>(lanes.size())});
      return lanes.back().track;
    }
    free->busy_until = end;
    return free->track;
  }

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [where, lanes] : lanes_)
      for (std::size_t i = 0; i < lanes.size(); ++i)
        visit(where.first, where.second, i, lanes[i].track);
  }

private:
  static constexpr int most_lanes = 10'000; // track numbers a place may use

  struct lane {
    std::int64_t busy_until = 0;
    int track = 0;
  };
  std::map<std::pair<node_id, place_id>, std::vector<lane>> lanes_;
};

class drawing {
public:
  drawing(const run_context& context, std::int64_t start, text_file& out)
      : context_(context), start_(start), out_(out) {}

  void trace(const joined_trace& t) {
    collect(t);
    place();
    for (const auto& s : slices_) {
      const auto& place = context_.place_of(s.route).name;
      const auto name = context_.step_name(s.what);
      separate();
      out_.print(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{},"cat":{},)"
                 R"("args":{{"sensor":{},"seq":{},"output":{},"duration_us":{},"bound_us":{}}}}})",
                 s.node + 1, s.track, micro(s.begin - start_), micro(s.end - s.begin),
                 json_text(s.took < 0 ? name + " (negative)" : name),
                 json_text(s.took < 0 ? place + ",negative" : place),
                 json_text(context_.place_of(context_.shape.sensors[t.id.sensor()]).name),
                 t.id.seq(), s.output, micro(s.took), micro(s.bound));
    }
    arrows();
  }

  /// What happened, as the view `events` tells it: a mark over all tracks of its node, or of the
  /// coordinator, which is process 0.
  void events(sql_database& db) {
    auto q = db.prepare("SELECT time_ns, node, severity, what, detail FROM events "
                        "WHERE time_ns IS NOT NULL ORDER BY time_ns");
    while (q.next()) {
      const auto& nodes = context_.shape.nodes;
      const auto node = std::ranges::find(nodes, q.text(1), &layout::node::name);
      separate();
      out_.print(R"({{"ph":"i","s":"p","pid":{},"tid":0,"ts":{},"name":{},"cat":"event",)"
                 R"("args":{{"severity":{},"detail":{}}}}})",
                 node == nodes.end() ? 0 : node - nodes.begin() + 1, micro(q.integer(0) - start_),
                 json_text(q.text(3)), json_text(q.text(2)), json_text(q.text(4)));
      coordinator_ = coordinator_ || node == nodes.end();
    }
  }

  void names() {
    if (coordinator_) {
      separate();
      out_.write(R"({"ph":"M","pid":0,"name":"process_name","args":{"name":"coordinator"}})");
    }
    for (std::size_t n = 0; n < context_.shape.nodes.size(); ++n) {
      separate();
      out_.print(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", n + 1,
                 json_text("node " + context_.shape.nodes[n].name));
    }
    tracks_.each([&](node_id node, place_id place, std::size_t lane, int track) {
      const auto& name = context_.shape.places[place].name;
      separate();
      out_.print(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                 node + 1, track,
                 json_text(lane == 0 ? name : name + " (" + std::to_string(lane + 1) + ")"));
      separate();
      out_.print(
          R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})",
          node + 1, track, track);
    });
  }

private:
  /// ns as µs with all digits.
  static std::string micro(std::int64_t ns) {
    return fmt::format("{}{}.{:03}", ns < 0 ? "-" : "", std::abs(ns) / 1000, std::abs(ns) % 1000);
  }

  void separate() {
    out_.write(first_ ? "\n" : ",\n");
    first_ = false;
  }

  void collect(const joined_trace& t) {
    slices_.clear();
    for (const auto& s : t.spans) {
      const auto& o = context_.origins[s.origin];
      const auto begin = context_.clocks.to_reference(o.begin_clock, s.begin_ns);
      const auto end = context_.clocks.to_reference(o.end_clock, s.end_ns);
      const auto took = context_.clocks.between(o.begin_clock, s.begin_ns, o.end_clock, s.end_ns);
      if (begin && end && took)
        slices_.push_back({.begin = begin->ns,
                           .end = std::max(begin->ns, end->ns),
                           .took = took->ns,
                           .bound = took->bound,
                           .route = o.route,
                           .node = o.end_node,
                           .what = o.what,
                           .output = s.output});
    }
    std::sort(slices_.begin(), slices_.end(), [](const slice& a, const slice& b) {
      return std::tie(a.route, a.node, a.begin, a.end) < std::tie(b.route, b.node, b.begin, b.end);
    });
  }

  /// Gives each run of slices that follow each other at one place of one node a track.
  void place() {
    for (auto first = slices_.begin(); first != slices_.end();) {
      auto behind = std::next(first);
      auto until = first->end;
      while (behind != slices_.end() && behind->route == first->route &&
             behind->node == first->node && behind->begin >= until) {
        until = behind->end;
        ++behind;
      }
      const auto track =
          tracks_.find(first->node, context_.shape.routes[first->route].place, first->begin, until);
      std::for_each(first, behind, [&](slice& s) { s.track = track; });
      first = behind;
    }
  }

  /// An arrow from the last slice at a place to the first at the next place of the way.
  void arrows() {
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      const bool first_here = i == 0 || slices_[i - 1].route != slices_[i].route ||
                              slices_[i - 1].node != slices_[i].node;
      const auto* from = first_here ? before(slices_[i]) : nullptr;
      if (!from)
        continue;
      ++arrow_;
      separate();
      out_.print(R"({{"ph":"s","id":{},"pid":{},"tid":{},"ts":{},"name":"way","cat":"way"}})",
                 arrow_, from->node + 1, from->track, micro(from->begin - start_));
      separate();
      out_.print(
          R"({{"ph":"f","bp":"e","id":{},"pid":{},"tid":{},"ts":{},"name":"way","cat":"way"}})",
          arrow_, slices_[i].node + 1, slices_[i].track, micro(slices_[i].begin - start_));
    }
  }

  /// The last slice that began before this one at the same place on another node, or else at the
  /// nearest place before that has any.
  [[nodiscard]] const slice* before(const slice& s) const {
    for (auto r = s.route; r != no_route; r = context_.shape.routes[r].parent) {
      const slice* last = nullptr;
      for (const auto& other : slices_)
        if (other.route == r && (r != s.route || other.node != s.node) && other.begin <= s.begin &&
            other.what != static_cast<int>(step::notice) && (!last || other.begin >= last->begin))
          last = &other;
      if (last)
        return last;
    }
    return nullptr;
  }

  const run_context& context_;
  std::int64_t start_;
  text_file& out_;
  track_finder tracks_;
  std::vector<slice> slices_; // of the current trace
  std::uint64_t arrow_ = 0;
  bool first_ = true;
  bool coordinator_ = false; // has a mark
};

} // namespace

result<void> export_chrome(store& s, const std::filesystem::path& file) {
  const auto context = run_context::load(s);
  if (!context)
    return context.error();
  const auto start = s.database().query_integer("SELECT MIN(intended_ns) FROM samples");
  text_file out(file);
  out.write(R"({"displayTimeUnit":"ms","traceEvents":[)");
  drawing picture(**context, start.value_or(0), out);
  trace_reader traces(s, **context);
  joined_trace t;
  while (traces.next(t))
    picture.trace(t);
  picture.events(s.database());
  picture.names();
  out.write("\n]}\n");
  if (auto done = s.database().check(); !done)
    return done;
  return out.close();
}

} // namespace peernet
