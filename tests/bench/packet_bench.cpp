// SPDX-License-Identifier: MIT
// The shaper of packets, asleep and spinning, beside a bare thread that copies packets between the
// same two TUN devices and sleeps until the same moments: how late packets come at 1 kHz, how many
// go through when they may go at once, what TCP makes of it, what of a core each costs. In turns.
// Usage: packet_bench [repeats] [datagrams]; needs root
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "tests/bench/quantile.hpp"
#include "tests/support/packet_networks.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <vector>

namespace {

using namespace peernet;
using namespace std::chrono_literals;
using bench::quantile;

constexpr duration gap = 1ms;
constexpr duration delay = 5ms;
constexpr duration flood_time = 1s;
constexpr std::size_t datagram_bytes = 100;
constexpr std::size_t stream_bytes = 64 << 20, chunk_bytes = 1 << 20;
constexpr std::uint16_t port = 7000;

/// Carries packets of both directions across, each this much later, from when it is made.
class carrier {
public:
  virtual ~carrier() = default;
  [[nodiscard]] virtual std::uint64_t carried() const = 0;         ///< forth
  [[nodiscard]] virtual double late_us(double quantile) const = 0; ///< forth; when all is over
};

/// What anybody would write: no fates, no counts, no order to keep.
class bare_carrier final : public carrier {
public:
  bare_carrier(packet_shaper::ends devices, duration later)
      : devices_(std::move(devices)),
        later_(later),
        thread_(start_thread("shape bare", [this](const std::stop_token& s) { run(s); })) {}

  [[nodiscard]] std::uint64_t carried() const override { return carried_.load(); }
  [[nodiscard]] double late_us(double q) const override { return quantile(late_, q); }

private:
  struct packet {
    stamp due{};
    std::size_t bytes = 0;
    std::array<std::byte, tun_device::mtu> content;
  };
  using under_way = std::deque<packet>;

  bool read(const tun_device& from, under_way& to) {
    for (int i = 0; i < 32; ++i) {
      auto& p = to.emplace_back();
      p.bytes = from.read(p.content);
      if (p.bytes == 0)
        return to.pop_back(), false;
      p.due = clock::machine_now() + later_;
    }
    return true;
  }

  std::uint64_t write(under_way& from, const tun_device& to, bool forth) {
    std::uint64_t n = 0;
    for (; !from.empty(); from.pop_front(), ++n) {
      const auto now = clock::machine_now();
      if (from.front().due > now)
        break;
      if (forth && later_ > 0s)
        late_.push_back(to_seconds(now - from.front().due) * 1e6);
      (void)to.write(std::span(from.front().content).first(from.front().bytes));
    }
    return n;
  }

  void run(const std::stop_token& stop) {
    under_way forth, back;
    std::array<pollfd, 2> awaited{{{devices_.from.fd(), POLLIN, 0}, {devices_.to.fd(), POLLIN, 0}}};
    while (!stop.stop_requested()) {
      const bool more = read(devices_.from, forth), more_back = read(devices_.to, back);
      carried_ += write(forth, devices_.to, true);
      write(back, devices_.from, false);
      if (more || more_back)
        continue;
      auto until = clock::machine_now() + 20ms; // to see the stop
      for (const auto* way : {&forth, &back})
        if (!way->empty())
          until = std::min(until, way->front().due);
      const auto ns = std::max<std::int64_t>(to_ns(until - clock::machine_now()), 0);
      const timespec wait{.tv_sec = 0, .tv_nsec = ns};
      ::ppoll(awaited.data(), awaited.size(), &wait, nullptr);
    }
  }

  const packet_shaper::ends devices_;
  const duration later_;
  std::vector<double> late_;
  std::atomic<std::uint64_t> carried_{0};
  std::jthread thread_;
};

class shaping_carrier final : public carrier {
public:
  shaping_carrier(packet_shaper::ends devices, duration later, bool spin)
      : shaper_(std::move(devices), "bench", how(later, spin), how(later, spin)) {}

  [[nodiscard]] std::uint64_t carried() const override { return shaper_.forth().delivered; }
  [[nodiscard]] double late_us(double q) const override {
    return static_cast<double>(shaper_.forth().late.percentile(q)) * 1e-3;
  }

private:
  static emulation how(duration later, bool spin) {
    return {.what = {.level = impair_level::packet, .delay = later, .spin = spin},
            .reliable = false,
            .seed = 1,
            .trace = {}};
  }
  packet_shaper shaper_;
};

enum class kind { bare, shaper, spinning };

/// Two networks and who carries packets between them.
struct world {
  packet_networks networks;
  std::unique_ptr<carrier> between;

  static world make(kind k, duration later) {
    auto made = packet_networks::make(4096);
    if (!made) {
      fmt::print(stderr, "packet_bench needs {}\n", made.error().message);
      std::exit(77);
    }
    std::unique_ptr<carrier> between;
    if (k == kind::bare)
      between = std::make_unique<bare_carrier>(std::move(made->devices), later);
    else
      between =
          std::make_unique<shaping_carrier>(std::move(made->devices), later, k == kind::spinning);
    return {std::move(*made), std::move(between)};
  }

  [[nodiscard]] descriptor near(int type) const {
    return must(socket_inside(networks.near, type, packet_networks::near_address, port));
  }
  [[nodiscard]] descriptor far(int type) const {
    return must(socket_inside(networks.far, type, packet_networks::far_address, port));
  }

private:
  static descriptor must(result<descriptor> made) {
    if (made)
      return std::move(*made);
    fmt::print(stderr, "{}\n", made.error().message);
    std::exit(1);
  }
};

void connect_to_far(const descriptor& socket) {
  const auto a = ipv4_at(packet_networks::far_address, port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
    fmt::print(stderr, "no connection: {}\n", std::strerror(errno));
    std::exit(1);
  }
}

/// Of the thread that carries packets, by the kernel's books.
double cpu_seconds() {
  double ns = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    double spent = 0;
    if (name.starts_with("shape "))
      std::ifstream(task.path() / "schedstat") >> spent;
    ns += spent;
  }
  return ns * 1e-9;
}

/// What one of them did in one repeat.
struct figures {
  double late_p50 = 0, late_p99 = 0; ///< µs, by its own account
  double way_p50 = 0, way_p99 = 0;   ///< µs from send to receive, the delay taken off
  double core = 0;                   ///< share, at 1 kHz
  double packets = 0;                ///< per second, as fast as they go
  double packet_us = 0;              ///< of CPU, each of those
  double gigabits = 0;               ///< of TCP, per second
};

void pace(kind k, std::size_t datagrams, figures& f) {
  const auto w = world::make(k, delay);
  const auto from = w.near(SOCK_DGRAM), to = w.far(SOCK_DGRAM);
  connect_to_far(from);
  const timeval patience{.tv_sec = 1, .tv_usec = 0}; // for what got lost
  (void)::setsockopt(to.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto begin = clock::machine_now();
  const auto before = cpu_seconds();
  const auto source = start_thread("source", [&](const std::stop_token&) {
    const peernet::clock machine;
    std::array<std::byte, datagram_bytes> content{};
    auto next = machine.now();
    for (std::size_t n = 0; n < datagrams; ++n, next += gap) {
      machine.sleep_until(next);
      const auto now = to_ns(clock::machine_now());
      std::memcpy(content.data(), &now, sizeof now);
      (void)::send(from.get(), content.data(), content.size(), 0);
    }
  });
  std::vector<double> ways;
  std::array<std::byte, datagram_bytes> content{};
  while (ways.size() < datagrams && ::recv(to.get(), content.data(), content.size(), 0) > 0) {
    std::int64_t sent = 0;
    std::memcpy(&sent, content.data(), sizeof sent);
    ways.push_back(static_cast<double>(to_ns(clock::machine_now()) - sent - to_ns(delay)) * 1e-3);
  }
  f.core = (cpu_seconds() - before) / to_seconds(clock::machine_now() - begin);
  f.way_p50 = quantile(ways, 0.5);
  f.way_p99 = quantile(ways, 0.99);
  f.late_p50 = w.between->late_us(0.5);
  f.late_p99 = w.between->late_us(0.99);
}

void flood(kind k, figures& f) {
  const auto w = world::make(k, {});
  const auto from = w.near(SOCK_DGRAM), to = w.far(SOCK_DGRAM); // nobody reads: only it is watched
  connect_to_far(from);
  const auto begin = clock::machine_now();
  const auto before = cpu_seconds();
  const std::array<std::byte, datagram_bytes> content{};
  while (clock::machine_now() - begin < flood_time)
    (void)::send(from.get(), content.data(), content.size(), 0);
  const auto carried = static_cast<double>(w.between->carried());
  f.packet_us = (cpu_seconds() - before) / carried * 1e6;
  f.packets = carried / to_seconds(clock::machine_now() - begin);
}

void stream(kind k, figures& f) {
  const auto w = world::make(k, {});
  const auto door = w.far(SOCK_STREAM), from = w.near(SOCK_STREAM);
  (void)::listen(door.get(), 1);
  connect_to_far(from);
  const descriptor to(::accept(door.get(), nullptr, nullptr));
  const auto begin = clock::machine_now();
  const auto source = start_thread("source", [&](const std::stop_token&) {
    const std::vector<std::byte> chunk(chunk_bytes);
    for (std::size_t sent = 0; sent < stream_bytes;)
      sent += static_cast<std::size_t>(std::max<ssize_t>(
          ::send(from.get(), chunk.data(), std::min(chunk.size(), stream_bytes - sent), 0), 0));
  });
  std::vector<std::byte> chunk(chunk_bytes);
  for (std::size_t got = 0; got < stream_bytes;)
    got += static_cast<std::size_t>(
        std::max<ssize_t>(::recv(to.get(), chunk.data(), chunk.size(), 0), 0));
  f.gigabits = stream_bytes * 8e-9 / to_seconds(clock::machine_now() - begin);
}

figures measure(kind k, std::size_t datagrams) {
  figures f;
  pace(k, datagrams, f);
  if (k != kind::spinning) { // without a delay there is nothing to wait for
    flood(k, f);
    stream(k, f);
  }
  return f;
}

void print(const char* what, const std::vector<figures>& runs) {
  const auto median = [&](double figures::*figure) {
    std::vector<double> all;
    for (const auto& r : runs)
      all.push_back(r.*figure);
    return quantile(all, 0.5);
  };
  fmt::print("{:<22}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>8.1f} %", what,
             median(&figures::late_p50), median(&figures::late_p99), median(&figures::way_p50),
             median(&figures::way_p99), median(&figures::core) * 100);
  if (median(&figures::packets) > 0)
    fmt::print("{:>12.0f}{:>8.2f}{:>9.2f}", median(&figures::packets), median(&figures::packet_us),
               median(&figures::gigabits));
  fmt::print("\n");
}

} // namespace

int main(int argc, char** argv) {
  const auto repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  const auto datagrams = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 3000);
  std::array<std::vector<figures>, 3> all;
  for (int i = 0; i < repeats; ++i)
    for (const auto k : {kind::bare, kind::shaper, kind::spinning})
      all[static_cast<std::size_t>(k)].push_back(measure(k, datagrams));
  fmt::print("{} datagrams at 1 kHz, a delay of 5 ms; then {} B as fast as they go, and {} MB of "
             "TCP, at once; µs, medians of {} repeats\n",
             datagrams, datagram_bytes, stream_bytes >> 20, repeats);
  fmt::print("{:<22}{:>10}{:>10}{:>10}{:>10}{:>10}{:>12}{:>8}{:>9}\n", "", "late p50", "late p99",
             "way p50", "way p99", "of a core", "packets/s", "CPU", "Gbit/s");
  print("bare copying thread", all[0]);
  print("shaper", all[1]);
  print("shaper, spin = true", all[2]);
}
