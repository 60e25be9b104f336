// SPDX-License-Identifier: MIT
#include "tools/peernet-run/progress_line.hpp"

#include "runtime/core/units.hpp"

#include <fmt/format.h>

#include <utility>

namespace peernet {

namespace {

std::string text_of(const run_progress& p) {
  if (p.elapsed <= duration{0})
    return p.step + " …";
  const auto& f = p.figures;
  auto line = fmt::format("{} {:.1f} s: {:.0f}/s delivered{}, {} in flight", p.step,
                          to_seconds(p.elapsed), f.delivered_per_second,
                          f.sinks > 1 ? fmt::format(" at {} sinks", f.sinks) : "", f.in_flight);
  if (f.p50)
    line += fmt::format(", end to end p50 {}", show_duration(*f.p50));
  if (f.p99)
    line += fmt::format(" p99 {}", show_duration(*f.p99));
  if (f.clock_bound)
    line += fmt::format(", clocks ± {}", show_duration(*f.clock_bound));
  return line + fmt::format(", {} of {} lost", f.lost, f.intended);
}

} // namespace

void progress_line::show(const run_progress& p) {
  const std::lock_guard lock(mutex_);
  const auto line = text_of(p);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    shown_ = true;
    return;
  }
  const auto drains = p.step == "draining";             // mostly in no time, which needs no line
  const auto waits = p.step.starts_with("waiting for"); // for somebody to do something elsewhere
  const auto shown =
      drains || waits || p.step == "loading" || p.step == "running" || p.step == "settling";
  if (!shown || ((drains || p.step == step_) && p.elapsed - last_plain_ < plain_period))
    return;
  step_ = p.step;
  last_plain_ = p.elapsed;
  std::fprintf(stderr, "%s\n", line.c_str());
}

void progress_line::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "%s%s\n", std::exchange(shown_, false) ? "\r\033[K" : "", line.c_str());
}

void progress_line::clear() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(shown_, false))
    std::fputs("\r\033[K", stderr);
}

} // namespace peernet
