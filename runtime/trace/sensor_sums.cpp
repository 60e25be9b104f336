// SPDX-License-Identifier: MIT
#include "runtime/trace/sensor_sums.hpp"

#include <algorithm>
#include <map>

namespace peernet {

void sensor_sums::add(const joined_trace& t) {
  if (t.warmup)
    return;
  auto& sum = copies_[t.id.sensor()];
  ++sum.slots;
  const auto root = context_.shape.sensors[t.id.sensor()];
  const auto ended_here = [&](outcome o) {
    return std::any_of(t.fates.begin(), t.fates.end(), [&](const joined_trace::fate_fact& f) {
      const auto& origin = context_.origins[f.origin];
      return origin.route == root && origin.what == static_cast<std::uint16_t>(o);
    });
  };
  if (ended_here(outcome::skipped) || (t.sample && !t.sample->sensed_ns))
    ++sum.skipped;
  else if (ended_here(outcome::failed))
    ++sum.failed;
  else if (t.sample)
    ++sum.got;
  if (t.sample) { // traces come in the order of their slots
    sum.last = {.seq = t.id.seq(), .intended_ns = t.sample->intended_ns};
    sum.first = sum.first ? sum.first : sum.last;
  }
}

double sensor_sums::copy_sum::seconds() const {
  if (!first || last->seq == first->seq)
    return 0;
  return to_seconds(duration{last->intended_ns - first->intended_ns}) *
         (static_cast<double>(slots) / static_cast<double>(last->seq - first->seq));
}

std::vector<run_summary::sensor_row> sensor_sums::rows() const {
  struct total {
    run_summary::sensor_row row;
    double samples = 0;
    double seconds = 0;
  };
  std::map<place_id, total> totals;
  for (std::size_t sensor = 0; sensor < copies_.size(); ++sensor) {
    const auto& c = copies_[sensor];
    const auto place = context_.shape.routes[context_.shape.sensors[sensor]].place;
    auto& [row, samples, seconds] = totals[place];
    row.sensor = context_.shape.places[place].name;
    row.slots += c.slots;
    row.skipped += c.skipped;
    row.failed += c.failed;
    if (const auto time = c.seconds(); time > 0) {
      samples += static_cast<double>(c.got);
      seconds += time;
    }
  }
  std::vector<run_summary::sensor_row> rows;
  for (auto& [place, t] : totals) {
    if (t.seconds > 0)
      t.row.rate = t.samples / t.seconds;
    rows.push_back(std::move(t.row));
  }
  return rows;
}

} // namespace peernet
