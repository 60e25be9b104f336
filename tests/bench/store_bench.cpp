// SPDX-License-Identifier: MIT
// How many records a second the store takes, commits included, on one core.
#include "runtime/trace/finish.hpp"
#include "runtime/trace/store.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

using namespace peernet;

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
  auto file = folder / "bench.db";
  for (int rep=0; rep<5; ++rep) {
  std::filesystem::remove(file);
  auto s = store::create(file);
  if (!s) { std::puts(s.error().message.c_str()); return 1; }
  std::vector<record> batch(4096);
  const auto t0 = std::chrono::steady_clock::now();
  const auto c0 = std::clock();
  std::uint64_t n = 0;
  for (int b = 0; b < 256; ++b) {
    for (auto& r : batch) {
      r.trace = trace_id(n / 17 % 2, n / 17).number();
      r.route = n % 17 / 4;
      r.what = n % 15;
      r.begin_ns = 1'500'000'000'000'000 + static_cast<std::int64_t>(n * 1000);
      r.end_ns = r.begin_ns + 12345;
      ++n;
    }
    if (auto d = s->append(batch); !d) { std::puts(d.error().message.c_str()); return 1; }
  }
  const double w = std::chrono::duration<double>(std::chrono::steady_clock::now() - t0).count();
  std::printf("%.0f records/s wall, %.0f /s cpu, %.1f B/record\n", n / w, n / (double(std::clock() - c0) / CLOCKS_PER_SEC), double(std::filesystem::file_size(file)) / n);
  }
}
