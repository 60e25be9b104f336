// SPDX-License-Identifier: MIT
#include "tests/bench/probed_path.hpp"

#include "transports/security.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sched.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace peernet {

namespace {

using namespace std::chrono_literals;

const clock_error planted{.offset = 3s, .drift_ppm = 40};
constexpr int irtt_port = 22112;

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "clock_bench: {}\n", what);
  std::exit(1);
}

template <class T>
T must(result<T> r) {
  if (!r)
    fail(r.error().message);
  return *std::move(r);
}

void enter_namespace(const std::string& name) {
  const int fd = ::open(("/var/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::setns(fd, CLONE_NEWNET) != 0)
    fail("cannot enter the network namespace " + name);
  ::close(fd);
}

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  ::inet_pton(AF_INET, host.c_str(), &a.sin_addr);
  return a;
}

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// Lines of text over a pair of pipes.
std::string read_line(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';)
    line += c;
  return line;
}
void write_line(int fd, const std::string& line) {
  const auto text = line + "\n";
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail("the other process is gone");
}

/// A stream of datagrams on an absolute schedule, some each millisecond.
void send_load(const std::stop_token& stop, const std::string& to, std::uint16_t port,
               std::uint64_t bits_per_second) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto target = address_of(to, port);
  const std::string datagram(1400, 'x');
  const peernet::clock clock;
  double owed = 0;
  for (auto next = clock.now(); !stop.stop_requested(); next += 1ms) {
    clock.sleep_until(next);
    owed += static_cast<double>(bits_per_second) / 8 / 1000 / static_cast<double>(datagram.size());
    for (; owed >= 1; --owed)
      (void)::sendto(fd, datagram.data(), datagram.size(), MSG_DONTWAIT,
                     reinterpret_cast<const sockaddr*>(&target), sizeof target);
  }
  ::close(fd);
}

pid_t start_irtt_server(const std::string& host) {
  const auto where = fmt::format("{}:{}", host, irtt_port);
  const auto pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)std::freopen("/dev/null", "w", stdout);
    ::execlp("irtt", "irtt", "server", "-b", where.c_str(), "-i", "0", nullptr);
    ::_exit(127);
  }
  return pid;
}

/// The other process: answers probes with a false clock and does what it is told.
[[noreturn]] void be_the_other(int commands, int answers, const std::string& here,
                               const std::string& other, const std::string& secret) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto origin = peernet::clock::machine_now();
  const peernet::clock clock(planted, origin);
  const auto service = must(probe_service::start({.clock = &clock, .node = 1, .secret = secret},
                                                 {{.name = "", .address = here}}));
  write_line(answers, std::to_string(service->points().front().port));
  write_line(answers, std::to_string(to_ns(origin)));
  std::jthread load;
  pid_t irtt = -1;
  for (;;) {
    const auto line = read_line(commands);
    const auto value = line.size() > 1 ? std::stoull(line.substr(1)) : 0;
    switch (line.empty() ? 'q' : line[0]) {
    case 'l': // port and rate in one number
      load =
          std::jthread(send_load, other, static_cast<std::uint16_t>(value & 0xFFFF), value >> 16);
      break;
    case 'e':
      load = {};
      break;
    case 'c':
      write_line(answers, std::to_string(service->counters().bytes_sent.load()));
      write_line(answers, std::to_string(to_ns(service->cpu_time())));
      break;
    case 'i':
      irtt = start_irtt_server(here);
      break;
    case 'k':
      ::kill(irtt, SIGTERM);
      ::waitpid(irtt, nullptr, 0);
      break;
    default:
      ::_exit(0);
    }
  }
}

} // namespace

probed_path::probed_path(std::string here, std::string there, const std::string& other_namespace)
    : here_(std::move(here)), there_(std::move(there)), secret_(must(make_run_secret())) {
  int commands[2], answers[2];
  if (::pipe2(commands, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0)
    fail("no pipes");
  other_ = ::fork();
  if (other_ == 0) {
    if (!other_namespace.empty())
      enter_namespace(other_namespace);
    be_the_other(commands[0], answers[1], there_, here_, secret_);
  }
  ::close(commands[0]);
  ::close(answers[1]);
  to_other_ = commands[1];
  from_other_ = answers[0];
  const auto port = static_cast<std::uint16_t>(std::stoul(read_line(from_other_)));
  remote_ =
      std::make_unique<peernet::clock>(planted, stamp_from_ns(std::stoll(read_line(from_other_))));
  service_ = must(
      probe_service::start({.clock = &own_, .secret = secret_}, {{.name = "", .address = here_}}));
  if (auto done = service_->set_targets(
          0, {{.at = {.node = 1, .network = "", .address = there_, .port = port}, .clock = 1}});
      !done)
    fail(done.error().message);
}

probed_path::~probed_path() {
  stop_load();
  write_line(to_other_, "q");
  ::waitpid(other_, nullptr, 0);
  ::close(to_other_);
  ::close(from_other_);
  if (!removed_with_it_.empty())
    run(removed_with_it_);
}

std::unique_ptr<probed_path> probed_path::between_namespaces() {
  const auto a = fmt::format("peernet-bench-{}-a", ::getpid());
  const auto b = fmt::format("peernet-bench-{}-b", ::getpid());
  const auto remove = fmt::format("ip netns del {}; ip netns del {}", a, b);
  const auto made =
      run("ip netns add " + a) && run("ip netns add " + b) &&
      run(fmt::format("ip -n {} link add v0 type veth peer name v0 netns {}", a, b)) &&
      run(fmt::format("ip -n {} addr add 10.213.7.1/24 dev v0", a)) &&
      run(fmt::format("ip -n {} addr add 10.213.7.2/24 dev v0", b)) &&
      run(fmt::format("ip -n {} link set v0 up", a)) &&
      run(fmt::format("ip -n {} link set v0 up", b)) &&
      run(fmt::format("ip -n {} link set lo up", a)) &&
      run(fmt::format("ip -n {} link set lo up", b));
  if (!made) {
    run(remove);
    return nullptr;
  }
  enter_namespace(a);
  std::unique_ptr<probed_path> path(new probed_path("10.213.7.1", "10.213.7.2", b));
  path->removed_with_it_ = remove;
  return path;
}

void probed_path::burst(probe_phase phase) {
  std::mutex mutex;
  std::condition_variable over;
  bool done = false;
  service_->burst(40, 2ms, phase, [&] {
    const std::lock_guard lock(mutex);
    done = true;
    over.notify_all();
  });
  std::unique_lock lock(mutex);
  over.wait(lock, [&] { return done; });
}

probed_path::observation probed_path::probe_for(duration length) {
  const auto cost = [&] {
    write_line(to_other_, "c");
    const auto bytes = std::stoull(read_line(from_other_));
    const duration cpu{std::stoll(read_line(from_other_))};
    return std::pair{bytes + service_->counters().bytes_sent.load(), cpu + service_->cpu_time()};
  };
  observation seen;
  const auto before = cost();
  burst(probe_phase::before);
  seen.begin = peernet::clock::machine_now();
  service_->steady(50ms);
  own_.sleep_until(seen.begin + length);
  seen.end = peernet::clock::machine_now();
  burst(probe_phase::after);
  service_->rest();
  const auto after = cost();
  seen.probes = service_->take();
  seen.bytes_sent = after.first - before.first;
  seen.cpu = after.second - before.second;
  return seen;
}

void probed_path::start_load(std::uint64_t bits_per_second) {
  drain_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  auto where = address_of(here_, 0);
  socklen_t size = sizeof where;
  if (::bind(drain_, reinterpret_cast<sockaddr*>(&where), size) != 0 ||
      ::getsockname(drain_, reinterpret_cast<sockaddr*>(&where), &size) != 0)
    fail("no socket for the load");
  draining_ = std::jthread([fd = drain_](const std::stop_token& stop) {
    std::string datagram(2048, '\0');
    while (!stop.stop_requested()) {
      pollfd readable{fd, POLLIN, 0};
      if (::poll(&readable, 1, 50) > 0)
        (void)::recv(fd, datagram.data(), datagram.size(), MSG_DONTWAIT);
    }
  });
  write_line(to_other_, fmt::format("l{}", bits_per_second << 16 | ntohs(where.sin_port)));
}

void probed_path::stop_load() {
  if (drain_ < 0)
    return;
  write_line(to_other_, "e");
  draining_ = {};
  ::close(std::exchange(drain_, -1));
}

void probed_path::run_irtt(int seconds) {
  if (!run("command -v irtt")) {
    std::puts("irtt: not installed (Debian package irtt)");
    return;
  }
  write_line(to_other_, "i");
  std::fflush(stdout);
  (void)std::system(
      fmt::format(
          "for i in 1 2 3 4 5; do irtt client -q -i 20ms -d {0}s -l 60 {1}:{2} 2>&1 >irtt.$$ && "
          "break; sleep 0.2; done; grep -E 'Min|RTT|delay' irtt.$$; rm -f irtt.$$",
          seconds, there_, irtt_port)
          .c_str());
  write_line(to_other_, "k");
}

} // namespace peernet
