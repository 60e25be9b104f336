// SPDX-License-Identifier: MIT
// PeerNet's link over zmq-tcp beside bare libzmq doing the same between two processes, in turns:
// a closed loop of 1 kB, one in flight (PAIR ping-pong), and a stream of 1 MB frames (PUSH, PULL).
// Usage: link_bench [--address ADDRESS] [repeats] [round trips] [frames]
// With an address of this machine that is no loopback, PeerNet's links are encrypted; the bare side
// stays as it is.
#include "runtime/core/clock.hpp"
#include "tests/bench/bench_run.hpp"

#include <fmt/format.h>
#include <zmq.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace peernet::bench;

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
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
