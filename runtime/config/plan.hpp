// SPDX-License-Identifier: MIT
// A scenario unfolded: every copy, every way a sample can take, every number that stands for a
// name. Each node computes the same plan from the same scenario, so numbers need not be negotiated.
#pragma once

#include "runtime/config/scenario.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

enum class stage_kind : std::uint8_t { sensor, inference, sink };

/// A stage or link by name.
struct plan_place {
  std::string name;
  enum class kind : std::uint8_t { sensor, inference, sink, link } kind;
  std::size_t config = 0;   ///< index into the scenario's list of this kind
  std::uint16_t copies = 1; ///< of a stage: its instances; of a link: 1
};

/// One actor's worth of a stage: a sensor or sink copy; for inference, one queue with its workers.
struct plan_instance {
  stage_kind kind = stage_kind::sensor;
  place_id place = 0;
  std::uint16_t copy = 0;
  std::uint16_t workers = 1; ///< threads behind the queue (inference, dispatch shared)
  node_id node = 0;
  std::vector<std::uint32_t> in;  ///< lanes, by index
  std::vector<std::uint32_t> out; ///< lanes, by index, in the order their routes are numbered
  std::uint32_t routes_below =
      1; ///< size of the route subtree that begins at this instance, itself included
};

/// One edge between two instances. A link between single stages is one lane.
struct plan_lane {
  place_id link = 0;
  std::uint16_t copy = 0; ///< number of the lane within its link
  std::uint32_t from = 0; ///< instance
  std::uint32_t to = 0;   ///< instance
  bool local = false;     ///< both ends on one node and not forced: a hand-off, no transport
  std::uint32_t route_step =
      0; ///< route on this lane = route at `from` + route_step; at `to` one more
};

struct plan_route {
  route_id parent = no_route;
  place_id place = 0;
  std::uint16_t copy = 0;
  node_id node = 0;           ///< the instance's; for a lane, its receiving end's
  std::uint32_t instance = 0; ///< for a lane's route: the instance it leads to
};

/// The unfolded scenario.
struct plan {
  std::vector<std::string> nodes; ///< index: node_id
  std::vector<plan_place> places; ///< index: place_id
  std::vector<plan_instance> instances;
  std::vector<plan_lane> lanes;
  std::vector<plan_route> routes;      ///< index: route_id
  std::vector<std::uint32_t> sensors;  ///< index: trace_id::sensor(); an instance
  std::vector<route_id> sensor_routes; ///< index: trace_id::sensor(); its root route
};

/// Limits that keep a mistaken `count` from eating the machine.
inline constexpr std::size_t max_instances = 20'000;
inline constexpr std::size_t max_lanes = 20'000;
inline constexpr std::size_t max_routes = 200'000;

/// Unfolds a validated scenario. Places are numbered sensors, inference, sinks, links, each in the
/// order of the file; routes in preorder. Error: errc::bad_scenario when a limit above is passed,
/// with the link that does it.
[[nodiscard]] result<plan> make_plan(const scenario& s);

/// A way by which samples of a sensor arrive at a sink.
struct sink_route {
  route_id route = 0;         ///< ends at the sink
  std::uint32_t instance = 0; ///< the sink's
  bool operator==(const sink_route&) const = default;
};

/// Every complete way of `sensor` (as in trace_id::sensor()), in the order of their routes. A sink
/// can be reached by several.
[[nodiscard]] std::vector<sink_route> sink_routes(const plan& p, std::uint32_t sensor);

/// The sink instances that samples of `sensor` can reach, each once, ascending: a sample has one
/// outcome at each.
[[nodiscard]] std::vector<std::uint32_t> reachable_sinks(const plan& p, std::uint32_t sensor);

/// "camera->detector->actuator": the stages of a route, copies aside: ways that differ in copies
/// only are one path.
[[nodiscard]] std::string path_name(const plan& p, route_id route);

/// "camera->detector->actuator": the stages of a route, copies as "camera[2]" where there are
/// several. A route that ends on a link ends with the link's name: "camera->uplink".
[[nodiscard]] std::string route_name(const plan& p, route_id route);

} // namespace peernet
