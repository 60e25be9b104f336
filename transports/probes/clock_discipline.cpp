// SPDX-License-Identifier: MIT
#include "transports/probes/clock_discipline.hpp"

#include "transports/arrival_clock.hpp"

#include <sys/timex.h>
#include <unistd.h>

namespace peernet {

namespace {

constexpr std::int64_t ns_per_us = 1000;
/// timex::freq counts 2^-16 ppm.
constexpr std::int64_t freq_per_ppm = 1 << 16;
constexpr std::int64_t ppb_per_ppm = 1000;

/// timex::tick is the length of a tick, µs; a second has as many ticks as USER_HZ says.
std::int64_t tick_ppb(std::int64_t tick_us) {
  const std::int64_t per_second = ::sysconf(_SC_CLK_TCK);
  return (tick_us * per_second - 1'000'000) * ppb_per_ppm;
}

} // namespace

kernel_clock this_kernel() {
  return [](timex& t) { return ::adjtimex(&t); };
}

std::optional<clock_discipline> read_discipline(const clock& c, const kernel_clock& kernel) {
  timex t{};
  const auto state = kernel(t);
  if (state < 0)
    return std::nullopt;
  const auto r = read_wall();
  clock_discipline d;
  d.time_ns = to_ns(c.from_machine(r.before + r.width() / 2));
  d.wall_ns = r.wall_ns;
  d.synchronised = state != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
  d.max_error_ns = t.maxerror * ns_per_us + (to_ns(r.width()) + 1) / 2;
  d.estimated_error_ns = t.esterror * ns_per_us;
  d.rate_ppb = t.freq * ppb_per_ppm / freq_per_ppm + tick_ppb(t.tick);
  return d;
}

} // namespace peernet
