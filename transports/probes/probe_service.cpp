// SPDX-License-Identifier: MIT
#include "transports/probes/probe_service.hpp"

#include "runtime/core/thread.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getentropy(&number, sizeof number) != 0)
    number = static_cast<std::uint64_t>(to_ns(clock::machine_now())); // differs, that is enough
  return number;
}

std::string about(const probe_point& p) {
  return "node " + std::to_string(p.node) +
         (p.network.empty() ? " on the default network" : " on network \"" + p.network + "\"");
}

} // namespace

result<std::unique_ptr<probe_service>>
probe_service::start(settings s, const std::vector<probe_network>& networks) {
  const int waker = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (waker < 0)
    return error{errc::io, std::string("cannot start clock probes: ") + std::strerror(errno)};
  std::unique_ptr<probe_service> service(new probe_service(std::move(s), waker));
  for (const auto& n : networks) {
    probe_point point{.node = service->settings_.node, .network = n.name};
    auto socket = first_free(
        n.ports, [&](std::uint16_t port) { return probe_socket::bind(n.address, port); });
    if (!socket)
      return error{socket.error().code, about(point) + ": " + socket.error().message};
    point.address = socket->where().host();
    point.port = socket->where().port();
    service->points_.push_back(std::move(point));
    service->polled_.push_back({socket->descriptor(), POLLIN, 0});
    service->sockets_.push_back(*std::move(socket));
  }
  service->polled_.push_back({waker, POLLIN, 0});
  service->thread_ = start_thread(
      "clock probes", [own = service.get()](const std::stop_token& stop) { own->run(stop); });
  return service;
}

probe_service::probe_service(settings s, int waker)
    : settings_(std::move(s)),
      wire_(settings_.secret),
      waker_(waker),
      arrivals_(read_wall()),
      pending_(random_number()),
      random_(random_source::named(settings_.seed, "clock probes", settings_.node)) {
  exchanges_.reserve(settings_.kept);
  disciplines_.reserve(most_disciplines);
}

probe_service::~probe_service() {
  thread_.request_stop();
  poke();
  if (thread_.joinable())
    thread_.join();
  ::close(waker_);
}

void probe_service::poke() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(waker_, &one, sizeof one); // full: it is awake anyway
}

result<void> probe_service::set_targets(clock_id own, const std::vector<probe_target>& targets) {
  std::vector<std::pair<std::size_t, udp_address>> ways; // as targets
  for (const auto& t : targets) {
    const auto from = std::find_if(points_.begin(), points_.end(), [&](const auto& p) {
      return p.network == t.via.value_or(t.at.network);
    });
    if (from == points_.end())
      return error{errc::bad_scenario, "cannot probe the clock of " + about(t.at) + ": node " +
                                           std::to_string(settings_.node) +
                                           " has no address there; give it one"};
    const auto socket = static_cast<std::size_t>(from - points_.begin());
    auto address = udp_address::resolve(t.at.address, t.at.port, sockets_[socket].where().family());
    if (!address)
      return error{address.error().code,
                   "cannot probe the clock of " + about(t.at) + ": " + address.error().message +
                       " (towards it, this node has the address " + from->address + ")"};
    ways.emplace_back(socket, *address);
  }
  {
    const std::lock_guard lock(mutex_);
    own_ = own;
    targets_.clear();
    const auto now = clock::machine_now();
    for (std::size_t i = 0; i < targets.size(); ++i) {
      auto t = std::find_if(known_.begin(), known_.end(), [&](const target& k) {
        return k.who == targets[i] && k.address == ways[i].second;
      });
      if (t == known_.end()) {
        known_.emplace_back(target{targets[i], ways[i].first, ways[i].second});
        t = std::prev(known_.end());
      }
      if (interval_)
        t->due = now + from_seconds(random_.uniform() * to_seconds(*interval_));
      targets_.push_back(&*t);
    }
  }
  poke();
  return {};
}

void probe_service::burst(int exchanges, duration spacing, probe_phase phase,
                          std::function<void()> on_done) {
  {
    const std::lock_guard lock(mutex_);
    rest_locked();
    const auto targets = static_cast<std::int64_t>(targets_.size());
    burst_ =
        running_burst{.number = ++bursts_,
                      .targets = targets_,
                      .total = targets_.size() * static_cast<std::uint64_t>(std::max(0, exchanges)),
                      .gap = spacing / std::max<std::int64_t>(1, targets),
                      .phase = phase,
                      .on_done = std::move(on_done),
                      .due = clock::machine_now()};
  }
  poke();
}

void probe_service::steady(duration interval) {
  {
    const std::lock_guard lock(mutex_);
    rest_locked();
    interval_ = interval;
    const auto now = clock::machine_now();
    discipline_due_ = now;
    for (auto* t : targets_)
      t->due = now + from_seconds(random_.uniform() * to_seconds(interval));
  }
  poke();
}

void probe_service::rest() {
  {
    const std::lock_guard lock(mutex_);
    rest_locked();
  }
  poke();
}

std::vector<probe> probe_service::take() {
  std::vector<exchange> taken;
  taken.reserve(settings_.kept); // here, so that the service's thread never has to
  {
    const std::lock_guard lock(mutex_);
    taken.swap(exchanges_);
  }
  std::vector<probe> probes;
  probes.reserve(taken.size());
  for (const auto& e : taken)
    probes.push_back({.local = e.local,
                      .remote = e.with->who.clock,
                      .asker = settings_.node,
                      .answerer = e.with->who.at.node,
                      .t1 = e.t1,
                      .t2 = e.t2,
                      .t3 = e.t3,
                      .t4 = e.t4,
                      .phase = e.phase,
                      .network = e.with->who.at.network,
                      .method = std::string(by_udp)});
  return probes;
}

std::vector<clock_discipline> probe_service::take_disciplines() {
  std::vector<clock_discipline> taken;
  taken.reserve(most_disciplines);
  const std::lock_guard lock(mutex_);
  taken.swap(disciplines_);
  return taken;
}

std::vector<probe_service::target_report> probe_service::report() const {
  const std::lock_guard lock(mutex_);
  std::vector<target_report> all;
  for (const auto* t : targets_)
    all.push_back({t->who, t->asked, t->answered, t->last_answer});
  return all;
}

duration probe_service::cpu_time() noexcept {
  clockid_t id;
  timespec ts{};
  if (::pthread_getcpuclockid(thread_.native_handle(), &id) == 0)
    ::clock_gettime(id, &ts);
  return std::chrono::seconds(ts.tv_sec) + duration(ts.tv_nsec);
}

/// Whatever was going on ends here.
void probe_service::rest_locked() {
  interval_.reset();
  if (!burst_)
    return;
  if (burst_->on_done)
    ended_.push_back(std::move(burst_->on_done));
  burst_.reset();
}

} // namespace peernet
