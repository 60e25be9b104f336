// SPDX-License-Identifier: MIT
// PeerNet's link over udp beside a bare UDP socket doing the same between two processes, in turns:
// a closed loop of 1 kB, one in flight (the channels alone, and a whole run), and a stream of 1 MB
// frames, 16 in flight, in datagrams of equal size, 64 a system call. Usage: udp_bench [--address
// ADDRESS] [--pace RATE] [repeats] [round trips] [frames] With an address of this machine that is
// no loopback, PeerNet's datagrams are sealed; the bare side stays as it is. With a pace (Mbit/s)
// both sides spread their datagrams.
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/bench/bench_run.hpp"
#include "transports/udp/udp_channel.hpp"
#include "transports/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <netinet/in.h>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

std::atomic<std::uint64_t> allocations{0};

} // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

using namespace peernet::bench;

constexpr std::size_t datagram = 1400, header = 4 + 88, in_one_call = 64, in_flight = 16;
constexpr std::size_t part = datagram - header;
constexpr int buffer = 32 << 20;

/// Two sockets of the loopback, connected with each other.
std::pair<int, int> sockets() {
  std::array<int, 2> fds{};
  std::array<sockaddr_in, 2> at{};
  for (std::size_t i = 0; i < 2; ++i) {
    fds[i] = ::socket(AF_INET, SOCK_DGRAM, 0);
    at[i].sin_family = AF_INET;
    at[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::setsockopt(fds[i], SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
      throw std::runtime_error("needs root, for socket buffers that lose nothing");
    socklen_t size = sizeof at[i];
    if (::bind(fds[i], reinterpret_cast<sockaddr*>(&at[i]), size) != 0 ||
        ::getsockname(fds[i], reinterpret_cast<sockaddr*>(&at[i]), &size) != 0)
      throw std::runtime_error("cannot bind a UDP socket");
  }
  for (std::size_t i = 0; i < 2; ++i)
    ::connect(fds[i], reinterpret_cast<const sockaddr*>(&at[1 - i]), sizeof at[0]);
  return {fds[0], fds[1]};
}

/// Median round trip of `n` datagrams that carry `size` bytes, one at a time, seconds.
double bare_round_trip(int n, std::size_t size) {
  const auto [ping, echo] = sockets();
  double result = 0;
  beside(
      [&] {
        std::vector<char> bytes(size + header);
        for (int i = 0; i < n; ++i)
          if (::recv(echo, bytes.data(), bytes.size(), 0) > 0)
            (void)!::send(echo, bytes.data(), bytes.size(), 0);
      },
      [&] {
        std::vector<char> bytes(size + header);
        std::vector<double> trips;
        for (int i = 0; i < n; ++i) {
          const auto begin = peernet::clock::machine_now();
          (void)!::send(ping, bytes.data(), bytes.size(), 0);
          (void)!::recv(ping, bytes.data(), bytes.size(), 0);
          trips.push_back(peernet::to_seconds(peernet::clock::machine_now() - begin));
        }
        trips.erase(trips.begin(), trips.begin() + n / 10); // warm-up
        result = median(std::move(trips));
      });
  ::close(ping);
  ::close(echo);
  return result;
}

/// One end of a pair of channels between two processes: what it receives with and sends with.
struct channel_ends {
  /// `told` and `heard`: pipes to and from the other process.
  channel_ends(const peernet::channel_settings& settings, int told, int heard) {
    peernet::registry types(std::vector<std::filesystem::path>{});
    peernet::register_udp_channel(types);
    const auto kind = *types.find_channel("udp");
    receiver = *kind->bind(settings);
    auto to = receiver->where();
    (void)!::write(told, &to.port, sizeof to.port);
    (void)!::read(heard, &to.port, sizeof to.port);
    sender = *kind->connect(settings, to);
    while (!sender->connected())
      (void)sender->wait_writable(std::chrono::milliseconds{5});
  }

  void send(const peernet::payload& body) {
    peernet::wire_header h;
    h.sequence = number++;
    h.length = static_cast<std::uint32_t>(body.size());
    while (sender->try_send({.header = peernet::wire_bytes(h), .body = &body}) !=
           peernet::send_status::sent)
      (void)sender->wait_writable(std::chrono::milliseconds{5});
  }
  /// False: nothing came for a second.
  bool receive() {
    const auto r = receiver->receive({}, std::chrono::seconds{1});
    return r.ok() && r->has_value();
  }

  std::unique_ptr<peernet::receive_end> receiver;
  std::unique_ptr<peernet::send_end> sender;
  std::uint64_t number = 0;
};

struct round_trip {
  double seconds = 0;            ///< median
  std::uint64_t allocations = 0; ///< of this process after the warm-up, in `trips` round trips
  int trips = 0;
};

/// The same as bare_round_trip over two channels, without any actor or stage around them.
round_trip channel_round_trip(int n, std::size_t size, const std::string& key) {
  std::array<int, 2> there{}, back{};
  if (::pipe(there.data()) != 0 || ::pipe(back.data()) != 0)
    throw std::runtime_error("cannot make a pipe");
  peernet::channel_settings settings;
  settings.name = "bench";
  settings.key = key;
  settings.max_frame = 4'000'000;
  const auto body = peernet::payload::copy_of(std::string(size, 'x'));
  round_trip result;
  beside(
      [&] {
        channel_ends echo(settings, back[1], there[0]);
        for (int i = 0; i < n && echo.receive(); ++i)
          echo.send(body);
      },
      [&] {
        channel_ends ping(settings, there[1], back[0]);
        std::vector<double> trips;
        trips.reserve(static_cast<std::size_t>(n));
        std::uint64_t before = 0;
        for (int i = 0; i < n; ++i) {
          if (i == n / 10)
            before = allocations;
          const auto begin = peernet::clock::machine_now();
          ping.send(body);
          if (!ping.receive())
            throw std::runtime_error("a frame was lost");
          trips.push_back(peernet::to_seconds(peernet::clock::machine_now() - begin));
        }
        const auto allocated = allocations - before;
        trips.erase(trips.begin(), trips.begin() + n / 10);
        result = {.seconds = 0, .allocations = allocated, .trips = n - n / 10};
        result.seconds = median(std::move(trips));
      });
  for (const int fd : {there[0], there[1], back[0], back[1]})
    ::close(fd);
  return result;
}

/// Datagrams that are sent or received together.
struct batch {
  batch() : bytes(in_one_call * datagram) {
    for (std::size_t i = 0; i < in_one_call; ++i) {
      parts[i] = {bytes.data() + i * datagram, datagram};
      messages[i].msg_hdr = {};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
  std::vector<char> bytes;
  std::array<iovec, in_one_call> parts{};
  std::array<mmsghdr, in_one_call> messages{};
};

/// Sends `datagrams` of full size, with a pace (bits per second, 0: none) each when it is due.
void send_frame(int fd, batch& b, std::size_t datagrams, double pace, peernet::stamp& due) {
  const auto each =
      pace > 0 ? peernet::from_seconds((datagram + 28) * 8 / pace) : peernet::duration{0};
  while (datagrams > 0) {
    std::size_t now = std::min(datagrams, in_one_call);
    if (pace > 0) {
      peernet::clock().sleep_until(due);
      const auto t = peernet::clock::machine_now();
      std::size_t ready = 0;
      for (; ready < now && due <= t; ++ready)
        due += each;
      now = ready;
    }
    const int n = ::sendmmsg(fd, b.messages.data(), static_cast<unsigned>(now), 0);
    datagrams -= static_cast<std::size_t>(std::max(n, 0));
  }
}

/// Bytes per second of `n` frames of `size` bytes, at most 16 of them not yet received.
double bare_throughput(int n, std::size_t size, double pace) {
  const auto [sender, receiver] = sockets();
  const auto datagrams = (size + part - 1) / part;
  double result = 0;
  beside(
      [&] {
        peernet::prepare_this_thread("bare sender");
        batch b;
        char taken = 0;
        auto due = peernet::clock::machine_now();
        for (int i = 0; i < n; ++i) {
          if (i >= static_cast<int>(in_flight))
            (void)!::recv(sender, &taken, 1, 0);
          send_frame(sender, b, datagrams, pace, due);
        }
      },
      [&] {
        batch b;
        peernet::stamp first{};
        for (int i = 0; i < n; ++i) {
          for (std::size_t got = 0; got < datagrams;)
            got += static_cast<std::size_t>(
                std::max(::recvmmsg(receiver, b.messages.data(),
                                    static_cast<unsigned>(std::min(in_one_call, datagrams - got)),
                                    MSG_WAITFORONE, nullptr),
                         0));
          (void)!::send(receiver, "", 1, 0);
          if (i == n / 10)
            first = peernet::clock::machine_now();
        }
        const auto took = peernet::to_seconds(peernet::clock::machine_now() - first);
        result = static_cast<double>(size) * (n - n / 10 - 1) / took;
      });
  ::close(sender);
  ::close(receiver);
  return result;
}

} // namespace

int main(int argc, char** argv) {
  std::string address = "127.0.0.1";
  double pace = 0;
  for (; argc > 2 && std::string_view(argv[1]).starts_with("--"); argc -= 2, argv += 2)
    if (std::string_view(argv[1]) == "--address")
      address = argv[2];
    else
      pace = std::atof(argv[2]) * 1e6;
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  const int trips = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const int frames = argc > 3 ? std::atoi(argv[3]) : 1'000;
  const auto udp = pace > 0 ? fmt::format("{{ type = \"udp\", pace = \"{}Mbit\" }}", pace * 1e-6)
                            : std::string("\"udp\"");
  const std::string key(peernet::channel_key_bytes, 'k');
  std::vector<double> channels, sealed_channels, links, ends, streams;
  for (int i = 0; i < repeats; ++i) {
    const auto bare = bare_round_trip(trips, 1000);
    channels.push_back(channel_round_trip(trips, 1000, {}).seconds / bare);
    sealed_channels.push_back(channel_round_trip(trips, 1000, key).seconds / bare);
    const auto keep = after_warmup(trips);
    const auto both = median(
        run_and_ask(loop_scenario(trips, address, udp),
                    "SELECT SUM(duration_ns) FROM spans WHERE step IN ('link', 'wake') AND " +
                        keep + " GROUP BY trace"));
    const auto whole =
        median(run_and_ask(loop_scenario(trips, address, udp),
                           "SELECT MAX(end_ns) - MIN(begin_ns) FROM spans WHERE step IN "
                           "('lag', 'act') AND " +
                               keep + " GROUP BY trace"));
    const auto bare_stream = bare_throughput(frames, 1'000'000, pace);
    const auto begin_end =
        run_and_ask(stream_scenario(frames, address, udp),
                    "SELECT COUNT(*) * 1e15 / (MAX(end_ns) - MIN(end_ns)) FROM spans WHERE step = "
                    "'link' AND " +
                        after_warmup(frames));
    const auto stream = begin_end.empty() ? 0 : begin_end.front();
    links.push_back(both * 1e-9 / bare);
    ends.push_back(whole * 1e-9 / bare);
    streams.push_back(stream / bare_stream);
    fmt::print("bare round trip {:.1f} µs; channels alone {:.2f} ×, sealed {:.2f} ×; both links "
               "{:.1f} µs ({:.2f} ×), end to end {:.1f} µs "
               "({:.2f} ×); 1 MB frames: bare {:.0f} MB/s, PeerNet {:.0f} MB/s ({:.2f} ×)\n",
               bare * 1e6, channels.back(), sealed_channels.back(), both * 1e-3, links.back(),
               whole * 1e-3, ends.back(), bare_stream * 1e-6, stream * 1e-6, streams.back());
    std::fflush(stdout);
  }
  for (const std::size_t size : {1'000u, 100'000u})
    for (const auto& sealed : {std::string{}, key}) {
      const auto r = channel_round_trip(trips / 10, size, sealed);
      fmt::print("{} allocations in {} round trips of {} bytes{}\n", r.allocations, r.trips, size,
                 sealed.empty() ? "" : ", sealed");
    }
  fmt::print("median of {}: channels alone {:.2f} ×, sealed {:.2f} ×; both links {:.2f} ×, end to "
             "end {:.2f} ×, throughput {:.2f} ×\n",
             repeats, median(channels), median(sealed_channels), median(links), median(ends),
             median(streams));
}
