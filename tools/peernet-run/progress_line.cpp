// SPDX-License-Identifier: MIT
#include "tools/peernet-run/progress_line.hpp"

namespace peernet {

void progress_line::show(const run_progress& p) {
  const std::lock_guard lock(mutex_);
  char line[160];
  if (p.elapsed <= duration{0})
    std::snprintf(line, sizeof line, "%s …", p.step.c_str());
  else
    std::snprintf(line, sizeof line, "%s %5.1f s  %llu samples, %llu delivered, %llu in flight, %llu dropped",
                  p.step.c_str(), to_seconds(p.elapsed), static_cast<unsigned long long>(p.intended),
                  static_cast<unsigned long long>(p.delivered), static_cast<unsigned long long>(p.in_flight),
                  static_cast<unsigned long long>(p.dropped));
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line);
    std::fflush(stderr);
    shown_ = true;
    return;
  }
  if (p.step == step_ && p.elapsed - last_plain_ < plain_period)
    return;
  step_ = p.step;
  last_plain_ = p.elapsed;
  std::fprintf(stderr, "%s\n", line);
}

void progress_line::clear() {
  const std::lock_guard lock(mutex_);
  if (shown_)
    std::fputs("\r\033[K", stderr);
  shown_ = false;
}

} // namespace peernet
