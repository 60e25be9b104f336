// SPDX-License-Identifier: MIT
#include "actors/remote/gatekeeper.hpp"

#include "actors/remote/ready.hpp"
#include "runtime/core/thread.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace peernet {

namespace {

/// Without descriptors nobody can be accepted, and nobody told so: come again after this.
constexpr duration starving_pause = std::chrono::milliseconds{100};
/// At most so many are accepted before handshakes go on, so that a flood does not starve those.
constexpr int accepted_in_a_row = 16;

} // namespace

struct gatekeeper::inside {
  struct guest {
    secure_stream stream;
    stamp deadline;
    short events = POLLIN;
  };

  settings set;
  gate_counters& counters;
  int listener;
  int waker;
  std::deque<guest> guests = {}; ///< the oldest first: deadlines in order
  stamp accept_again{};
  std::jthread thread = {};

  inside(settings s, gate_counters& c, int l, int w)
      : set(std::move(s)), counters(c), listener(l), waker(w) {}
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;
  ~inside() {
    thread.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(waker, &one, sizeof one);
    if (thread.joinable())
      thread.join();
    ::close(listener);
    ::close(waker);
  }

  void run(const std::stop_token& stop);
  void go_on(const std::vector<pollfd>& polled, std::size_t first);
  bool goes_on(guest& g);
  void accept_some();
  void welcome_in(int fd);
};

void gatekeeper::inside::run(const std::stop_token& stop) {
  std::vector<pollfd> polled;
  while (!stop.stop_requested()) {
    const auto now = clock::machine_now();
    while (!guests.empty() && guests.front().deadline <= now) {
      ++counters.too_slow;
      guests.pop_front();
    }
    const bool accepts = now >= accept_again;
    polled = {{waker, POLLIN, 0}, {accepts ? listener : -1, POLLIN, 0}};
    for (const auto& g : guests)
      polled.push_back({g.stream.fd(), g.events, 0});
    auto until = accepts ? stamp::max() : accept_again;
    if (!guests.empty())
      until = std::min(until, guests.front().deadline);
    const auto left = time_left(until);
    if (::ppoll(polled.data(), polled.size(), until == stamp::max() ? nullptr : &left, nullptr) <=
        0)
      continue; // a deadline, or a signal
    go_on(polled, 2);
    if (polled[1].revents != 0)
      accept_some();
  }
}

/// Handshakes whose descriptors have something new.
void gatekeeper::inside::go_on(const std::vector<pollfd>& polled, std::size_t first) {
  std::deque<guest> stay;
  for (auto& g : guests)
    if (polled[first++].revents == 0 || goes_on(g))
      stay.push_back(std::move(g));
  guests = std::move(stay);
}

/// False: it has ended, one way or the other.
bool gatekeeper::inside::goes_on(guest& g) {
  switch (g.stream.handshake()) {
  case stream_status::done:
    ++counters.admitted;
    set.on_peer(std::move(g.stream));
    return false;
  case stream_status::closed:
    ++counters.rejected;
    return false;
  case stream_status::wants_read:
    g.events = POLLIN;
    return true;
  case stream_status::wants_write:
    g.events = POLLOUT;
    return true;
  }
  return false;
}

void gatekeeper::inside::accept_some() {
  for (int i = 0; i < accepted_in_a_row; ++i) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      welcome_in(fd);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      ++counters.starved;
      accept_again = clock::machine_now() + starving_pause;
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      return;
    // Anything else concerns that one connection.
  }
}

void gatekeeper::inside::welcome_in(int fd) {
  ++counters.accepted;
  auto stream = secure_stream::over(fd, set.security, stream_side::server);
  if (!stream) {
    ++counters.rejected;
    return;
  }
  guest g{*std::move(stream), clock::machine_now() + set.patience};
  if (!goes_on(g))
    return;
  // Those who say nothing must not keep out those who would.
  if (!guests.empty() && guests.size() >= set.most) {
    ++counters.crowded_out;
    guests.pop_front();
  }
  guests.push_back(std::move(g));
}

result<std::unique_ptr<gatekeeper>> gatekeeper::open(settings s) {
  const auto listener = listen_at(s.address, s.port);
  if (!listener)
    return listener.error();
  const int waker = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (waker < 0 || ::fcntl(*listener, F_SETFL, O_NONBLOCK) != 0) {
    const auto why = errno;
    ::close(*listener);
    if (waker >= 0)
      ::close(waker);
    return error{errc::io, "cannot listen at " + s.address + ": " + std::strerror(why)};
  }
  std::unique_ptr<gatekeeper> gate(new gatekeeper);
  gate->at_ = local_end(*listener);
  gate->in_ = std::make_unique<inside>(std::move(s), gate->counters_, *listener, waker);
  gate->in_->thread =
      start_thread("gate", [in = gate->in_.get()](const std::stop_token& stop) { in->run(stop); });
  return gate;
}

gatekeeper::~gatekeeper() = default;

} // namespace peernet
