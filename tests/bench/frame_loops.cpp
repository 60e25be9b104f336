// SPDX-License-Identifier: MIT
#include "tests/bench/frame_loops.hpp"

#include "runtime/core/clock.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/bench/bench_run.hpp"

#include <array>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace peernet::bench {
namespace {

constexpr int under_way = 16;

/// What the two processes tell this one: the one that receives first, and the other.
struct shared_figures {
  double cpu = 0, other_cpu = 0;
  loop_figures loop;
  stream_figures stream;
};

shared_figures& shared() {
  static auto* const at = static_cast<shared_figures*>(::mmap(
      nullptr, sizeof(shared_figures), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return *at;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

} // namespace

loop_figures round_trips(frame_path& path, int n) {
  const int all = n + n / 10;
  auto& told = shared() = {}; // before the processes part
  side_by_side(
      [&] {
        const auto end = path.open(1);
        double begin = 0;
        for (int i = 0; i < all; ++i) {
          if (i == n / 10)
            begin = cpu_seconds();
          end->receive();
          end->send();
        }
        told.other_cpu = cpu_seconds() - begin;
      },
      [&] {
        const auto end = path.open(0);
        std::vector<double> trips;
        trips.reserve(static_cast<std::size_t>(all));
        double begin = 0;
        std::uint64_t before = 0;
        for (int i = 0; i < all; ++i) {
          if (i == n / 10) {
            begin = cpu_seconds();
            before = allocations();
          }
          const auto sent = peernet::clock::machine_now();
          end->send();
          end->receive();
          trips.push_back(peernet::to_seconds(peernet::clock::machine_now() - sent));
        }
        told.loop.allocations = static_cast<double>(allocations() - before) / n;
        told.cpu = cpu_seconds() - begin;
        trips.erase(trips.begin(), trips.begin() + n / 10);
        told.loop.p50 = median(std::move(trips));
      });
  told.loop.cpu = (told.cpu + told.other_cpu) / (2 * n);
  return told.loop;
}

stream_figures stream(frame_path& path, int n, std::size_t size) {
  std::array<int, 2> taken{};
  if (::pipe(taken.data()) != 0)
    throw std::runtime_error("cannot make a pipe");
  auto& told = shared() = {};
  side_by_side(
      [&] {
        const auto end = path.open(1);
        const auto begin = cpu_seconds();
        char one = 0;
        for (int i = 0; i < n; ++i) {
          if (i >= under_way && ::read(taken[0], &one, 1) != 1)
            throw std::runtime_error("the other process is gone");
          end->send();
        }
        for (int i = 0; i < under_way; ++i)
          (void)!::read(taken[0], &one, 1); // what it lends to the channel stays until it was taken
        told.other_cpu = cpu_seconds() - begin;
      },
      [&] {
        const auto end = path.open(0);
        const auto begin_cpu = cpu_seconds();
        peernet::stamp first{};
        for (int i = 0; i < n; ++i) {
          end->receive();
          (void)!::write(taken[1], "", 1);
          if (i == n / 10)
            first = peernet::clock::machine_now();
        }
        const auto took = peernet::to_seconds(peernet::clock::machine_now() - first);
        told.stream.rate = static_cast<double>(size) * (n - n / 10 - 1) / took;
        told.cpu = cpu_seconds() - begin_cpu;
      });
  ::close(taken[0]);
  ::close(taken[1]);
  told.stream.cpu = (told.cpu + told.other_cpu) / n;
  return told.stream;
}

} // namespace peernet::bench
