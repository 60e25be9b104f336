// SPDX-License-Identifier: MIT
#include "runtime/config/plan_queues.hpp"

#include "runtime/config/limits.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace peernet {

std::vector<std::size_t> most_in_flight_at(const scenario& s, const plan& p) {
  std::map<std::pair<place_id, std::uint16_t>, std::size_t> in_flight; // by place and copy
  for (std::uint32_t number = 0; number < p.sensors.size(); ++number) {
    const auto& sensor = p.instances[p.sensors[number]];
    const auto& config = s.sensors[p.places[sensor.place].config];
    if (config.arrival != arrival::closed_loop)
      continue;
    // A sample comes once by every way.
    const auto root = p.sensor_routes[number];
    for (auto r = root; r < root + sensor.routes_below; ++r)
      in_flight[{p.routes[r].place, p.routes[r].copy}] += config.in_flight;
  }
  std::vector<std::size_t> most(p.places.size());
  for (const auto& [where, count] : in_flight)
    most[where.first] = std::max(most[where.first], count);
  return most;
}

void fit_queues(scenario& s, const sources& given) {
  const auto whole = make_plan(s);
  if (!whole)
    return; // refused where it is made to be run
  const auto most = most_in_flight_at(s, *whole);
  const auto fit = [&](queue_config& q, const std::string& key, std::size_t in_flight) {
    if (!given.has(key + ".size"))
      q.size = std::min(std::max(q.size, in_flight), static_cast<std::size_t>(longest_queue));
  };
  for (std::size_t n = 0; n < whole->places.size(); ++n) {
    const auto& place = whole->places[n];
    switch (place.kind) {
    case plan_place::kind::sensor:
      break;
    case plan_place::kind::inference:
      fit(s.inference[place.config].queue, "inference." + place.name + ".queue", most[n]);
      break;
    case plan_place::kind::sink:
      fit(s.sinks[place.config].queue, "sinks." + place.name + ".queue", most[n]);
      break;
    case plan_place::kind::link:
      fit(s.links[place.config].send_queue, "links." + place.name + ".send-queue", most[n]);
      break;
    }
  }
}

} // namespace peernet
