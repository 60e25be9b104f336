// SPDX-License-Identifier: MIT
// One small right scenario that tests change in one spot.
#pragma once

#include <string_view>

namespace peernet {

/// Right as it is; its lines are numbered from 1 on.
inline constexpr std::string_view base_text = R"([scenario]
duration = "10s"

[nodes.robot]
[nodes.cloud]

[sensors.camera]
node = "robot"
type = "synthetic-image"
rate = "10Hz"

[inference.detector]
node = "cloud"
model = "dummy"

[sinks.actuator]
node = "robot"

[links.uplink]
from = "camera"
to = "detector"

[links.downlink]
from = "detector"
to = "actuator"
)";

} // namespace peernet
