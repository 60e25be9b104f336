// SPDX-License-Identifier: MIT
#include "actors/engine/closed_loop.hpp"

#include "runtime/core/thread.hpp"

#include <algorithm>

namespace peernet {

namespace {

/// A sensor that fails at once must not fill the run with failures at full speed.
constexpr duration pause_after_failure = std::chrono::milliseconds{10};

/// A sample that is lost at once must not be followed by the next at once: the loop would turn as
/// fast as the machine can drop. Its place stays empty for so long from the moment it was fired,
/// and of many such places one is filled each `between_refills`.
constexpr duration pause_after_loss = std::chrono::milliseconds{1};
constexpr duration between_refills = std::chrono::microseconds{100};

/// How many routes begin with `r`, itself included.
std::size_t routes_from(const plan& whole, route_id r) {
  const auto& route = whole.routes[r];
  const auto below = whole.instances[route.instance].routes_below;
  return whole.places[route.place].kind == plan_place::kind::link ? below + 1u : below;
}

} // namespace

closed_loop::closed_loop(sensor_source& source, const sensor_config& config, const plan& whole)
    : source_(source),
      name_(config.name),
      timeout_(config.timeout),
      plan_(whole),
      root_(whole.sensor_routes[source.number()]),
      flights_(config.in_flight) {
  const auto size = routes_from(whole, root_);
  for (std::size_t i = 0; i < size; ++i)
    sinks_below_.push_back(whole.places[whole.routes[root_ + i].place].kind ==
                           plan_place::kind::sink);
  for (auto& f : flights_)
    f.open.resize(size);
}

void closed_loop::start(const run_window& window) {
  for (auto& f : flights_)
    f.intended = window.start;
  thread_ = start_thread("sense " + name_,
                         [this, window](const std::stop_token& stop) { run(window, stop); });
}

void closed_loop::request_stop() {
  thread_.request_stop();
  source_.cancel();
  woken_.notify_all();
}

void closed_loop::stop() {
  closed_loop::request_stop();
  if (thread_.joinable())
    thread_.join();
}

void closed_loop::notice(const end_notice& n) noexcept {
  {
    const std::lock_guard lock(mutex_);
    const auto f = std::ranges::find_if(flights_, [&](const flight& x) {
      return x.now == flight::state::flying && x.seq == n.trace.seq();
    });
    if (f == flights_.end())
      return; // it expired before
    const auto first = n.route - root_;
    for (auto i = first; i < first + routes_from(plan_, n.route); ++i) {
      f->open_count -= f->open[i];
      f->open[i] = 0;
    }
    if (f->open_count > 0)
      return;
    f->now = flight::state::ended;
    f->last = n;
  }
  woken_.notify_one();
}

/// A flight that is over: says how, and when the next may fire.
void closed_loop::settle(flight& f, stamp now, const run_window& window, recorder& by) {
  const auto h = source_.header(f.seq, f.intended, window);
  const auto noticed = f.now == flight::state::ended;
  if (noticed)
    by.span_from(h, source_.who().copy, step::notice, f.last.node, f.last.clock, f.last.when, now);
  else
    by.fate(h, source_.who().copy, outcome::expired, now);
  f.now = flight::state::free;
  if (noticed && !f.last.lost) {
    f.intended = now;
    return;
  }
  f.intended = std::max({now, f.intended + pause_after_loss, next_refill_});
  next_refill_ = f.intended + between_refills;
}

/// Fires one sample. False: the sensor has no more.
bool closed_loop::launch(flight& f, const run_window& window, recorder& by) {
  {
    const std::lock_guard lock(mutex_); // before firing: the end may be known before fire() returns
    f.now = flight::state::flying;
    f.seq = next_seq_;
    f.open = sinks_below_;
    f.open_count = static_cast<std::size_t>(std::ranges::count(f.open, 1));
  }
  const auto fired = source_.fire(next_seq_, f.intended, window, by);
  if (fired != sensor_source::fired::sent) {
    const std::lock_guard lock(mutex_);
    f.now = flight::state::free;
    f.intended = source_.context().clock->now() + pause_after_failure;
  }
  if (fired == sensor_source::fired::at_end)
    return false;
  ++next_seq_;
  return true;
}

void closed_loop::run(const run_window& window, const std::stop_token& stop) {
  const auto& context = source_.context();
  const auto& clock = *context.clock;
  auto& by = context.records->add(context.node, context.clock_number);
  bool fires = sleep_until(clock, window.start, stop);
  while (!stop.stop_requested() && clock.now() < window.end) {
    fires = fires && next_seq_ < window.samples;
    bool flying = false;
    flight* ready = nullptr;
    {
      std::unique_lock lock(mutex_);
      const auto now = clock.now();
      auto wake = std::min(window.end, now + std::chrono::milliseconds{50});
      for (auto& f : flights_) {
        if (f.now == flight::state::ended ||
            (f.now == flight::state::flying && f.intended + timeout_ <= now))
          settle(f, now, window, by);
        const bool free = f.now == flight::state::free;
        flying = flying || !free;
        if (free && !fires)
          continue;
        if (free && f.intended <= now) { // of several that are due, the one that is longest
          ready = ready && ready->intended <= f.intended ? ready : &f;
          continue;
        }
        wake = std::min(wake, free ? f.intended : f.intended + timeout_);
      }
      if (!fires && !flying)
        break; // not before: the last samples are noticed, or expire, as all others
      if (!ready) {
        const std::chrono::steady_clock::time_point until{
            clock.to_machine(wake).time_since_epoch()};
        woken_.wait_until(lock, until);
      }
    }
    if (ready)
      fires = launch(*ready, window, by);
  }
  finished_.store(true, std::memory_order_release);
}

} // namespace peernet
