// SPDX-License-Identifier: MIT
#include "runtime/config/graph_check.hpp"

#include "runtime/core/nearest.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace peernet {

namespace {

class graph {
public:
  graph(const scenario& s, const std::vector<stage_ref>& stages, mistakes& wrong)
      : s_(s), stages_(stages), wrong_(wrong), vertices_(stages.size()) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
      index_.try_emplace(stages[i].stage->name, i);
      names_.push_back(stages[i].stage->name);
    }
  }

  void check() {
    for (const auto& link : s_.links)
      add(link);
    check_ends();
    check_cycles();
  }

private:
  struct edge {
    const link_config* link;
    std::size_t to;
  };
  struct vertex {
    std::vector<edge> out;
    bool has_in = false;  ///< a link names it as its end, right or wrong
    bool has_out = false; ///< a link names it as its beginning
  };

  void add(const link_config& link);
  /// The stage at one end of a link, and marks it as linked. If there is none, marks what was
  /// probably meant, so that one slip is one mistake.
  std::optional<std::size_t> find_end(const link_config& link, const std::string& name,
                                      std::string_view key, bool vertex::*linked);
  void check_pair(const link_config& link, const stage_ref& from, const stage_ref& to);
  void check_ends();
  void check_cycles();
  void report_cycle(const std::vector<std::pair<std::size_t, std::size_t>>& path,
                    const edge& closing);

  const scenario& s_;
  const std::vector<stage_ref>& stages_;
  mistakes& wrong_;
  std::vector<vertex> vertices_;
  std::map<std::string_view, std::size_t> index_;
  std::vector<std::string> names_;
  std::map<std::pair<std::size_t, std::size_t>, const link_config*> ends_;
};

std::optional<std::size_t> graph::find_end(const link_config& link, const std::string& name,
                                           std::string_view key, bool vertex::*linked) {
  if (const auto it = index_.find(name); it != index_.end()) {
    vertices_[it->second].*linked = true;
    return it->second;
  }
  if (name.empty()) { // the reader has said so
    for (auto& v : vertices_)
      v.*linked = true;
    return {};
  }
  const auto named = [&](const auto& one) { return one.name == name; };
  const auto* other = wrong_.full()                                          ? nullptr
                      : std::any_of(s_.links.begin(), s_.links.end(), named) ? "link"
                      : std::any_of(s_.nodes.begin(), s_.nodes.end(), named) ? "node"
                                                                             : nullptr;
  if (!wrong_.full())
    if (const auto meant = index_.find(nearest_name(name, names_)); meant != index_.end())
      vertices_[meant->second].*linked = true;
  wrong_.about("links." + link.name + "." + std::string(key),
               (other ? "\"" + name + "\" is a " + other + ", not a stage"
                      : "there is no stage \"" + name + "\"") +
                   wrong_.hint(name, names_));
  return {};
}

void graph::add(const link_config& link) {
  const auto from = find_end(link, link.from, "from", &vertex::has_out);
  const auto to = find_end(link, link.to, "to", &vertex::has_in);
  const auto path = "links." + link.name;
  bool joins = from && to;
  if (from && stages_[*from].kind == stage_kind::sink) {
    wrong_.about(path + ".from",
                 "\"" + link.from + "\" is a sink; a trace ends there and nothing comes out");
    joins = false;
  }
  if (to && stages_[*to].kind == stage_kind::sensor) {
    wrong_.about(path + ".to",
                 "\"" + link.to + "\" is a sensor; a trace begins there and nothing goes in");
    joins = false;
  }
  if (!joins)
    return;
  if (const auto [it, is_new] = ends_.try_emplace({*from, *to}, &link); !is_new)
    wrong_.about(path, "links." + it->second->name +
                           " has the same ends, so each sample would arrive twice; drop one, or "
                           "compare the two in two runs");
  check_pair(link, stages_[*from], stages_[*to]);
  vertices_[*from].out.push_back({&link, *to});
}

void graph::check_pair(const link_config& link, const stage_ref& from, const stage_ref& to) {
  if (!link.pair || from.instances == to.instances)
    return;
  const auto copies = [](const stage_ref& r) {
    return "\"" + r.stage->name + "\" has " + std::to_string(r.instances) +
           (r.workers > 1 ? " (its " + std::to_string(r.workers) +
                                " workers share one queue; dispatch = \"all\" makes copies)"
                          : "");
  };
  const auto path = "links." + link.name + ".pair";
  wrong_.about(path, "joins copy to copy, so both ends need equally many: " + copies(from) + ", " +
                         copies(to));
}

void graph::check_ends() {
  const auto count = [&](stage_kind kind) {
    return std::count_if(stages_.begin(), stages_.end(),
                         [&](const stage_ref& r) { return r.kind == kind; });
  };
  if (count(stage_kind::sensor) == 0)
    wrong_.about("sensors", "there is none, so nothing would happen; add [sensors.NAME]");
  if (count(stage_kind::sink) == 0)
    wrong_.about("sinks", "there is none for results to arrive at; add [sinks.NAME]");
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const auto path = stages_[i].path();
    const auto& name = stages_[i].stage->name;
    if (stages_[i].kind != stage_kind::sensor && !vertices_[i].has_in)
      wrong_.about(path, "nothing ever arrives here; add a link with to = \"" + name + "\"");
    if (stages_[i].kind != stage_kind::sink && !vertices_[i].has_out)
      wrong_.about(path, "what comes out goes nowhere; add a link with from = \"" + name +
                             "\" towards a sink");
  }
}

void graph::check_cycles() {
  enum class mark : std::uint8_t { fresh, open, done };
  std::vector<mark> marks(stages_.size(), mark::fresh);
  std::vector<std::pair<std::size_t, std::size_t>> path; // stage, next of its links to follow
  for (std::size_t start = 0; start < stages_.size(); ++start) {
    if (marks[start] == mark::fresh) {
      path.emplace_back(start, 0);
      marks[start] = mark::open;
    }
    while (!path.empty()) {
      auto& [stage, next] = path.back();
      if (next == vertices_[stage].out.size()) {
        marks[stage] = mark::done;
        path.pop_back();
        continue;
      }
      const auto& out = vertices_[stage].out[next++];
      if (marks[out.to] == mark::open)
        report_cycle(path, out);
      if (marks[out.to] == mark::fresh) {
        marks[out.to] = mark::open;
        path.emplace_back(out.to, 0);
      }
    }
  }
}

void graph::report_cycle(const std::vector<std::pair<std::size_t, std::size_t>>& path,
                         const edge& closing) {
  if (wrong_.full())
    return;
  std::string circle;
  for (auto it = std::find_if(path.begin(), path.end(),
                              [&](const auto& p) { return p.first == closing.to; });
       it != path.end(); ++it)
    circle += stages_[it->first].stage->name + "->";
  wrong_.about("links." + closing.link->name,
               "closes a cycle, " + circle + stages_[closing.to].stage->name +
                   ", in which samples would go round for ever; remove one of its links");
}

} // namespace

void check_graph(const scenario& s, const std::vector<stage_ref>& stages, mistakes& wrong) {
  graph(s, stages, wrong).check();
}

} // namespace peernet
