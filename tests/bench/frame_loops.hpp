// SPDX-License-Identifier: MIT
// What is measured of a path of frames between two processes, whatever it is made of.
#pragma once

#include "tests/bench/frame_path.hpp"

namespace peernet::bench {

struct loop_figures {
  double p50 = 0;         ///< of a round trip, seconds
  double cpu = 0;         ///< of both processes, for each frame, seconds
  double allocations = 0; ///< of this process, for each round trip
};

/// `n` round trips of one frame at a time, one in ten before them as warm-up.
[[nodiscard]] loop_figures round_trips(frame_path& path, int n);

struct stream_figures {
  double rate = 0; ///< bytes per second
  double cpu = 0;  ///< of both processes, for each frame, seconds
};

/// `n` frames one way, at most 16 of them not yet received: a byte in a pipe tells of each.
[[nodiscard]] stream_figures stream(frame_path& path, int n, std::size_t size);

} // namespace peernet::bench
