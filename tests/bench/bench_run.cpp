// SPDX-License-Identifier: MIT
#include "tests/bench/bench_run.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace peernet::bench {

namespace fs = std::filesystem;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

void side_by_side(const std::function<void()>& one, const std::function<void()>& other) {
  std::array<int, 2> over{};
  if (::pipe(over.data()) != 0)
    throw std::runtime_error("cannot make a pipe");
  const auto run = [&](const std::function<void()>& what) {
    const auto pid = ::fork();
    if (pid != 0)
      return pid;
    ::close(over[1]);
    try {
      what();
    } catch (const std::exception& problem) {
      fmt::print(stderr, "{}\n", problem.what());
      ::_exit(1);
    }
    char none = 0; // threads of a library may still be sending what it was given
    if (&what == &one)
      (void)!::read(over[0], &none, 1);
    ::_exit(0);
  };
  const auto first = run(one), second = run(other);
  ::close(over[0]);
  int failed = 0, status = 0;
  failed += second < 0 || ::waitpid(second, &status, 0) < 0 || status != 0;
  ::close(over[1]);
  failed += first < 0 || ::waitpid(first, &status, 0) < 0 || status != 0;
  if (failed > 0)
    throw std::runtime_error("a process of the benchmark failed");
}

std::vector<double> run_and_ask(const std::string& scenario, const std::string& query) {
  const auto here = fs::read_symlink("/proc/self/exe").parent_path();
  const auto folder = fs::temp_directory_path() / ("peernet-bench-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "bench.toml") << scenario;
  const auto command =
      fmt::format("{0}/peernet-run {1}/bench.toml --output {1}/results >/dev/null 2>&1",
                  here.string(), folder.string());
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error("failed: " + command);
  sqlite3* db = nullptr;
  const auto file = fs::directory_iterator(folder / "results")->path() / "run.db";
  sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
  sqlite3_stmt* rows = nullptr;
  std::vector<double> values;
  if (sqlite3_prepare_v2(db, query.c_str(), -1, &rows, nullptr) == SQLITE_OK)
    while (sqlite3_step(rows) == SQLITE_ROW)
      values.push_back(sqlite3_column_double(rows, 0));
  sqlite3_finalize(rows);
  sqlite3_close(db);
  fs::remove_all(folder);
  return values;
}

std::string loop_scenario(int n, const std::string& address, const std::string& transport) {
  return fmt::format(R"([scenario]
samples = {0}
[nodes.robot]
addresses = {{ bench = "{1}" }}
[nodes.cloud]
addresses = {{ bench = "{1}" }}
[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
arrival = "closed-loop"
[inference.mirror]
node = "cloud"
model = "echo"
[sinks.back]
node = "robot"
[links.up]
from = "probe"
to = "mirror"
network = "bench"
transport = {2}
[links.down]
from = "mirror"
to = "back"
network = "bench"
transport = {2}
)",
                     n, address, transport);
}

std::string stream_scenario(int n, const std::string& address, const std::string& transport) {
  return fmt::format(R"([scenario]
samples = {0}
[nodes.robot]
addresses = {{ bench = "{1}" }}
[nodes.cloud]
addresses = {{ bench = "{1}" }}
[sensors.camera]
node = "robot"
type = "bytes"
size = "1MB"
arrival = "closed-loop"
in-flight = 16
[sinks.screen]
node = "cloud"
queue = {{ size = 32, policy = "block" }}
[links.up]
from = "camera"
to = "screen"
network = "bench"
transport = {2}
send-queue = {{ size = 8, policy = "block" }}
)",
                     n, address, transport);
}

std::string after_warmup(int n) {
  return fmt::format("(trace & 0xFFFFFFFFFFFF) >= {}", n / 10);
}

} // namespace peernet::bench
