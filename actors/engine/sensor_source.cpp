// SPDX-License-Identifier: MIT
#include "actors/engine/sensor_source.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

sample_header sensor_source::header(std::uint64_t seq, stamp intended,
                                    const run_window& window) const noexcept {
  return {.trace = trace_id{number_, seq},
          .route = root_,
          .output = 0,
          .origin_clock = context_.clock_number,
          .warmup = intended < window.measured,
          .intended = intended};
}

sensor_source::fired sensor_source::fire(std::uint64_t seq, stamp intended,
                                         const run_window& window, recorder& by) {
  const auto& clock = *context_.clock;
  const auto h = header(seq, intended, window);
  const auto begin = clock.now();
  auto called = calls_.go([&] { return sensor_->sample(); });
  if (!called)
    return fired::at_end;
  auto& sensed = *called;
  const auto end = clock.now();
  if (sensed && !*sensed) {
    if (!cancelled_ && !std::exchange(at_end_, true))
      context_.report(severity::info, "sensor ended",
                      who_.name + ": its input ended after " + std::to_string(seq) + " samples");
    return fired::at_end;
  }

  intended_.fetch_add(1, std::memory_order_relaxed);
  by.sensed(h, who_.copy, end, sensed ? (*sensed)->size() : 0);
  by.span(h, who_.copy, step::lag, intended, begin);
  by.span(h, who_.copy, step::sense, begin, end);
  if (!sensed) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    context_.report(severity::error, "sensor failed",
                    who_.name + ": " + without_name(who_.name, sensed.error().message));
    end_sample(by, *context_.watcher, h, who_.copy, outcome::failed, end);
    return fired::failed;
  }
  const sample s{.header = h, .body = std::move(**sensed)};
  if (keeper_)
    keeper_->keep(h.trace, s.body);
  for (auto* o : outlets_)
    o->send(s, 0, by);
  return fired::sent;
}

void sensor_source::skip(std::uint64_t seq, stamp intended, const run_window& window,
                         recorder& by) {
  intended_.fetch_add(1, std::memory_order_relaxed);
  skipped_.fetch_add(1, std::memory_order_relaxed);
  by.skipped(header(seq, intended, window), who_.copy, context_.clock->now());
}

bool sleep_until(const clock& clock, stamp until, const std::stop_token& stop) {
  // In slices, so that a stop is heard within one of them; the last slice ends exactly at `until`.
  constexpr duration slice = std::chrono::milliseconds{50};
  while (!stop.stop_requested()) {
    const auto now = clock.now();
    if (now >= until)
      return true;
    clock.sleep_until(std::min(until, now + slice));
  }
  return false;
}

} // namespace peernet
