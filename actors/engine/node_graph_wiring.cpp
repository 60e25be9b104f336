// SPDX-License-Identifier: MIT
// From loaded objects to engines, loops and links in the order of a deployment.
#include "actors/engine/external.hpp"
#include "actors/engine/node_graph.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

result<decoder_set> node_graph::make_decoders(std::uint32_t instance, std::uint16_t worker) {
  decoder_set set;
  const auto& i = plan_->instances[instance];
  for (const auto link : loaded_[instance].inputs) {
    const auto lane =
        std::ranges::find_if(i.in, [&](auto n) { return plan_->lanes[n].link == link; });
    if (plan_->lanes[*lane].local) {
      set.push_back(nullptr);
      continue;
    }
    const auto& config = link_of(plan_->lanes[*lane]);
    auto made = make_codec(config, worker);
    if (!made && !around_.rehearsal)
      return with_key({codec_key(config), std::move(made).error()});
    set.push_back(made ? std::move(*made) : nullptr);
  }
  return set;
}

result<void> node_graph::make_engines(std::uint32_t instance) {
  const auto& i = plan_->instances[instance];
  auto& l = loaded_[instance];
  const stage_identity who{.name = place_of(i).name, .copy = i.copy};
  for (const auto n : i.in)
    if (std::ranges::find(l.inputs, plan_->lanes[n].link) == l.inputs.end())
      l.inputs.push_back(plan_->lanes[n].link);
  const auto new_queue = [&](const queue_config& q) {
    return std::make_shared<stage_queue>(q, i.copy, context_);
  };

  switch (i.kind) {
  case stage_kind::sensor: {
    const auto number = std::ranges::find(plan_->sensors, instance) - plan_->sensors.begin();
    auto to = part(sensors, i.place);
    to->sources.push_back(std::make_unique<sensor_source>(
        who, std::move(l.as_sensor), static_cast<std::uint32_t>(number),
        plan_->sensor_routes[static_cast<std::size_t>(number)], context_));
    l.source = to->sources.back().get();
    return {};
  }
  case stage_kind::inference: {
    l.queue = new_queue(scenario_->inference[place_of(i).config].queue);
    std::vector<inference_engine::worker> workers;
    for (std::uint16_t w = 0; w < l.as_models.size(); ++w) {
      auto decoders = make_decoders(instance, w);
      if (!decoders)
        return std::move(decoders).error();
      std::vector<std::uint16_t> values;
      for (const auto& name : l.as_models[w]->traits().values)
        values.push_back(value_number(name));
      workers.push_back({std::move(l.as_models[w]), std::move(*decoders), std::move(values)});
    }
    auto to = part(inference, i.place);
    to->engines.push_back(
        std::make_unique<inference_engine>(who, std::move(workers), l.queue, *plan_, context_));
    l.inference = to->engines.back().get();
    return {};
  }
  case stage_kind::sink:
    break;
  }
  l.queue = new_queue(scenario_->sinks[place_of(i).config].queue);
  auto decoders = make_decoders(instance, 0);
  if (!decoders)
    return std::move(decoders).error();
  part(sinks, i.place)
      ->engines.push_back(std::make_unique<sink_engine>(who, std::move(l.as_sink), l.queue,
                                                        std::move(*decoders), *plan_, context_));
  return {};
}

result<std::vector<bound_end>> node_graph::bind(const run_numbers& numbers) {
  context_ = {.clock = &clock_,
              .records = &records_,
              .watcher = &hub_,
              .events = &events_,
              .node = self_,
              .clock_number = numbers.clock,
              .run = numbers.run};
  hub_.place(self_, numbers.clock);
  numbers_ = numbers;
  std::vector<bound_end> bound;
  for (const auto& [instance, l] : loaded_) {
    if (auto made = make_engines(instance); !made)
      return std::move(made).error();
    if (auto done = bind_instance(instance, bound); !done)
      return std::move(done).error();
  }
  if (!around_.rehearsal)
    make_loops();
  return bound;
}

void node_graph::make_loops() {
  for (auto& p : sensors) {
    const auto& config = scenario_->sensors[plan_->places[p->place].config];
    if (config.arrival == arrival::closed_loop) {
      for (auto& s : p->sources) {
        auto loop = std::make_unique<closed_loop>(*s, config, *plan_);
        hub_.add_local(s->number(), *loop);
        p->loops.push_back(std::move(loop));
      }
      continue;
    }
    if (config.type == external_type) {
      for (auto& s : p->sources)
        p->loops.push_back(
            std::make_unique<external_loop>(*s, static_cast<pushed_sensor&>(s->inside())));
      continue;
    }
    // Copies that produce their samples in memory share one pacing thread; a device may block, so
    // each has its own.
    const auto* entry = catalogue_.find(plugin_kind::sensor, config.type);
    const auto share = entry && entry->module.empty();
    std::vector<sensor_source*> together;
    for (auto& s : p->sources) {
      together.push_back(s.get());
      if (!share)
        p->loops.push_back(
            std::make_unique<open_loop>(std::exchange(together, {}), config, scenario_->seed));
    }
    if (!together.empty())
      p->loops.push_back(std::make_unique<open_loop>(std::move(together), config, scenario_->seed));
  }
}

result<void> node_graph::connect(std::span<const bound_end> everywhere) {
  for (const auto& r : receivers)
    r->start();
  for (auto& [number, l] : loaded_) {
    const auto& i = plan_->instances[number];
    std::vector<outlet*> outlets;
    for (const auto n : i.out) {
      const auto& lane = plan_->lanes[n];
      auto to = part(senders, lane.link);
      to->node = self_;
      if (lane.local) {
        auto& target = loaded_[lane.to];
        const auto input = std::ranges::find(target.inputs, lane.link) - target.inputs.begin();
        to->hand_offs.emplace_back(lane.copy,
                                   std::make_unique<local_outlet>(lane.route_step,
                                                                  static_cast<std::uint16_t>(input),
                                                                  *target.queue, context_));
        outlets.push_back(to->hand_offs.back().second.get());
        continue;
      }
      auto opened = open_lane(n, i, everywhere, *to);
      if (!opened && around_.rehearsal) {
        unopened_.insert(to->name);
        continue;
      }
      if (!opened)
        return std::move(opened).error();
      to->lanes.push_back(std::move(*opened));
      outlets.push_back(to->lanes.back().get());
    }
    if (l.source) {
      const auto p = part(sensors, i.place);
      l.source->connect(std::move(outlets), p->keeper.get());
    } else if (l.inference) {
      l.inference->connect(std::move(outlets));
    }
  }
  return {};
}

std::vector<std::string> node_graph::unconnected() const {
  std::vector<std::string> names(unopened_.begin(), unopened_.end());
  for (const auto& s : senders)
    if (!s->connected() && !unopened_.contains(s->name)) {
      const auto why = s->trouble();
      names.push_back(why.empty() ? s->name : s->name + " (" + why + ")");
    }
  return names;
}

} // namespace peernet
