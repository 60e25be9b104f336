// SPDX-License-Identifier: MIT
// The half of the service that runs on its thread: asks when it is time, answers, takes answers.
#include "transports/probes/probe_service.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <unistd.h>

namespace peernet {

namespace {

/// Datagrams taken from one socket before everything else has its turn: a flood cannot keep the
/// thread from asking.
constexpr int drained_at_once = 64;

constexpr stamp never = stamp::max();

/// What the thread sends to itself before a request.
constexpr std::array<std::byte, 1> warming{};

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.fetch_add(by, std::memory_order_relaxed);
}

} // namespace

void probe_service::run(const std::stop_token& stop) {
  std::vector<std::function<void()>> ended;
  while (!stop.stop_requested()) {
    stamp wake;
    {
      const std::lock_guard lock(mutex_);
      wake = ask_due(clock::machine_now());
      ended.swap(ended_);
    }
    if (!ended.empty()) {
      for (const auto& tell : ended)
        tell();
      ended.clear();
      continue; // they may have begun something
    }
    wait_until(wake);
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      if (polled_[i].revents != 0)
        drain(i);
  }
}

void probe_service::wait_until(stamp when) noexcept {
  timespec left{};
  if (when != never) {
    const auto ns = std::max<std::int64_t>(0, to_ns(when - clock::machine_now()));
    left = {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  }
  if (::ppoll(polled_.data(), polled_.size(), when == never ? nullptr : &left, nullptr) < 0)
    for (auto& p : polled_)
      p.revents = 0; // a signal
  if (polled_.back().revents != 0) {
    std::uint64_t pokes;
    [[maybe_unused]] const auto n = ::read(waker_, &pokes, sizeof pokes);
  }
}

// -- asking ------------------------------------------------------------------------------------

/// Asks whom it is time to ask; returns when the next one is.
stamp probe_service::ask_due(stamp now) {
  if (burst_)
    return ask_burst(now);
  if (interval_)
    return ask_steady(now);
  return never;
}

stamp probe_service::ask_burst(stamp now) {
  auto& b = *burst_;
  if (b.sent < b.total && b.due <= now) {
    ask(*b.targets[b.sent % b.targets.size()], b.number, b.phase);
    ++b.sent;
    // No catching up after a delay: requests close behind each other queue behind each other.
    b.due = clock::machine_now() + (b.sent < b.total ? b.gap : patience);
  }
  if (b.sent < b.total || (b.awaited > 0 && now < b.due))
    return b.due;
  look_at_kernel();
  rest_locked();
  return never;
}

stamp probe_service::ask_steady(stamp now) {
  if (now >= discipline_due_) {
    look_at_kernel();
    discipline_due_ = now + discipline_interval;
  }
  auto wake = discipline_due_;
  for (auto* t : targets_) {
    if (t->due <= now) {
      t->second_awaits = ask(*t, 0, probe_phase::during);
      // From the request that left, not from the one that should have: never more than was agreed.
      // Two requests belong together, so that they have twice the time.
      t->due = clock::machine_now() +
               from_seconds((0.5 + random_.uniform()) * 2 * to_seconds(*interval_));
    }
    wake = std::min(wake, t->due);
  }
  return wake;
}

std::uint64_t probe_service::ask(target& to, std::uint64_t burst, probe_phase phase) noexcept {
  auto& request = pending_.add(to, burst, phase);
  probe_datagram d{.kind = probe_kind::request,
                   .asker = settings_.node,
                   .answerer = to.who.at.node,
                   .sequence = request.sequence};
  wire_.seal(d);
  ++to.asked;
  count(counters_.asked);
  auto& socket = sockets_[to.socket];
  // The thread has slept, and the way through the kernel is out of the CPU's caches: between t1 and
  // the network would lie 25 µs instead of 1, all on one side of the exchange. A byte to our own
  // address goes most of that way and never leaves the machine.
  socket.send(warming, socket.where());
  // Directly before the call: early is the safe side for t1. The node's clock is derived from it
  // afterwards, while the datagram is on its way.
  request.sent = clock::machine_now();
  const bool sent = socket.send(std::as_bytes(std::span{&d, 1}), to.address);
  request.t1 = to_ns(settings_.clock->from_machine(request.sent));
  if (!sent) {
    count(counters_.refused);
    pending::close(request);
    return d.sequence;
  }
  count(counters_.bytes_sent, sizeof d + to.address.header_bytes());
  if (burst_ && burst == burst_->number)
    ++burst_->awaited;
  return d.sequence;
}

void probe_service::look_at_kernel() {
  auto seen = read_discipline(*settings_.clock, settings_.kernel);
  if (!seen)
    return;
  seen->clock = own_;
  seen->node = settings_.node;
  if (disciplines_.size() < most_disciplines)
    disciplines_.push_back(*seen);
  else
    count(counters_.overflowed);
}

// -- receiving ---------------------------------------------------------------------------------

void probe_service::drain(std::size_t socket) noexcept {
  std::array<std::byte, sizeof(probe_datagram)> bytes;
  for (int i = 0; i < drained_at_once; ++i) {
    const auto got = sockets_[socket].receive(bytes);
    if (!got)
      return;
    if (got->size == warming.size() && got->from == sockets_[socket].where())
      continue;
    const auto arrived = arrivals_.arrival_of(got->wall_ns, read_wall());
    const auto d = got->size == bytes.size() ? wire_.open(bytes) : std::nullopt;
    const bool request = d && d->kind == probe_kind::request;
    if (!d || (request ? d->answerer : d->asker) != settings_.node) {
      count(counters_.foreign);
      continue;
    }
    if (!arrived.by_kernel)
      count(counters_.own_stamps);
    if (request)
      answer(*d, socket, got->from, arrived.at);
    else
      accept(*d, socket, got->from, arrived.at);
  }
}

void probe_service::answer(probe_datagram d, std::size_t socket, const udp_address& from,
                           stamp arrived) noexcept {
  d.kind = probe_kind::reply;
  d.t2 = to_ns(settings_.clock->from_machine(arrived));
  count(counters_.answered); // before anybody can have the answer
  // As late as can be: only the mac, 50 ns, lies between t3 and the call that sends. Early is the
  // safe side for t3.
  d.t3 = to_ns(settings_.clock->now());
  wire_.seal(d);
  if (sockets_[socket].send(std::as_bytes(std::span{&d, 1}), from))
    count(counters_.bytes_sent, sizeof d + from.header_bytes());
  else
    count(counters_.refused);
}

void probe_service::accept(const probe_datagram& d, std::size_t socket, const udp_address& from,
                           stamp arrived) noexcept {
  auto* request = pending_.find(d.sequence);
  if (!request || request->to->who.at.node != d.answerer || request->to->socket != socket ||
      !(request->to->address == from)) {
    count(counters_.unexpected);
    return;
  }
  auto& from_target = *request->to;
  pending::close(*request);
  if (arrived - request->sent > oldest) {
    count(counters_.late);
    return;
  }
  const auto t4 = settings_.clock->from_machine(arrived);
  count(counters_.completed);
  const std::lock_guard lock(mutex_);
  ++from_target.answered;
  from_target.last_answer = t4;
  if (burst_ && request->burst == burst_->number)
    --burst_->awaited;
  if (exchanges_.size() < settings_.kept)
    exchanges_.push_back({&from_target, own_, request->phase, request->t1, d.t2, d.t3, to_ns(t4)});
  else
    count(counters_.overflowed);
  // Both machines and the way between are awake now: at once again, for a quicker exchange.
  if (interval_ && from_target.second_awaits == d.sequence) {
    from_target.second_awaits.reset();
    ask(from_target, 0, probe_phase::during);
  }
}

} // namespace peernet
