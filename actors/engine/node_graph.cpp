// SPDX-License-Identifier: MIT
#include "actors/engine/node_graph.hpp"

#include "actors/engine/stand_ins.hpp"
#include "runtime/config/packet_level.hpp"
#include "runtime/core/link_value.hpp"
#include "transports/codecs/codec_chain.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace peernet {

namespace {

/// Frames a sensor keeps for sinks that draw on them: 3 s at 10 Hz.
constexpr std::size_t frames_kept = 32;

} // namespace

node_graph::node_graph(std::shared_ptr<const scenario> what, std::shared_ptr<const plan> whole,
                       node_id self, registry& types, const catalogue& known, surroundings around)
    : scenario_(std::move(what)),
      plan_(std::move(whole)),
      self_(self),
      types_(types),
      catalogue_(known),
      around_(std::move(around)),
      clock_(config().test_clock.none() ? peernet::clock() : peernet::clock(config().test_clock)) {}

node_graph::~node_graph() {
  for (auto& p : sensors)
    p->stop();
  for (auto& p : senders)
    p->finish(clock::machine_now());
  for (auto& p : receivers)
    p->stop();
  for (auto& p : inference)
    p->stop();
  for (auto& p : sinks)
    p->stop();
}

void node_graph::stop_stages() {
  for (auto& p : inference)
    p->request_stop();
  for (auto& p : sinks)
    p->request_stop();
}

const stage_config& node_graph::config_of(const plan_instance& i) const {
  const auto index = place_of(i).config;
  switch (i.kind) {
  case stage_kind::sensor:
    return scenario_->sensors[index];
  case stage_kind::inference:
    return scenario_->inference[index];
  case stage_kind::sink:
    break;
  }
  return scenario_->sinks[index];
}

const link_config& node_graph::link_of(const plan_lane& l) const {
  return scenario_->links[plan_->places[l.link].config];
}

environment node_graph::environment_of(const stage_config& s, std::uint16_t copy) const {
  return {.stage = s.name,
          .copy = copy,
          .directory = scenario_->directory,
          .output = around_.output,
          .seed = scenario_->seed,
          .frames = nullptr};
}

/// Finds the key: the stage's, or the one whose file the message names.
fault node_graph::at(plugin_kind kind, const stage_config& s, error e) const {
  std::string key = kind == plugin_kind::sensor  ? "sensors."
                    : kind == plugin_kind::model ? "inference."
                                                 : "sinks.";
  key += s.name;
  const auto* entry = catalogue_.find(kind, s.type);
  for (const auto& option : entry ? entry->options : std::vector<option_def>{}) {
    const auto is_place = option.kind == option_kind::file || option.kind == option_kind::folder ||
                          option.kind == option_kind::media || option.name == "path";
    if (is_place && s.settings.has(option.name) &&
        e.message.find(s.settings.get<std::string>(option.name)) != std::string::npos) {
      key += "." + option.name;
      break;
    }
  }
  return {key, {e.code, without_name(s.name, std::move(e.message))}};
}

result<void> node_graph::load_module(plugin_kind kind, const std::string& type) {
  const auto* entry = catalogue_.find(kind, type);
  if (!entry)
    return error{errc::not_found, "no type \"" + type + "\""};
  if (auto ready = types_.ensure_module(entry->module); !ready || entry->module.empty())
    return ready;
  if (!types_.knows(kind, type))
    return error{errc::unsupported, "plugin '" + entry->module + "' is declared to bring the " +
                                        std::string(to_string(kind)) + " type \"" + type +
                                        "\", and does not register it; mend peernet-" +
                                        entry->module + ".toml, or build the plugin again"};
  return {};
}

result<channel_kind*> node_graph::load_transport(const link_config& l) {
  if (auto ready = load_module(plugin_kind::transport, l.transport); !ready)
    return std::move(ready).error();
  return types_.find_channel(l.transport);
}

std::optional<fault> node_graph::load_instance(const plan_instance& i, loaded& to) {
  const auto& s = config_of(i);
  switch (i.kind) {
  case stage_kind::sensor: {
    if (auto ready = load_module(plugin_kind::sensor, s.type); !ready)
      return at(plugin_kind::sensor, s, std::move(ready).error());
    auto made = types_.make_sensor(s.type, s.settings, environment_of(s, i.copy));
    if (!made)
      return at(plugin_kind::sensor, s, std::move(made).error());
    to.as_sensor = std::move(*made);
    return std::nullopt;
  }
  case stage_kind::inference: {
    if (auto ready = load_module(plugin_kind::model, s.type); !ready)
      return at(plugin_kind::model, s, std::move(ready).error());
    for (std::uint16_t w = 0; w < i.workers; ++w) {
      auto made = types_.make_model(s.type, s.settings,
                                    environment_of(s, static_cast<std::uint16_t>(i.copy + w)));
      if (!made)
        return at(plugin_kind::model, s, std::move(made).error());
      to.as_models.push_back(std::move(*made));
    }
    return std::nullopt;
  }
  case stage_kind::sink:
    break;
  }
  if (auto ready = load_module(plugin_kind::sink, s.type); !ready)
    return at(plugin_kind::sink, s, std::move(ready).error());
  auto where = environment_of(s, i.copy);
  if (const auto of = s.settings.get_or<std::string>("frames", ""); !of.empty()) {
    // The keeper must exist before the sink that looks into it.
    const auto found = std::ranges::find(plan_->places, of, &plan_place::name);
    const auto place = static_cast<place_id>(found - plan_->places.begin());
    auto& keeper = part(sensors, place)->keeper;
    if (!keeper) {
      const auto first = std::ranges::find_if(
          plan_->sensors, [&](auto n) { return plan_->instances[n].place == place; });
      keeper = std::make_unique<frame_keeper>(
          frames_kept, static_cast<std::uint32_t>(first - plan_->sensors.begin()),
          scenario_->sensors[found->config].count);
    }
    where.frames = keeper.get();
  }
  auto made = types_.make_sink(s.type, s.settings, where);
  if (!made)
    return at(plugin_kind::sink, s, std::move(made).error());
  to.as_sink = std::move(*made);
  return std::nullopt;
}

node_graph::loaded node_graph::stand_in_for(const plan_instance& i) {
  loaded l;
  switch (i.kind) {
  case stage_kind::sensor:
    l.as_sensor = std::make_unique<sensor_stand_in>();
    break;
  case stage_kind::inference:
    for (std::uint16_t w = 0; w < i.workers; ++w)
      l.as_models.push_back(std::make_unique<model_stand_in>());
    break;
  case stage_kind::sink:
    l.as_sink = std::make_unique<sink_stand_in>();
    break;
  }
  return l;
}

result<void> node_graph::load() {
  for (std::uint32_t number = 0; number < plan_->instances.size(); ++number) {
    const auto& i = plan_->instances[number];
    if (i.node != self_)
      continue;
    if (auto wrong = load_instance(i, loaded_[number])) {
      faults_.add(std::move(*wrong));
      loaded_[number] = stand_in_for(i);
    }
  }
  for (const auto& l : plan_->lanes) {
    const auto touches =
        plan_->instances[l.from].node == self_ || plan_->instances[l.to].node == self_;
    if (l.local || !touches)
      continue;
    if (auto ready = load_module(plugin_kind::transport, link_of(l).transport); !ready)
      faults_.add({"links." + link_of(l).name + ".transport", std::move(ready).error()});
    if (auto made = make_codec(link_of(l), 0); !made)
      faults_.add({codec_key(link_of(l)), std::move(made).error()});
  }
  return faults_.none() ? result<void>{} : faults_.joined();
}

result<std::unique_ptr<codec>> node_graph::make_codec(const link_config& l, std::uint16_t worker) {
  if (l.codecs.empty())
    return std::unique_ptr<codec>{};
  const environment where{.stage = l.name,
                          .copy = worker,
                          .directory = scenario_->directory,
                          .output = around_.output,
                          .seed = scenario_->seed,
                          .frames = nullptr};
  std::vector<chained_codec> chain;
  for (const auto& c : l.codecs) {
    auto ready = load_module(plugin_kind::codec, c.type);
    auto made = ready ? types_.make_codec(c.type, c.settings, where)
                      : result<std::unique_ptr<codec>>{std::move(ready).error()};
    if (!made)
      return std::move(made).error();
    const auto* type = catalogue_.find(plugin_kind::codec, c.type);
    chain.push_back({std::move(*made), type && type->plain});
  }
  if (chain.size() == 1)
    return std::move(chain.front().what);
  return std::unique_ptr<codec>(std::make_unique<codec_chain>(std::move(chain)));
}

std::string node_graph::codec_key(const link_config& l) {
  return "links." + l.name + ".codec";
}

std::vector<std::string> node_graph::value_names() const {
  std::set<std::string> names;
  for (const auto& [number, l] : loaded_)
    for (const auto& m : l.as_models)
      for (auto& name : m->traits().values)
        names.insert(name);
  for (const auto& lane : plan_->lanes) {
    const auto& link = link_of(lane);
    if (lane.local || plan_->instances[lane.from].node != self_)
      continue;
    if (link.impair && !at_packet_level(link))
      names.emplace(link_value::planned_delay);
    if (!link.codecs.empty())
      names.emplace(link_value::encoded_bytes);
    if (!link.codecs.empty() && link.psnr)
      names.emplace(link_value::psnr);
  }
  return {names.begin(), names.end()};
}

std::uint16_t node_graph::value_number(std::string_view name) const {
  return static_cast<std::uint16_t>(std::ranges::find(numbers_.values, name) -
                                    numbers_.values.begin());
}

} // namespace peernet
