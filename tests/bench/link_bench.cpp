// SPDX-License-Identifier: MIT
// Whole runs over links of one transport beside the bare library or socket doing the same between
// two processes, in turns: a closed loop of 1 kB, one in flight, and a stream of 1 MB frames, 16
// under way. Usage: link_bench [--address ADDRESS] [--transport NAME] [repeats] [round trips]
// [frames]. With an address of this machine that is no loopback, PeerNet's links are encrypted; the
// bare side stays as it is. For `caf` the bare side is TCP.
#include "tests/bench/bench_run.hpp"
#include "tests/bench/frame_loops.hpp"
#include "tests/bench/frame_path.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace peernet::bench;

/// Bytes per second of the stream.
double streamed(int frames, const std::string& address, const std::string& transport) {
  const auto rate = run_and_ask(
      stream_scenario(frames, address, transport),
      "SELECT COUNT(*) * 1e15 / (MAX(end_ns) - MIN(end_ns)) FROM spans WHERE step = 'link' AND " +
          after_warmup(frames));
  return rate.empty() ? 0 : rate.front();
}

} // namespace

int main(int argc, char** argv) {
  std::string address = "127.0.0.1", transport = "zmq-tcp";
  for (; argc > 2 && std::string_view(argv[1]).starts_with("--"); argc -= 2, argv += 2)
    (std::string_view(argv[1]) == "--address" ? address : transport) = argv[2];
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  const int trips = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const int frames = argc > 3 ? std::atoi(argv[3]) : 1'000;
  const auto name = '"' + transport + '"';
  std::vector<double> links, ends, streams;
  for (int i = 0; i < repeats; ++i) {
    const auto bare = round_trips(*bare_path(transport, 1000), trips).p50;
    const auto keep = after_warmup(trips);
    const auto both = median(
        run_and_ask(loop_scenario(trips, address, name),
                    "SELECT SUM(duration_ns) FROM spans WHERE step IN ('link', 'wake') AND " +
                        keep + " GROUP BY trace"));
    const auto whole =
        median(run_and_ask(loop_scenario(trips, address, name),
                           "SELECT MAX(end_ns) - MIN(begin_ns) FROM spans WHERE step IN "
                           "('lag', 'act') AND " +
                               keep + " GROUP BY trace"));
    const auto bare_stream = stream(*bare_path(transport, 1'000'000), frames, 1'000'000).rate;
    const auto own_stream = streamed(frames, address, name);
    links.push_back(both * 1e-9 / bare);
    ends.push_back(whole * 1e-9 / bare);
    streams.push_back(own_stream / bare_stream);
    fmt::print("bare round trip {:.1f} µs; both links {:.1f} µs ({:.2f} ×), end to end {:.1f} µs "
               "({:.2f} ×); 1 MB frames: bare {:.0f} MB/s, PeerNet {:.0f} MB/s ({:.2f} ×)\n",
               bare * 1e6, both * 1e-3, links.back(), whole * 1e-3, ends.back(), bare_stream * 1e-6,
               own_stream * 1e-6, streams.back());
    std::fflush(stdout);
  }
  fmt::print("median of {}: both links {:.2f} ×, end to end {:.2f} ×, throughput {:.2f} ×\n",
             repeats, median(links), median(ends), median(streams));
}
