// SPDX-License-Identifier: MIT
// How many records a second the store takes on one core, commits included, and how long joining,
// settling and summing them up takes at the end. Usage: store_bench [folder] [records] [repeats]
#include "runtime/core/clock.hpp"
#include "runtime/trace/finish.hpp"
#include "runtime/trace/store.hpp"
#include "tests/runtime/trace/synthetic_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

using namespace peernet;

namespace {

constexpr std::size_t batch = 4096;
constexpr std::uint64_t records_per_sample = 19;

struct stopwatch {
  stamp wall = peernet::clock::machine_now();
  std::clock_t cpu = std::clock();

  [[nodiscard]] double wall_s() const { return to_seconds(peernet::clock::machine_now() - wall); }
  [[nodiscard]] double cpu_s() const {
    return static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  }
};

[[noreturn]] void fail(const error& e) {
  fmt::print(stderr, "{}\n", e.message);
  std::exit(1);
}

void require(const result<void>& r) {
  if (!r)
    fail(r.error());
}

void measure(const std::filesystem::path& folder, std::uint64_t wanted) {
  const auto file = folder / "store-bench.db";
  std::filesystem::remove(file);
  synthetic_run source({.samples = wanted / records_per_sample,
                        .loss = 0.01,
                        .drop = 0.01,
                        .cloud_offset_ns = 250'000'000});
  std::vector<record> records;
  records.reserve(wanted + records_per_sample);
  while (source.more())
    source.sample(records);

  auto made = store::create(file);
  if (!made)
    fail(made.error());
  auto& s = *made;
  require(s.set_layout(source.shape()));
  const stopwatch appending;
  for (std::size_t i = 0; i < records.size(); i += batch)
    require(s.append(std::span(records).subspan(i, std::min(batch, records.size() - i))));
  const auto wall = appending.wall_s(), cpu = appending.cpu_s();
  const auto count = static_cast<double>(records.size());
  fmt::print("append: {} records in {:.2f} s: {:.0f} k/s by the wall, {:.0f} k/s of CPU time\n",
             records.size(), wall, count / wall / 1e3, count / cpu / 1e3);

  require(s.append_probes(source.probes()));
  for (const auto& e : source.link_ends())
    require(s.append_link_end(e));
  require(s.append_counts(source.counts()));
  require(s.set_run_end(run_end::completed));
  const stopwatch finishing;
  const auto finished = finish_run(s);
  if (!finished)
    fail(finished.error());
  const auto& summary = *finished;
  fmt::print("finish: {:.2f} s by the wall, {:.2f} s of CPU time; {} outcomes, verdict {}; "
             "{:.1f} bytes a record on disk\n",
             finishing.wall_s(), finishing.cpu_s(), summary.intended, to_string(summary.verdict),
             static_cast<double>(summary.own.database) / count);
  const stopwatch exporting;
  require(export_run(s, summary, folder));
  fmt::print("export: {:.2f} s by the wall\n", exporting.wall_s());
  for (const auto* name : {"store-bench.db", "traces.csv", "summary.json", "trace.json"})
    std::filesystem::remove(folder / name);
}

} // namespace

int main(int argc, char** argv) {
  const std::filesystem::path parent = argc > 1 ? argv[1] : std::filesystem::temp_directory_path();
  const auto records = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'200'000;
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 5;
  auto pattern = (parent / "store-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    fmt::print(stderr, "cannot make a folder in {}\n", parent.string());
    return 1;
  }
  for (int r = 0; r < repeats; ++r)
    measure(pattern, records);
  std::filesystem::remove(pattern);
}
