// SPDX-License-Identifier: MIT
#include "runtime/config/expectations.hpp"

#include "runtime/config/packet_level.hpp"
#include "runtime/config/stages.hpp"
#include "runtime/core/link_value.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

namespace peernet {

namespace {

using enum figure_kind;

/// A figure that every place of one kind has.
struct figure_def {
  std::string_view name;
  figure_kind kind = step;
  figure_unit unit = figure_unit::time_span;
};

constexpr figure_def share_of(figure_kind kind, std::string_view name) {
  return {name, kind, figure_unit::share};
}

constexpr std::array sensor_figures{
    figure_def{"lag"},          figure_def{"sense"},
    figure_def{"notice"},       share_of(sensor, "skipped"),
    share_of(sensor, "failed"), figure_def{"rate", sensor, figure_unit::rate}};
constexpr std::array inference_figures{figure_def{"queue"}, figure_def{"preprocess"},
                                       figure_def{"infer"}, figure_def{"postprocess"}};
constexpr std::array sink_figures{
    figure_def{"queue"},        figure_def{"act"},           share_of(sink, "delivered"),
    share_of(sink, "consumed"), share_of(sink, "skipped"),   share_of(sink, "dropped"),
    share_of(sink, "lost"),     share_of(sink, "corrupt"),   share_of(sink, "expired"),
    share_of(sink, "failed"),   share_of(sink, "unfinished")};
constexpr std::array link_figures{figure_def{"encode"},
                                  figure_def{"send-queue"},
                                  figure_def{"emulate"},
                                  figure_def{"link"},
                                  figure_def{"wake"},
                                  figure_def{"dispatch"},
                                  figure_def{"decode"},
                                  share_of(link, "loss"),
                                  share_of(link, "dropped"),
                                  share_of(link, "duplicated"),
                                  share_of(link, "reordered"),
                                  share_of(link, "corrupt"),
                                  figure_def{"throughput", link, figure_unit::bitrate},
                                  figure_def{link_value::planned_delay, value},
                                  figure_def{link_value::encoded_bytes, value, figure_unit::size},
                                  figure_def{link_value::psnr, value, figure_unit::decibel}};
constexpr std::array path_figures{figure_def{"end-to-end", figure_kind::path}};

constexpr std::string_view arrow = "->";

std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> stages;
  for (;;) {
    const auto at = text.find(arrow);
    stages.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return stages;
    text.remove_prefix(at + arrow.size());
  }
}

/// The ends are the same, and what stands between them is met on the way, in this order.
bool abbreviates(const std::vector<std::string>& written, const std::vector<std::string>& whole) {
  if (written.front() != whole.front() || written.back() != whole.back())
    return false;
  auto next = written.begin();
  for (const auto& stage : whole)
    if (next != written.end() && *next == stage)
      ++next;
  return next == written.end();
}

class resolver {
public:
  /// `p` is null if the graph is not sound.
  resolver(const scenario& s, const plan* p, const catalogue& known, mistakes& wrong)
      : s_(s), plan_(p), known_(known), wrong_(wrong), stages_(stages_of(s)) {
    for (const auto& r : stages_)
      stage_names_.push_back(r.stage->name);
  }

  std::vector<expected_figure> resolve() {
    std::vector<expected_figure> all;
    const expectation* before = nullptr;
    std::optional<expected_figure> found; // of the metric at hand: looked up, and complained about,
                                          // once for all its conditions
    for (const auto& e : s_.expectations) {
      if (!before || before->metric != e.metric)
        found = find(e);
      before = &e;
      if (!found)
        continue;
      found->condition = e.condition;
      if (const auto parsed = parse_condition(e.condition, found->unit); !parsed)
        complain(e, e.condition_at, parsed.error().message);
      else
        all.push_back(*found);
    }
    return all;
  }

private:
  std::optional<expected_figure> find(const expectation& e);
  std::optional<std::string> find_path(const expectation& e, const std::string& written);
  std::optional<std::string> unknown_place(const expectation& e, const std::string& name);
  std::optional<expected_figure> figure_of(const expectation& e, const std::string& target,
                                           const std::string& name, std::string_view owner,
                                           std::span<const figure_def> figures,
                                           const std::vector<std::string>& values = {});
  std::string inapplicable(const link_config& l, std::string_view figure) const;
  const std::vector<std::string>& paths();

  void complain(const expectation& e, const origin& at, const std::string& message) {
    wrong_.add(at, "expect.metrics.\"" + e.metric + "\": " + message);
  }

  const scenario& s_;
  const plan* plan_;
  const catalogue& known_;
  mistakes& wrong_;
  std::vector<stage_ref> stages_;
  std::vector<std::string> stage_names_;
  std::optional<std::vector<std::string>> paths_;
};

/// Every complete path of the graph, in the order of its routes.
const std::vector<std::string>& resolver::paths() {
  if (!paths_) {
    paths_.emplace();
    std::set<std::string> seen;
    for (std::uint32_t n = 0; n < plan_->sensors.size(); ++n)
      for (const auto& way : sink_routes(*plan_, n))
        if (auto name = path_name(*plan_, way.route); seen.insert(name).second)
          paths_->push_back(std::move(name));
  }
  return *paths_;
}

std::optional<std::string> resolver::find_path(const expectation& e, const std::string& written) {
  const auto stages = split_path(written);
  for (const auto& name : stages)
    if (std::find(stage_names_.begin(), stage_names_.end(), name) == stage_names_.end()) {
      const bool is_link = std::any_of(s_.links.begin(), s_.links.end(),
                                       [&](const link_config& l) { return l.name == name; });
      complain(e, e.metric_at,
               is_link ? "\"" + name + "\" is a link; a path is written with its stages"
                       : "there is no stage \"" + name + "\"" + wrong_.hint(name, stage_names_));
      return {};
    }
  if (!plan_)
    return {};
  if (std::find(paths().begin(), paths().end(), written) != paths().end())
    return written;
  std::vector<std::string> candidates;
  for (const auto& path : paths())
    if (abbreviates(stages, split_path(path)))
      candidates.push_back(path);
  if (candidates.size() == 1)
    return candidates.front();
  if (candidates.empty()) {
    complain(e, e.metric_at,
             "there is no such path from a sensor to a sink" + wrong_.hint(written, paths()));
    return {};
  }
  constexpr std::size_t most_listed = 10;
  std::string list;
  for (std::size_t i = 0; i < candidates.size() && i < most_listed; ++i)
    list += (i ? ", " : "") + candidates[i];
  complain(e, e.metric_at,
           "is ambiguous: it may mean " + list + (candidates.size() > most_listed ? ", …" : "") +
               "; name a stage that tells them apart");
  return {};
}

std::optional<expected_figure> resolver::figure_of(const expectation& e, const std::string& target,
                                                   const std::string& name, std::string_view owner,
                                                   std::span<const figure_def> figures,
                                                   const std::vector<std::string>& values) {
  expected_figure f{.metric = e.metric, .target = target, .name = name};
  const auto def = std::find_if(figures.begin(), figures.end(),
                                [&](const figure_def& d) { return d.name == name; });
  if (def != figures.end()) {
    f.kind = def->kind;
    f.unit = def->unit;
    return f;
  }
  if (std::find(values.begin(), values.end(), name) != values.end()) {
    f.kind = value;
    f.unit = figure_unit::number;
    return f;
  }
  std::vector<std::string> names;
  for (const auto& d : figures)
    names.emplace_back(d.name);
  names.insert(names.end(), values.begin(), values.end());
  complain(e, e.metric_at,
           (name.empty()
                ? "the figure is missing, for example \"" + target + "." + names.front() + "\""
                : std::string(owner) + " has no figure \"" + name + "\"") +
               wrong_.hint(name, names));
  return {};
}

/// Why a link as it is has no such figure.
std::string resolver::inapplicable(const link_config& l, std::string_view figure) const {
  const auto is_local = [&](const plan_lane& lane) {
    return lane.local && plan_->places[lane.link].name == l.name;
  };
  if (plan_ && std::any_of(plan_->lanes.begin(), plan_->lanes.end(), is_local))
    return "a local hand-off";
  if (figure == "emulate" || figure == link_value::planned_delay) {
    if (!l.impair)
      return "the link is not impaired";
    if (at_packet_level(l))
      return "it is packets that are held back, which shows in the step `link`";
  }
  if (!l.codecs.empty())
    return {};
  if (figure == "encode" || figure == "decode")
    return "codec raw has no such step";
  if (figure == link_value::encoded_bytes || figure == link_value::psnr)
    return "codec raw has no such figure";
  return {};
}

std::optional<expected_figure> resolver::find(const expectation& e) {
  const auto dot = e.metric.find('.');
  const auto target = e.metric.substr(0, dot);
  const auto name = dot == std::string::npos ? "" : e.metric.substr(dot + 1);
  if (target.find(arrow) != std::string::npos) {
    const auto whole = find_path(e, target);
    return whole ? figure_of(e, *whole, name, "a path", path_figures) : std::nullopt;
  }
  for (const auto& l : s_.links)
    if (l.name == target) {
      auto f = figure_of(e, target, name, "a link", link_figures);
      if (f)
        f->inapplicable = inapplicable(l, name);
      if (f && f->inapplicable.empty() && name == link_value::psnr && !l.psnr) {
        complain(e, e.metric_at, "is not measured; set psnr = true in [links." + l.name + "]");
        return {};
      }
      return f;
    }
  for (const auto& r : stages_) {
    if (r.stage->name != target)
      continue;
    if (r.kind == stage_kind::sink)
      return figure_of(e, target, name, "a sink", sink_figures);
    if (r.kind == stage_kind::inference) {
      const auto* type = known_.find(plugin_kind::model, r.stage->type);
      if (!type)
        return {}; // an unknown model has been complained about
      return figure_of(e, target, name, "inference by " + type->name, inference_figures,
                       type->values);
    }
    auto f = figure_of(e, target, name, "a sensor", sensor_figures);
    if (f && name == "notice" && s_.sensors[r.config].arrival != arrival::closed_loop)
      f->inapplicable = "an open loop has no such step";
    return f;
  }
  auto names = stage_names_;
  for (const auto& l : s_.links)
    names.push_back(l.name);
  complain(e, e.metric_at,
           "there is no stage or link \"" + target + "\"" + wrong_.hint(target, names));
  return {};
}

} // namespace

void check_expectations(const scenario& s, const catalogue& known, mistakes& wrong) {
  if (s.expectations.empty())
    return;
  const auto unfolded = make_plan(s);
  resolver(s, unfolded ? &*unfolded : nullptr, known, wrong).resolve();
}

result<std::vector<expected_figure>> resolve_expectations(const scenario& s, const plan& p,
                                                          const catalogue& known) {
  const sources nowhere(s.file);
  mistakes wrong(nowhere);
  auto all = resolver(s, &p, known, wrong).resolve();
  if (!wrong.none())
    return error{errc::bad_scenario, wrong.list().front().message};
  return all;
}

} // namespace peernet
