// SPDX-License-Identifier: MIT
// What the numbers in records stand for: the names and the shape of one run. Made once by the
// coordinator from the plan, stored beside the records, read back by everything that explains them.
#pragma once

#include "runtime/core/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

enum class place_kind : std::uint8_t { sensor = 0, inference = 1, sink = 2, link = 3 };

/// Names and shape of a run.
struct layout {
  struct node {
    std::string name;
    std::string host; ///< as the operating system calls the machine
    std::int64_t pid = 0;
    clock_id clock = reference_clock;
    std::string clock_domain; ///< clock::domain()
  };

  struct place {
    std::string name;
    place_kind kind = place_kind::sensor;
    // links only:
    std::string from;      ///< stage name
    std::string to;        ///< stage name
    std::string transport; ///< "zmq-tcp", …, or "local"
  };

  /// A node of the route tree, in preorder: a route's parent has a smaller number, a stage's route
  /// follows directly behind the route of the lane that leads to it.
  struct route {
    route_id parent = no_route; ///< no_route: begins at a sensor
    place_id place = 0;
    std::uint16_t copy = 0; ///< sensor or sink number, inference instance, or the link's lane
    node_id node = 0;       ///< where the place's work happens; for a link, its receiving end
  };

  std::vector<node> nodes;             ///< index: node_id
  std::vector<place> places;           ///< index: place_id
  std::vector<route> routes;           ///< index: route_id
  std::vector<route_id> sensors;       ///< index: trace_id::sensor(); the sensor's root route
  std::vector<std::string> values;     ///< index: `what` of value records
  std::vector<std::string> user_steps; ///< index: `what` − step::user of span records
};

} // namespace peernet
