// SPDX-License-Identifier: MIT
// PeerNet's link over zmq-tcp beside bare libzmq doing the same between two processes, in turns:
// a closed loop of 1 kB, one in flight (PAIR ping-pong), and a stream of 1 MB frames (PUSH, PULL).
// Usage: link_bench [--address ADDRESS] [repeats] [round trips] [frames]
// With an address of this machine that is no loopback, PeerNet's links are encrypted; the bare side
// stays as it is.
#include "runtime/core/clock.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <zmq.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;
using peernet::duration;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
}

/// Runs `child` in a process of its own while `parent` runs here.
void beside(const std::function<void()>& child, const std::function<void()>& parent) {
  const auto pid = ::fork();
  if (pid == 0) {
    child();
    ::_exit(0);
  }
  parent();
  ::waitpid(pid, nullptr, 0);
}

/// A socket of a context of its own; both end with it.
class socket {
public:
  explicit socket(int type) : context_(zmq_ctx_new()), socket_(zmq_socket(context_, type)) {}
  ~socket() {
    zmq_close(socket_);
    zmq_ctx_term(context_);
  }
  void* raw() const { return socket_; }

private:
  void* context_;
  void* socket_;
};

std::string free_endpoint() {
  const socket probe(ZMQ_PAIR);
  require(zmq_bind(probe.raw(), "tcp://127.0.0.1:*") == 0, "bind");
  char name[128];
  std::size_t size = sizeof name;
  require(zmq_getsockopt(probe.raw(), ZMQ_LAST_ENDPOINT, name, &size) == 0, "endpoint");
  return name;
}

/// Median round trip of `n` messages of `size` bytes, one at a time, seconds.
double bare_round_trip(int n, std::size_t size) {
  const auto where = free_endpoint();
  double result = 0;
  beside(
      [&] {
        const socket echo(ZMQ_PAIR);
        zmq_connect(echo.raw(), where.c_str());
        std::vector<char> bytes(size);
        for (int i = 0; i < n; ++i) {
          zmq_recv(echo.raw(), bytes.data(), size, 0);
          zmq_send(echo.raw(), bytes.data(), size, 0);
        }
      },
      [&] {
        const socket ping(ZMQ_PAIR);
        require(zmq_bind(ping.raw(), where.c_str()) == 0, "bind");
        std::vector<char> bytes(size);
        std::vector<double> trips;
        for (int i = 0; i < n; ++i) {
          const auto begin = peernet::clock::machine_now();
          zmq_send(ping.raw(), bytes.data(), size, 0);
          zmq_recv(ping.raw(), bytes.data(), size, 0);
          trips.push_back(peernet::to_seconds(peernet::clock::machine_now() - begin));
        }
        trips.erase(trips.begin(), trips.begin() + n / 10); // warm-up
        result = median(std::move(trips));
      });
  return result;
}

/// Bytes per second of `n` messages of `size` bytes, as fast as they go.
double bare_throughput(int n, std::size_t size) {
  const auto where = free_endpoint();
  double result = 0;
  beside(
      [&] {
        const socket push(ZMQ_PUSH);
        const int mark = 8;
        zmq_setsockopt(push.raw(), ZMQ_SNDHWM, &mark, sizeof mark);
        zmq_connect(push.raw(), where.c_str());
        const std::vector<char> bytes(size);
        for (int i = 0; i < n; ++i)
          zmq_send(push.raw(), bytes.data(), size, 0);
      },
      [&] {
        const socket pull(ZMQ_PULL);
        const int mark = 8;
        zmq_setsockopt(pull.raw(), ZMQ_RCVHWM, &mark, sizeof mark);
        require(zmq_bind(pull.raw(), where.c_str()) == 0, "bind");
        zmq_msg_t message;
        peernet::stamp first{};
        for (int i = 0; i < n; ++i) {
          zmq_msg_init(&message);
          zmq_msg_recv(&message, pull.raw(), 0);
          zmq_msg_close(&message);
          if (i == n / 10)
            first = peernet::clock::machine_now();
        }
        const auto took = peernet::to_seconds(peernet::clock::machine_now() - first);
        result = static_cast<double>(size) * (n - n / 10 - 1) / took;
      });
  return result;
}

/// Runs a scenario with peernet-run, which lies beside this program, and answers `query` on its
/// run.db.
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

std::string loop_scenario(int n, const std::string& address) {
  return fmt::format(R"([scenario]
samples = {}
[nodes.robot]
addresses = {{ bench = "{}" }}
[nodes.cloud]
addresses = {{ bench = "{}" }}
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
[links.down]
from = "mirror"
to = "back"
network = "bench"
)",
                     n, address, address);
}

std::string stream_scenario(int n, const std::string& address) {
  return fmt::format(R"([scenario]
samples = {}
[nodes.robot]
addresses = {{ bench = "{}" }}
[nodes.cloud]
addresses = {{ bench = "{}" }}
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
send-queue = {{ size = 8, policy = "block" }}
)",
                     n, address, address);
}

/// One in ten at the beginning is left out, as on the bare side.
std::string after_warmup(int n) {
  return fmt::format("(trace & 0xFFFFFFFFFFFF) >= {}", n / 10);
}

} // namespace

int main(int argc, char** argv) {
  std::string address = "127.0.0.1";
  if (argc > 2 && std::string_view(argv[1]) == "--address") {
    address = argv[2];
    argc -= 2;
    argv += 2;
  }
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  const int trips = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const int frames = argc > 3 ? std::atoi(argv[3]) : 3'000;
  std::vector<double> links, ends, streams;
  for (int i = 0; i < repeats; ++i) {
    const auto bare = bare_round_trip(trips, 1000);
    const auto keep = after_warmup(trips);
    const auto both = median(run_and_ask(
        loop_scenario(trips, address),
        "SELECT SUM(duration_ns) FROM spans WHERE step = 'link' AND " + keep + " GROUP BY trace"));
    const auto whole =
        median(run_and_ask(loop_scenario(trips, address),
                           "SELECT MAX(end_ns) - MIN(begin_ns) FROM spans WHERE step IN "
                           "('lag', 'act') AND " +
                               keep + " GROUP BY trace"));
    const auto bare_stream = bare_throughput(frames, 1'000'000);
    const auto begin_end = run_and_ask(
        stream_scenario(frames, address),
        "SELECT COUNT(*) * 1e15 / (MAX(end_ns) - MIN(end_ns)) FROM spans WHERE step = 'link' AND " +
            after_warmup(frames));
    const auto stream = begin_end.empty() ? 0 : begin_end.front();
    links.push_back(both * 1e-9 / bare);
    ends.push_back(whole * 1e-9 / bare);
    streams.push_back(stream / bare_stream);
    fmt::print("bare round trip {:.1f} µs; both links {:.1f} µs ({:.2f} ×), end to end {:.1f} µs "
               "({:.2f} ×); "
               "1 MB frames: bare {:.0f} MB/s, PeerNet {:.0f} MB/s ({:.2f} ×)\n",
               bare * 1e6, both * 1e-3, links.back(), whole * 1e-3, ends.back(), bare_stream * 1e-6,
               stream * 1e-6, streams.back());
    std::fflush(stdout);
  }
  fmt::print("median of {}: both links {:.2f} ×, end to end {:.2f} ×, throughput {:.2f} ×\n",
             repeats, median(links), median(ends), median(streams));
}
