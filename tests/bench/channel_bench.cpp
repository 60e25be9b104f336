// SPDX-License-Identifier: MIT
// Each channel beside the bare library or socket doing the same between two processes, in turns:
// round trips of one frame at a time, a stream of 1 MB frames with 16 under way, what of a core a
// frame costs, and how often one allocates. No actor and no stage around them: link_bench has
// those. tcp-both-ways: beside one bare connection for both ways; all else has one each way. Usage:
// channel_bench [--sealed] [--transport NAME] [repeats] [round trips] [frames]
#include "tests/bench/bench_run.hpp"
#include "tests/bench/frame_loops.hpp"
#include "tests/bench/frame_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace peernet::bench;

/// Medians over the repeats of one thing, bare and as a channel.
struct both_sides {
  std::vector<double> bare, channel, ratio;
  void add(double b, double c) {
    bare.push_back(b);
    channel.push_back(c);
    ratio.push_back(c / b);
  }
  [[nodiscard]] std::string told(double unit) const {
    const auto [least, most] = std::minmax_element(ratio.begin(), ratio.end());
    return fmt::format("{:8.2f} {:8.2f}  {:.2f} x ({:.2f}-{:.2f})", median(bare) * unit,
                       median(channel) * unit, median(ratio), *least, *most);
  }
};

void compare(const std::string& transport, bool sealed, int repeats, int trips, int frames) {
  const std::string own_name = transport == "tcp-both-ways" ? "tcp" : transport;
  const auto row = [&](std::string_view what, const std::string& figures) {
    fmt::print("{:13} {:22} {}\n", transport, what, figures);
    std::fflush(stdout);
  };
  for (const std::size_t size : {100u, 1'000u, 100'000u, 1'000'000u}) {
    const int n = size < 100'000 ? trips : std::max(trips / 10, 100);
    both_sides p50, cpu;
    double allocated = 0;
    for (int i = 0; i < repeats; ++i) {
      const auto bare = round_trips(*bare_path(transport, size), n);
      const auto own = round_trips(*channels(own_name, size, sealed), n);
      p50.add(bare.p50, own.p50);
      cpu.add(bare.cpu, own.cpu);
      allocated = own.allocations;
    }
    row(fmt::format("{} B p50, us", size), p50.told(1e6));
    row("  cpu a frame, us", cpu.told(1e6) + fmt::format("; {:.2f} allocations", allocated));
  }
  both_sides rate, cpu;
  constexpr std::size_t size = 1'000'000;
  for (int i = 0; i < repeats; ++i) {
    const auto bare = stream(*bare_path(transport, size), frames, size);
    const auto own = stream(*channels(own_name, size, sealed), frames, size);
    rate.add(bare.rate, own.rate);
    cpu.add(bare.cpu, own.cpu);
  }
  row("1 MB stream, MB/s", rate.told(1e-6));
  row("  cpu a frame, us", cpu.told(1e6));
}

} // namespace

int main(int argc, char** argv) {
  bool sealed = false;
  std::vector<std::string> transports{"udp", "tcp", "tcp-both-ways", "zmq-tcp", "zmq-ipc", "shm"};
  for (; argc > 1 && std::string_view(argv[1]).starts_with("--"); --argc, ++argv)
    if (std::string_view(argv[1]) == "--sealed")
      sealed = true;
    else if (argc > 2) {
      transports = {argv[2]};
      --argc, ++argv;
    }
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  const int trips = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const int frames = argc > 3 ? std::atoi(argv[3]) : 1'000;
  fmt::print("medians of {} repeats in turns; the bare side is {}\n", repeats,
             sealed ? "in the clear, the channels are sealed" : "without PeerNet");
  fmt::print("{:13} {:22} {:>8} {:>8}  ratio (least-most)\n", "", "", "bare", "channel");
  for (const auto& transport : transports)
    compare(transport, sealed, repeats, trips, frames);
}
