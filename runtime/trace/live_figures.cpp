// SPDX-License-Identifier: MIT
#include "runtime/trace/live_figures.hpp"

#include "runtime/trace/statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace peernet {

void log_histogram::add(std::int64_t ns) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
  // Below 2^(sub_bits + 1) every value has a bucket; above, the leading bits choose it.
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - sub_bits - 1);
  const auto bucket = (static_cast<std::uint64_t>(shift) << sub_bits) + (value >> shift);
  ++buckets_[bucket];
  ++count_;
}

std::optional<std::int64_t> log_histogram::percentile(double share) const noexcept {
  if (count_ < values_needed(share))
    return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen < std::max<std::uint64_t>(rank, 1))
      continue;
    if (bucket < 2u << sub_bits)
      return static_cast<std::int64_t>(bucket);
    const auto shift = (bucket >> sub_bits) - 1;
    const auto lowest = static_cast<std::int64_t>(bucket - (shift << sub_bits)) << shift;
    return lowest + (std::int64_t{1} << shift) / 2;
  }
  return std::nullopt;
}

live_figures::live_figures(const layout& shape, duration patience)
    : shape_(shape), tree_(shape), patience_(patience) {
  sums_.sinks = tree_.sinks().size();
}

/// Samples and fates, of places that exist: a node with a defect must not take the run with it.
bool live_figures::concerns(const record& r) const {
  const bool told =
      r.kind == record_kind::sample || (r.kind == record_kind::fate && r.what < outcome_count);
  return told && tree_.known(r.route) && trace_id(r.trace).sensor() < shape_.sensors.size();
}

void live_figures::add(std::span<const record> records, stamp now) {
  const auto delivered = sums_.delivered;
  for (const auto& r : records) {
    if (!concerns(r))
      continue;
    const auto [it, is_new] = pending_.try_emplace(r.trace);
    auto& p = it->second;
    if (is_new) {
      queue_.emplace_back(now, r.trace);
      p.open = tree_.sink_routes_behind(shape_.sensors[trace_id(r.trace).sensor()]);
    }
    if (r.kind == record_kind::sample)
      sample(r, p);
    else
      fate(r, p);
    // Both the sample's own record and a last word for every sink: nothing more is to come.
    if (p.sample && p.open <= 0) {
      --sums_.in_flight;
      sums_.lost += p.arrived ? 0 : 1;
      pending_.erase(it);
    }
  }
  if (sums_.delivered > delivered)
    arrived_.emplace_back(now, sums_.delivered - delivered);
  age(now);
}

void live_figures::sample(const record& r, pending& p) {
  ++sums_.intended;
  ++sums_.in_flight;
  p.sample = r;
  if (p.arrival)
    latency(r, *p.arrival);
}

void live_figures::fate(const record& r, pending& p) {
  ++sums_.events[r.what];
  p.open -= tree_.sink_routes_behind(r.route);
  if (r.what != static_cast<int>(outcome::delivered))
    return;
  ++sums_.delivered;
  p.arrived = true;
  if (p.sample)
    latency(*p.sample, r);
  else
    p.arrival = r;
}

void live_figures::latency(const record& sample, const record& arrival) {
  if ((sample.flags & record_warmup) != 0)
    return;
  if (const auto length = clocks_.between(sample.begin_clock, sample.begin_ns, arrival.begin_clock,
                                          arrival.begin_ns))
    latencies_.add(length->ns);
}

void live_figures::age(stamp now) {
  while (!queue_.empty()) {
    const auto [since, trace] = queue_.front();
    const auto it = pending_.find(trace);
    if (it != pending_.end()) {
      if (now - since <= patience_)
        break;
      if (it->second.sample) {
        --sums_.in_flight;
        ++sums_.overdue;
        sums_.lost += it->second.arrived ? 0 : 1;
      }
      pending_.erase(it);
    }
    queue_.pop_front();
  }
  while (!arrived_.empty() && now - arrived_.front().first > std::chrono::seconds{1})
    arrived_.pop_front();
}

live_figures::snapshot live_figures::now(stamp now) {
  age(now);
  auto s = sums_;
  for (const auto& [when, count] : arrived_)
    s.delivered_per_second += static_cast<double>(count);
  const auto as_duration = [](std::optional<std::int64_t> ns) {
    return ns ? std::optional(duration{*ns}) : std::nullopt;
  };
  for (const auto& c : clocks_.segments())
    if (c.to == reference_clock && c.from != reference_clock) {
      const duration bound{c.bound(to_ns(now) - c.offset_ns)};
      s.clock_bound = std::max(bound, s.clock_bound.value_or(bound));
    }
  s.p50 = as_duration(latencies_.percentile(0.5));
  s.p99 = as_duration(latencies_.percentile(0.99));
  return s;
}

} // namespace peernet
