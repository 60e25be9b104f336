// SPDX-License-Identifier: MIT
// How well an impaired lane's thread meets its delays at 1 kHz, asleep and spinning, beside a bare
// thread that sleeps until the same moments; and what of a core each costs. In turns.
// Usage: delay_bench [repeats] [frames]
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "tests/bench/quantile.hpp"
#include "transports/impairment/delay_line.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace {

using namespace peernet;
using namespace std::chrono_literals;
using bench::quantile;

constexpr duration gap = 1ms;
constexpr duration delay = 5ms;

/// What one thread made of its deadlines.
struct result_of_run {
  std::vector<double> late_us;
  double cpu = 0; ///< share of a core
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Runs `body`, which gives the latenesses, in a thread prepared like ours, and watches its cost.
result_of_run watched(const std::function<std::vector<double>()>& body) {
  result_of_run r;
  std::thread([&] {
    prepare_this_thread("delay bench");
    const auto begin = clock::machine_now();
    const auto before = cpu_seconds();
    r.late_us = body();
    r.cpu = (cpu_seconds() - before) / to_seconds(clock::machine_now() - begin);
  }).join();
  return r;
}

double us_behind(stamp due) {
  return to_seconds(clock::machine_now() - due) * 1e6;
}

result_of_run bare(std::size_t frames) {
  return watched([&] {
    const peernet::clock machine;
    std::vector<double> late;
    auto due = machine.now() + delay;
    for (std::size_t n = 0; n < frames; ++n, due += gap) {
      machine.sleep_until(due);
      late.push_back(us_behind(due));
    }
    return late;
  });
}

result_of_run through_line(std::size_t frames, bool spin) {
  delay_line line({.what = {.delay = delay, .spin = spin}, .reliable = false}, "bench", 0);
  std::jthread source([&](const std::stop_token& stop) {
    prepare_this_thread("bench source");
    const peernet::clock machine;
    const sample s{.header = {}, .body = payload::copy_of(std::string(100, 'x'))};
    for (auto next = machine.now(); !stop.stop_requested(); next += gap) {
      machine.sleep_until(next);
      (void)line.enter(s, 188, next);
    }
  });
  std::stop_source done;
  return watched([&] {
    std::vector<double> late;
    late.reserve(frames);
    line.run(
        done.get_token(), [] { return stamp::max(); },
        [&](delayed_frame& f) {
          late.push_back(us_behind(f.due));
          if (late.size() == frames)
            done.request_stop();
        });
    return late;
  });
}

void print(const char* what, const std::vector<result_of_run>& runs) {
  const auto median_of = [&](auto figure) {
    std::vector<double> all;
    for (const auto& r : runs)
      all.push_back(figure(r));
    return quantile(all, 0.5);
  };
  fmt::print("{:<28}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f} %\n", what,
             median_of([](const auto& r) { return quantile(r.late_us, 0.5); }),
             median_of([](const auto& r) { return quantile(r.late_us, 0.99); }),
             median_of([](const auto& r) { return quantile(r.late_us, 1); }),
             median_of([](const auto& r) { return r.cpu * 100; }));
}

} // namespace

int main(int argc, char** argv) {
  const auto repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  const auto frames = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 5000);
  std::vector<result_of_run> sleeps, lines, spins;
  for (int i = 0; i < repeats; ++i) {
    sleeps.push_back(bare(frames));
    lines.push_back(through_line(frames, false));
    spins.push_back(through_line(frames, true));
  }
  fmt::print("{} frames at 1 kHz, a delay of 5 ms; lateness in µs, medians of {} repeats\n", frames,
             repeats);
  fmt::print("{:<28}{:>9}{:>9}{:>9}{:>11}\n", "", "p50", "p99", "max", "of a core");
  print("bare clock_nanosleep", sleeps);
  print("impaired lane", lines);
  print("impaired lane, spin = true", spins);
}
