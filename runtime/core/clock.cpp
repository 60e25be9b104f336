// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fstream>
#include <unistd.h>

namespace peernet {

namespace {

std::string first_line_of(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The inode behind /proc/self/ns/time: containers may run with a shifted CLOCK_MONOTONIC.
std::string time_namespace() {
  char text[64];
  const auto n = ::readlink("/proc/self/ns/time", text, sizeof text);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "time:[unknown]";
}

} // namespace

clock::clock(clock_error error) : clock(error, machine_now()) {}

clock::clock(clock_error error, stamp origin)
    : error_(error),
      origin_(origin),
      errs_(!error.none()),
      step_moment_(error.step ? std::make_shared<std::atomic<stamp>>(stamp::max()) : nullptr) {
  assert(!error.wander || error.wander->steepest() < clock_wander::steepest_allowed);
}

void clock::run_begins(stamp machine) const noexcept {
  auto unknown = stamp::max();
  if (step_moment_)
    step_moment_->compare_exchange_strong(unknown, machine + error_.step->at,
                                          std::memory_order_relaxed);
}

stamp clock::without_step(stamp machine) const noexcept {
  const auto elapsed = machine - origin_;
  auto ahead = static_cast<double>(elapsed.count()) * error_.drift_ppm * 1e-6;
  if (const auto& w = error_.wander)
    ahead += static_cast<double>(w->amplitude.count()) *
             std::sin(2 * std::numbers::pi * static_cast<double>((elapsed % w->period).count()) /
                      static_cast<double>(w->period.count()));
  return machine + error_.offset + duration{std::llround(ahead)};
}

/// The first machine's time at which `without_step` is `t` or more.
stamp clock::before_step(stamp t) const noexcept {
  constexpr duration tick{1};
  const auto rate = 1 + error_.drift_ppm * 1e-6;
  auto machine = t - error_.offset;
  // A round leaves at most a ninth of what is missing, as only the wander is unaccounted for; so
  // many rounds are enough for all of time.
  for (int round = 0; round < 24; ++round) {
    const auto missing = t - without_step(machine);
    if (-tick <= missing && missing <= tick)
      break;
    machine += duration{std::llround(static_cast<double>(missing.count()) / rate)};
  }
  while (without_step(machine) < t)
    machine += tick;
  while (without_step(machine - tick) >= t)
    machine -= tick;
  return machine;
}

stamp clock::behind_step(stamp t) const noexcept {
  return before_step(t - error_.step->by);
}

stamp clock::from_machine(stamp machine) const noexcept {
  if (!errs_)
    return machine;
  const auto shown = without_step(machine);
  return stepped(machine) ? shown + error_.step->by : shown;
}

stamp clock::to_machine(stamp t) const noexcept {
  if (!errs_)
    return t;
  const auto first = before_step(t);
  return stepped(first) ? std::max(step_moment_->load(std::memory_order_relaxed), behind_step(t))
                        : first;
}

stamp clock::to_machine(stamp t, stamp now) const noexcept {
  if (from_machine(now) >= t)
    return now;
  return stepped(now) ? behind_step(t) : to_machine(t);
}

void clock::sleep_until(stamp t) const noexcept {
  // Over again, as signals end a sleep, and the run may begin during one.
  for (auto now = machine_now(); from_machine(now) < t; now = machine_now()) {
    const auto ns = to_ns(to_machine(t, now));
    const timespec until{static_cast<time_t>(ns / 1'000'000'000),
                         static_cast<long>(ns % 1'000'000'000)};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
  }
}

std::string clock::domain() const {
  auto name = first_line_of("/proc/sys/kernel/random/boot_id") + "/" + time_namespace();
  if (!error_.none())
    name += "/test-" + std::to_string(::getpid()) + "-" + std::to_string(to_ns(origin_));
  return name;
}

std::int64_t wall_clock_ns() noexcept {
  timespec ts;
  ::clock_gettime(CLOCK_REALTIME, &ts);
  return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

std::string utc_compact(std::int64_t wall_ns) {
  const auto seconds = static_cast<time_t>(wall_ns / 1'000'000'000);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const auto n = std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return {text, n};
}

} // namespace peernet
