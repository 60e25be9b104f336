// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"

#include <cerrno>
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

clock::clock(clock_error error) noexcept : error_(error), origin_(machine_now()) {}

stamp clock::from_machine(stamp machine) const noexcept {
  if (error_.none())
    return machine;
  const auto elapsed = static_cast<double>((machine - origin_).count());
  return machine + error_.offset + duration{std::llround(elapsed * error_.drift_ppm * 1e-6)};
}

stamp clock::to_machine(stamp t) const noexcept {
  if (error_.none())
    return t;
  const auto elapsed = static_cast<double>((t - error_.offset - origin_).count());
  return origin_ + duration{std::llround(elapsed / (1 + error_.drift_ppm * 1e-6))};
}

void clock::sleep_until(stamp t) const noexcept {
  const auto ns = to_ns(to_machine(t));
  const timespec until{static_cast<time_t>(ns / 1'000'000'000),
                       static_cast<long>(ns % 1'000'000'000)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
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
