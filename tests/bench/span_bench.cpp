// SPDX-License-Identifier: MIT
// What emitting one span costs on the measured path: its two clock reads with and without
// `recorder::span`, in turns, and the allocations meanwhile. Usage: span_bench [repeats]
#include "runtime/trace/recorder.hpp"
#include "tests/bench/allocations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

using namespace peernet;

namespace {

constexpr int chunk = 10'000; // fits the ring, so that nothing overflows
constexpr int chunks = 100;

/// ns per call of `body(i)`, the best of many chunks: what is left when nobody disturbs.
template <class Body, class Between>
double cost(Body body, Between between) {
  double best = 1e9;
  for (int c = 0; c < chunks; ++c) {
    const auto begin = peernet::clock::machine_now();
    for (int i = 0; i < chunk; ++i)
      body(i);
    const auto end = peernet::clock::machine_now();
    best = std::min(best, static_cast<double>((end - begin).count()) / chunk);
    between();
  }
  return best;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 9;
  const peernet::clock clock;
  record_collector collector;
  auto& sut = collector.add(0, 0);
  std::vector<record> drained(chunk);
  sample_header header{.trace = trace_id(0, 1), .route = 3};
  std::vector<double> bare, whole;
  bare.reserve(static_cast<std::size_t>(repeats));
  whole.reserve(static_cast<std::size_t>(repeats));
  std::uint64_t allocated = 0;

  for (int r = 0; r < repeats; ++r) {
    bare.push_back(cost(
        [&](int) {
          const auto begin = clock.now();
          const auto end = clock.now();
          asm volatile("" ::"r"(to_ns(begin)), "r"(to_ns(end)));
        },
        [] {}));
    const auto before = bench::allocations();
    whole.push_back(cost(
        [&](int i) {
          header.trace = trace_id(0, static_cast<std::uint64_t>(i));
          const auto begin = clock.now();
          const auto end = clock.now();
          sut.span(header, 0, step::infer, begin, end);
        },
        [&] { static_cast<void>(sut.drain(drained)); }));
    allocated += bench::allocations() - before;
  }
  fmt::print("two clock reads       {:6.1f} ns\n", median(bare));
  fmt::print("two reads and a span  {:6.1f} ns\n", median(whole));
  fmt::print("the span by itself    {:6.1f} ns\n", median(whole) - median(bare));
  fmt::print("allocations           {:6} in {} spans, {} overflowed\n", allocated, sut.emitted(),
             sut.overflowed());
  return allocated == 0 && sut.overflowed() == 0 ? 0 : 1;
}
