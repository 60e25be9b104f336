// SPDX-License-Identifier: MIT
// How good clocks are known: two processes with false clocks probe each other on loopback, and as
// root over a veth pair between two network namespaces, idle and beside a stream of 100 Mbit/s; the
// truth is known, so the true error stands beside the bound. Then irtt, if installed, on the path.
// Usage: clock_bench [seconds]
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_map.hpp"
#include "tests/bench/probed_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace peernet;

/// "median, p99, maximum" in microseconds.
std::string spread(std::vector<double> ns) {
  std::ranges::sort(ns);
  const auto at = [&](double share) {
    return ns[static_cast<std::size_t>(share * static_cast<double>(ns.size() - 1))] * 1e-3;
  };
  return fmt::format("{:.2f}, {:.2f}, {:.2f}", at(0.5), at(0.99), at(1));
}

void measure(const char* path, const char* load, probed_path& bench, int seconds) {
  const auto seen = bench.probe_for(std::chrono::seconds{seconds});
  const auto found = estimate_clocks({.probes = seen.probes, .looks = {}, .names = {}});
  const clock_map map(found.segments);
  std::vector<double> bounds, errors, trips;
  for (const auto& p : seen.probes)
    trips.push_back(static_cast<double>(p.round_trip()));
  int outside = 0;
  constexpr int looks = 5000;
  for (int i = 0; i < looks; ++i) {
    const auto t = seen.begin + (seen.end - seen.begin) * i / looks; // the machine's clock
    const auto mapped = map.to_reference(1, to_ns(bench.remote().from_machine(t)));
    if (!mapped)
      continue;
    const auto error = std::abs(static_cast<double>(mapped->ns - to_ns(t)));
    outside += error > static_cast<double>(mapped->bound) ? 1 : 0;
    errors.push_back(error);
    bounds.push_back(static_cast<double>(mapped->bound));
  }
  const auto shortest = std::ranges::min(trips) * 1e-3;
  fmt::print("{:<9}{:<11}round trip min {:.2f}, median, p99, max {} µs; bound {} µs; true error {} "
             "µs; {} of {} outside; {} exchanges, {} notices\n",
             path, load, shortest, spread(trips), spread(bounds), spread(errors), outside, looks,
             seen.probes.size(), found.notices.size());
  fmt::print("{:<20}probing cost {:.0f} bytes/s and {:.3f} % of a core, both ends together\n", "",
             static_cast<double>(seen.bytes_sent) / seconds, 100 * to_seconds(seen.cpu) / seconds);
  std::fflush(stdout);
}

void measure_path(const char* path, probed_path& bench, int seconds) {
  measure(path, "idle", bench, seconds);
  bench.start_load(100'000'000);
  measure(path, "100 Mbit/s", bench, seconds);
  bench.stop_load();
  bench.run_irtt(seconds);
}

} // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 10;
  {
    probed_path loopback;
    measure_path("loopback", loopback, seconds);
  }
  if (auto veth = probed_path::between_namespaces())
    measure_path("veth", *veth, seconds);
  else
    std::puts("veth: needs root and ip (iproute2)");
}
