// SPDX-License-Identifier: MIT
#include "transports/impairment/emulated_network.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

constexpr double longest_seconds = 1e9; // a long tail of long jitters still fits a stamp

} // namespace

emulated_network::emulated_network(emulation how, const std::string& link, std::uint16_t lane)
    : what_(how.what),
      reliable_(how.reliable),
      trace_(std::move(how.trace)),
      fates_(what_, how.seed, link, lane) {}

passage emulated_network::enter(std::size_t bytes, stamp now) noexcept {
  const auto begun = begun_.value_or(now);
  const auto* step = trace_ ? &trace_->at(now - begun) : nullptr;
  const auto rate = step ? step->rate.value_or(what_.rate) : what_.rate;
  const auto takes = [rate](double n) { return from_seconds(n * 8 / rate); };

  bool full = false;
  if (rate > 0 && idle_from_ > now) {
    const auto behind =
        takes(static_cast<double>(what_.buffer)) - takes(static_cast<double>(bytes));
    const auto room_from = idle_from_ - std::max(behind, duration{0});
    full = room_from > now;
    if (full && reliable_)
      return {.how = passage::kind::no_room, .due = room_from};
  }

  begun_ = begun;
  const auto f = fates_.next(step ? step->loss.value_or(what_.loss) : what_.loss);
  counts_.bursts += f.in_burst && !in_burst_;
  in_burst_ = f.in_burst;
  passage p{.sequence = sequence_++, .due = now};
  if (f.lost || full) {
    p.how = f.lost ? passage::kind::lost : passage::kind::overflowed;
    ++(f.lost ? counts_.lost : counts_.overflowed);
    return p;
  }
  if (rate > 0)
    p.due = idle_from_ = std::max(idle_from_, now) + takes(static_cast<double>(bytes));
  const auto mean = step ? step->delay.value_or(what_.delay) : what_.delay;
  const auto off = std::min(to_seconds(what_.jitter) * f.deviation, longest_seconds);
  const auto drawn = mean + from_seconds(off);
  p.due += std::max(drawn, duration{0});
  if (f.reordered)
    p.due += what_.reorder_by;
  else if (reliable_ || what_.keep_order)
    p.due = last_in_order_ = std::max(p.due, last_in_order_);
  p.duplicated = f.duplicated;
  p.corrupted = f.corrupted;
  p.bit = f.bit;
  counts_.duplicated += f.duplicated;
  counts_.reordered += f.reordered;
  counts_.corrupted += f.corrupted;
  return p;
}

} // namespace peernet
