// SPDX-License-Identifier: MIT
// Scenarios that several tests of tests/system start from and change with --set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// Closed loop over two nodes: probe (robot) → mirror (cloud) → back (robot), 1 kB each way.
inline constexpr std::string_view echo_scenario = R"([scenario]
samples = 100

[nodes.robot]
[nodes.cloud]

[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
arrival = "closed-loop"

[inference.mirror]
node = "cloud"
model = "echo"

[sinks.back]
node = "robot"

[links.up]
from = "probe"
to = "mirror"

[links.down]
from = "mirror"
to = "back"
)";

/// The same ways at 100 Hz in open loop, for as long as a test needs it: it is ended from outside.
inline constexpr std::string_view endless_scenario = R"([scenario]
duration = "60s"

[nodes.robot]
[nodes.cloud]

[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "100Hz"
max-lag = "5s" # a busy machine skips no slot

[inference.mirror]
node = "cloud"
model = "dummy"
infer = "1ms"

[sinks.back]
node = "robot"

[links.up]
from = "probe"
to = "mirror"

[links.down]
from = "mirror"
to = "back"
)";

/// Closed loop over three nodes: probe (robot) → first (cloud) → second (edge) → back (robot).
inline constexpr std::string_view relay_scenario = R"([scenario]
samples = 20
[nodes.robot]
[nodes.cloud]
[nodes.edge]
[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
arrival = "closed-loop"
[inference.first]
node = "cloud"
model = "echo"
[inference.second]
node = "edge"
model = "echo"
[sinks.back]
node = "robot"
[links.up]
from = "probe"
to = "first"
[links.across]
from = "first"
to = "second"
[links.down]
from = "second"
to = "back"
)";

/// {"a=1", "b=2"} → {"--set", "a=1", "--set", "b=2"}
inline std::vector<std::string> set(const std::vector<std::string>& overrides) {
  std::vector<std::string> arguments;
  for (const auto& o : overrides) {
    arguments.emplace_back("--set");
    arguments.push_back(o);
  }
  return arguments;
}

/// Before `overrides`, queues that a busy machine does not overflow either: no sample is dropped.
inline std::vector<std::string> with_room(const std::vector<std::string>& overrides = {}) {
  std::vector<std::string> all;
  for (const auto* queue : {"inference.mirror.queue", "sinks.back.queue", "links.up.send-queue",
                            "links.down.send-queue"})
    all.push_back(std::string(queue) + "={ size = 1000 }");
  all.insert(all.end(), overrides.begin(), overrides.end());
  return all;
}

inline std::vector<std::string> set_with_room(const std::vector<std::string>& overrides = {}) {
  return set(with_room(overrides));
}

/// Both links of the scenarios above over one transport.
inline std::vector<std::string> both_over(const std::string& transport) {
  return {"links.up.transport=" + transport, "links.down.transport=" + transport};
}

} // namespace peernet
