// SPDX-License-Identifier: MIT
#include "runtime/config/plan.hpp"

#include "runtime/config/stages.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace peernet {

namespace {

enum plan_place::kind place_of(stage_kind kind) {
  return kind == stage_kind::sensor      ? plan_place::kind::sensor
         : kind == stage_kind::inference ? plan_place::kind::inference
                                         : plan_place::kind::sink;
}

class planner {
public:
  explicit planner(const scenario& s) : s_(s), stages_(stages_of(s)) {}

  result<plan> make() {
    for (const auto& step : {&planner::add_stages, &planner::add_links, &planner::count_routes})
      if (auto done = (this->*step)(); !done)
        return std::move(done).error();
    add_routes();
    return std::move(p_);
  }

private:
  result<void> add_stages();
  result<void> add_links();
  result<void> count_routes();
  void add_routes();

  struct range {
    std::uint32_t first = 0, count = 0;
  };

  const scenario& s_;
  std::vector<stage_ref> stages_;
  std::map<std::string_view, range> instances_; // of a stage, by name
  plan p_;
};

error refuse(std::string message) {
  return {errc::bad_scenario, std::move(message)};
}

result<void> planner::add_stages() {
  for (const auto& node : s_.nodes)
    p_.nodes.push_back(node.name);
  for (const auto& r : stages_) {
    const auto node = std::find(p_.nodes.begin(), p_.nodes.end(), r.stage->node);
    if (node == p_.nodes.end())
      return refuse(r.path() + ": there is no node \"" + r.stage->node + "\"");
    if (p_.instances.size() + r.instances > max_instances)
      return refuse(r.path() + ": this makes more than " + std::to_string(max_instances) +
                    " copies of stages in all; lower a `count`");
    const auto place = static_cast<place_id>(p_.places.size());
    p_.places.push_back({r.stage->name, place_of(r.kind), r.config, r.instances});
    instances_[r.stage->name] = {static_cast<std::uint32_t>(p_.instances.size()), r.instances};
    for (std::uint16_t copy = 0; copy < r.instances; ++copy) {
      plan_instance i;
      i.kind = r.kind;
      i.place = place;
      i.copy = copy;
      i.workers = r.workers;
      i.node = static_cast<node_id>(node - p_.nodes.begin());
      if (r.kind == stage_kind::sensor)
        p_.sensors.push_back(static_cast<std::uint32_t>(p_.instances.size()));
      p_.instances.push_back(std::move(i));
    }
  }
  return {};
}

result<void> planner::add_links() {
  for (std::size_t n = 0; n < s_.links.size(); ++n) {
    const auto& link = s_.links[n];
    const auto from = instances_.find(link.from), to = instances_.find(link.to);
    if (from == instances_.end() || to == instances_.end())
      return refuse("links." + link.name + ": there is no stage \"" +
                    (from == instances_.end() ? link.from : link.to) + "\"");
    const auto place = static_cast<place_id>(p_.places.size());
    p_.places.push_back({link.name, plan_place::kind::link, n, 1});
    const auto a = from->second, b = to->second;
    if (link.pair && a.count != b.count)
      return refuse("links." + link.name + ".pair: the two ends have unequally many copies");
    const auto lanes = link.pair ? std::size_t{a.count} : std::size_t{a.count} * b.count;
    if (p_.lanes.size() + lanes > max_lanes)
      return refuse("links." + link.name + ": this makes more than " + std::to_string(max_lanes) +
                    " connections in all; lower a `count`, or join copy to copy with pair = true");
    for (std::uint32_t copy = 0; copy < lanes; ++copy) {
      const auto i = a.first + (link.pair ? copy : copy / b.count);
      const auto j = b.first + (link.pair ? copy : copy % b.count);
      const auto lane = static_cast<std::uint32_t>(p_.lanes.size());
      const bool local = p_.instances[i].node == p_.instances[j].node && !link.force;
      p_.lanes.push_back({place, static_cast<std::uint16_t>(copy), i, j, local, 0});
      p_.instances[i].out.push_back(lane);
      p_.instances[j].in.push_back(lane);
    }
  }
  return {};
}

/// Sizes of the route subtrees, from the sinks upwards, and with them the lanes' steps.
result<void> planner::count_routes() {
  std::vector<std::size_t> open(p_.instances.size()); // lanes out that are not counted yet
  std::vector<std::uint32_t> ready;
  for (std::uint32_t i = 0; i < p_.instances.size(); ++i)
    if ((open[i] = p_.instances[i].out.size()) == 0)
      ready.push_back(i);
  for (std::size_t done = 0; done < ready.size(); ++done) {
    auto& instance = p_.instances[ready[done]];
    for (const auto l : instance.out) {
      auto& lane = p_.lanes[l];
      lane.route_step = instance.routes_below;
      instance.routes_below += 1 + p_.instances[lane.to].routes_below;
      if (instance.routes_below > max_routes)
        return refuse("links." + p_.places[lane.link].name + ": this makes more than " +
                      std::to_string(max_routes) +
                      " ways through the graph; lower a `count`, or drop a link");
    }
    for (const auto l : instance.in)
      if (--open[p_.lanes[l].from] == 0)
        ready.push_back(p_.lanes[l].from);
  }
  if (ready.size() != p_.instances.size())
    return refuse("links: they form a cycle");
  std::size_t total = 0;
  for (const auto i : p_.sensors) {
    total += p_.instances[i].routes_below;
    if (total > max_routes)
      return refuse("sensors." + p_.places[p_.instances[i].place].name + ": this makes more than " +
                    std::to_string(max_routes) +
                    " ways through the graph in all; lower a `count`, or drop a link");
  }
  return {};
}

/// Writes the routes down by walking every way in preorder.
void planner::add_routes() {
  struct visit {
    std::uint32_t instance;
    route_id parent;
    const plan_lane* lane; // on which it is reached; null for a sensor
  };
  std::vector<visit> next;
  for (const auto sensor : p_.sensors) {
    p_.sensor_routes.push_back(static_cast<route_id>(p_.routes.size()));
    next.push_back({sensor, no_route, nullptr});
    while (!next.empty()) {
      auto [i, parent, lane] = next.back();
      next.pop_back();
      const auto& instance = p_.instances[i];
      if (lane) {
        p_.routes.push_back({parent, lane->link, lane->copy, instance.node, i});
        parent = static_cast<route_id>(p_.routes.size() - 1);
      }
      const auto here = static_cast<route_id>(p_.routes.size());
      p_.routes.push_back({parent, instance.place, instance.copy, instance.node, i});
      for (auto l = instance.out.rbegin(); l != instance.out.rend(); ++l)
        next.push_back({p_.lanes[*l].to, here, &p_.lanes[*l]});
    }
  }
}

bool is_link(const plan& p, const plan_route& r) {
  return p.places[r.place].kind == plan_place::kind::link;
}

} // namespace

result<plan> make_plan(const scenario& s) {
  return planner(s).make();
}

std::vector<sink_route> sink_routes(const plan& p, std::uint32_t sensor) {
  std::vector<sink_route> all;
  const auto root = p.sensor_routes[sensor];
  for (auto r = root; r < root + p.instances[p.sensors[sensor]].routes_below; ++r)
    if (p.places[p.routes[r].place].kind == plan_place::kind::sink)
      all.push_back({r, p.routes[r].instance});
  return all;
}

std::vector<std::uint32_t> reachable_sinks(const plan& p, std::uint32_t sensor) {
  std::vector<std::uint32_t> sinks;
  for (const auto& way : sink_routes(p, sensor))
    sinks.push_back(way.instance);
  std::sort(sinks.begin(), sinks.end());
  sinks.erase(std::unique(sinks.begin(), sinks.end()), sinks.end());
  return sinks;
}

std::string path_name(const plan& p, route_id route) {
  std::string name;
  for (auto r = route; r != no_route; r = p.routes[r].parent)
    if (!is_link(p, p.routes[r]))
      name = p.places[p.routes[r].place].name + (name.empty() ? "" : "->") + name;
  return name;
}

std::string route_name(const plan& p, route_id route) {
  std::string name;
  for (auto r = route; r != no_route; r = p.routes[r].parent) {
    const auto& at = p.routes[r];
    if (is_link(p, at) && r != route)
      continue;
    const auto& place = p.places[at.place];
    const auto copy = place.copies > 1 ? "[" + std::to_string(at.copy) + "]" : "";
    name = place.name + copy + (name.empty() ? "" : "->") + name;
  }
  return name;
}

} // namespace peernet
