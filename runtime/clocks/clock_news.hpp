// SPDX-License-Identifier: MIT
// What a node learnt of clocks since it was last asked.
#pragma once

#include "runtime/clocks/discipline.hpp"
#include "runtime/clocks/probe.hpp"

#include <cstdint>
#include <vector>

namespace peernet {

/// What became of datagrams that made no exchange, and what made one worse. Totals since the start.
struct probe_mishaps {
  std::uint64_t foreign = 0;    ///< no probes of this run, or bent on the way
  std::uint64_t unexpected = 0; ///< answers to nothing that waits: repeated, unasked
  std::uint64_t late = 0;       ///< answers that nobody waits for any longer
  std::uint64_t overflowed = 0; ///< exchanges and looks that nobody took in time
  std::uint64_t own_stamps = 0; ///< arrivals that the kernel's stamp was no use for

  bool operator==(const probe_mishaps&) const = default;
};

struct clock_news {
  std::vector<probe> probes; ///< that it asked for
  std::vector<clock_discipline> looks;
  std::uint64_t bytes_sent = 0; ///< for probing, since the node began; with IP and UDP headers
  std::int64_t cpu_ns = 0;      ///< for probing, since the node began
  probe_mishaps mishaps;        ///< of probing, since the node began
};

} // namespace peernet
