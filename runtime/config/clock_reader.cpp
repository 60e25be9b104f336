// SPDX-License-Identifier: MIT
#include "runtime/config/clock_reader.hpp"

#include "runtime/config/limits.hpp"

namespace peernet {

namespace {

using enum option_kind;

void read_step(fields f, std::optional<clock_step>& step) {
  const auto at = f.take<duration>({.name = "at",
                                    .kind = time_span,
                                    .doc = "when, from the run's start on, for example \"5s\"",
                                    .required = true,
                                    .min = 0,
                                    .max = longest_run_ns});
  const auto by = f.take<duration>({.name = "by",
                                    .kind = time_span,
                                    .doc = "how far ahead, for example \"2ms\"",
                                    .required = true,
                                    .min = 0,
                                    .max = longest_wait_ns,
                                    .above_min = true});
  f.finish();
  if (at && by)
    step = {*at, *by};
}

void read_wander(fields f, std::optional<clock_wander>& wander) {
  const auto amplitude = f.take<duration>({.name = "amplitude",
                                           .kind = time_span,
                                           .doc = "how far to each side, for example \"50us\"",
                                           .required = true,
                                           .min = 0,
                                           .max = longest_wait_ns});
  const auto period = f.take<duration>({.name = "period",
                                        .kind = time_span,
                                        .doc = "of one swing to and fro, for example \"10s\"",
                                        .required = true,
                                        .min = shortest_wander_ns,
                                        .max = longest_wait_ns});
  f.finish();
  if (amplitude && period)
    wander = {*amplitude, *period};
}

} // namespace

void read_clock_settings(fields f, clock_settings& c) {
  f.read<duration>({.name = "interval",
                    .kind = time_span,
                    .min = shortest_interval_ns,
                    .max = longest_interval_ns},
                   c.interval);
  c.max_bound = f.take<duration>({.name = "max-bound",
                                  .kind = time_span,
                                  .min = 0,
                                  .max = longest_wait_ns,
                                  .above_min = true});
  f.read_word("method", c.method);
  f.finish();
}

void read_test_clock(fields f, clock_error& c) {
  f.read<duration>(
      {.name = "offset", .kind = time_span, .min = -longest_wait_ns, .max = longest_wait_ns},
      c.offset);
  f.read<double>({.name = "drift", .kind = ppm, .min = -most_drift, .max = most_drift},
                 c.drift_ppm);
  if (auto step = f.inner("step", "{ at = \"5s\", by = \"2ms\" }"))
    read_step(*std::move(step), c.step);
  if (auto wander = f.inner("wander", "{ amplitude = \"50us\", period = \"10s\" }"))
    read_wander(*std::move(wander), c.wander);
  f.finish();
}

} // namespace peernet
