// SPDX-License-Identifier: MIT
#include "runtime/config/validate.hpp"

#include "runtime/config/expectations.hpp"
#include "runtime/config/graph_check.hpp"
#include "runtime/config/impair_check.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/config/machines.hpp"
#include "runtime/config/stages.hpp"
#include "runtime/core/ids.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace peernet {

namespace {

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& one : all)
    names.push_back(one.name);
  return names;
}

class scenario_check {
public:
  scenario_check(const scenario& s, const catalogue& known, mistakes& wrong, bool look_for_files)
      : s_(s),
        known_(known),
        wrong_(wrong),
        stages_(stages_of(s)),
        look_for_files_(look_for_files) {}

  void check() {
    check_time();
    check_names();
    for (const auto& node : s_.nodes)
      check_test_clock(node);
    check_machines(s_, known_, wrong_);
    for (const auto& stage : stages_)
      check_stage(stage);
    check_graph(s_, stages_, wrong_);
    check_impairments(s_, known_, wrong_, look_for_files_);
    check_size();
    check_expectations(s_, known_, wrong_);
  }

private:
  void check_time();
  void check_names();
  void check_name(const std::string& path, std::string_view name);
  void check_test_clock(const node_config& node);
  void check_stage(const stage_ref& stage);
  void check_option(const stage_ref& stage, const option_def& def, const std::string& value);
  void check_path(const std::string& path, option_kind kind, const std::string& written);
  void check_size();

  [[nodiscard]] const node_config* node_of(std::string_view name) const {
    const auto it = std::find_if(s_.nodes.begin(), s_.nodes.end(),
                                 [&](const node_config& n) { return n.name == name; });
    return it == s_.nodes.end() ? nullptr : &*it;
  }

  const scenario& s_;
  const catalogue& known_;
  mistakes& wrong_;
  std::vector<stage_ref> stages_;
  bool look_for_files_;
};

void scenario_check::check_time() {
  if (s_.run_for && s_.warmup >= *s_.run_for)
    wrong_.about(
        "scenario.warmup",
        "the warm-up is part of `duration` and must be shorter, or nothing is left to measure");
}

void scenario_check::check_name(const std::string& path, std::string_view name) {
  if (!is_name(name))
    wrong_.about(path, "\"" + std::string(name) +
                           "\" is no valid name; a name begins with a lower-case letter and goes "
                           "on with lower-case letters, digits and hyphens");
}

void scenario_check::check_names() {
  check_name("scenario.name", s_.name);
  for (const auto& node : s_.nodes) {
    check_name("nodes." + node.name, node.name);
    for (const auto& [network, address] : node.addresses)
      check_name("nodes." + node.name + ".addresses." + network, network);
  }
  std::vector<std::string> paths;
  for (const auto& stage : stages_)
    paths.push_back(stage.path());
  for (const auto& link : s_.links)
    paths.push_back("links." + link.name);
  std::map<std::string_view, const std::string*> taken;
  for (const auto& path : paths) {
    const auto name = std::string_view(path).substr(path.find('.') + 1);
    check_name(path, name);
    if (const auto [it, is_new] = taken.try_emplace(name, &path); !is_new)
      wrong_.about(path, "the name is taken by " + *it->second +
                             "; stages and links share one set of names, so that each name means "
                             "one place in the results");
  }
}

void scenario_check::check_test_clock(const node_config& node) {
  if (const auto& wander = node.test_clock.wander;
      wander && !(wander->steepest() < steepest_wander))
    wrong_.about("nodes." + node.name + ".test-clock.wander",
                 "is too steep: 2π × amplitude / period must be below 500 ppm, so make the "
                 "amplitude smaller than the period / 12567");
}

void scenario_check::check_stage(const stage_ref& stage) {
  const auto& c = *stage.stage;
  if (!c.node.empty() && !node_of(c.node))
    wrong_.about(stage.path() + ".node",
                 "there is no node \"" + c.node + "\"" + wrong_.hint(c.node, names_of(s_.nodes)));
  const auto* type = known_.find(plugin_of(stage.kind), c.type);
  if (!type)
    return;
  if (const auto* node = node_of(c.node);
      c.type == "external" && node && node->start != node_start::join)
    wrong_.about(stage.path() + ".type",
                 "an external stage is filled by the program that plays its node; give node \"" +
                     node->name + "\" start = \"join\", or choose a type that PeerNet brings");
  for (const auto& def : type->options)
    if (const auto* text = c.settings.find<std::string>(def.name))
      check_option(stage, def, *text);
}

void scenario_check::check_option(const stage_ref& stage, const option_def& def,
                                  const std::string& value) {
  const auto path = stage.path() + "." + def.name;
  const auto* node = node_of(stage.stage->node);
  if (def.kind == option_kind::sensor) {
    const auto sensor = std::find_if(s_.sensors.begin(), s_.sensors.end(),
                                     [&](const sensor_config& c) { return c.name == value; });
    if (sensor == s_.sensors.end())
      wrong_.about(path, "there is no sensor \"" + value + "\"" +
                             wrong_.hint(value, names_of(s_.sensors)));
    else if (node && sensor->node != node->name)
      wrong_.about(path, "\"" + value + "\" is on node \"" + sensor->node +
                             "\", and its frames are only at hand there; put " + stage.path() +
                             " on that node, or leave `" + def.name + "` out");
  } else if (look_for_files_ && (!node || node->start == node_start::child)) {
    check_path(path, def.kind, value); // what other machines have cannot be seen from here
  }
}

void scenario_check::check_path(const std::string& path, option_kind kind,
                                const std::string& written) {
  namespace fs = std::filesystem;
  const bool pattern = kind == option_kind::media && written.find('%') != std::string::npos;
  if (!is_path(kind, written) || pattern) // "frame-%03d.png"
    return;
  const auto full = (fs::path(s_.directory) / written).lexically_normal();
  const auto names = "\"" + written + "\" (looked for at " + full.string() + ")";
  std::error_code failed;
  const auto status = fs::status(full, failed);
  const std::string what = kind == option_kind::folder ? "folder " : "file ";
  if (!fs::exists(status))
    wrong_.about(path, "there is no " + what + names +
                           "; relative paths begin at the scenario's own folder");
  else if (kind == option_kind::folder && !fs::is_directory(status))
    wrong_.about(path, "is no folder: " + names);
  else if (kind != option_kind::folder && fs::is_directory(status))
    wrong_.about(path, "is a folder, not a file: " + names);
  else if (faccessat(AT_FDCWD, full.c_str(), kind == option_kind::folder ? R_OK | X_OK : R_OK,
                     AT_EACCESS) != 0)
    wrong_.about(path, "may not be read by this user: " + names);
}

void scenario_check::check_size() {
  if (s_.nodes.size() > most_nodes)
    wrong_.about("nodes",
                 "are more than " + std::to_string(most_nodes) + ", the most that are possible");
  if (stages_.size() + s_.links.size() > most_places)
    wrong_.about("links", "are more than " + std::to_string(most_places) +
                              " together with the stages, the most that are possible");
  std::size_t sensors = 0;
  for (const auto& sensor : s_.sensors)
    sensors += sensor.count;
  if (sensors > trace_id::max_sensors)
    wrong_.about("sensors", "are " + std::to_string(sensors) + " with all copies; " +
                                std::to_string(trace_id::max_sensors) + " are possible");
  if (!wrong_.none())
    return;
  if (const auto unfolded = make_plan(s_); !unfolded) {
    const std::string_view message = unfolded.error().message; // begins with the path and ": "
    const auto colon = message.find(": ");
    wrong_.about(message.substr(0, colon), message.substr(colon + 2));
  }
}

} // namespace

bool is_name(std::string_view text) noexcept {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && lower(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return lower(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

void validate(const scenario& s, const catalogue& known, mistakes& wrong, bool look_for_files) {
  scenario_check(s, known, wrong, look_for_files).check();
}

std::vector<diagnostic> validate(const scenario& s, const catalogue& known) {
  const sources nowhere(s.file);
  mistakes wrong(nowhere);
  validate(s, known, wrong);
  return wrong.list();
}

} // namespace peernet
