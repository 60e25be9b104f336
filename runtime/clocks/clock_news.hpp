// SPDX-License-Identifier: MIT
// What a node learnt of clocks since it was last asked.
#pragma once

#include "runtime/clocks/discipline.hpp"
#include "runtime/clocks/probe.hpp"

#include <cstdint>
#include <vector>

namespace peernet {

struct clock_news {
  std::vector<probe> probes; ///< that it asked for
  std::vector<clock_discipline> looks;
  std::uint64_t bytes_sent = 0; ///< for probing, since the node began; with IP and UDP headers
  std::int64_t cpu_ns = 0;      ///< for probing, since the node began
};

} // namespace peernet
