// SPDX-License-Identifier: MIT
// lane_sender where its link is impaired: frames go through an emulated network before they meet
// the channel.
#include "transports/lane_sender.hpp"

#include <chrono>

namespace peernet {

namespace {

/// The same with one bit flipped; any bit, the number is reduced. `p` is not empty.
payload damaged(const payload& p, std::uint64_t bit) {
  auto copy = buffer::acquire(p.size());
  std::copy(p.bytes().begin(), p.bytes().end(), copy.data());
  bit %= p.size() * 8;
  copy.data()[bit / 8] ^= std::byte{1} << (bit % 8);
  return {p.what(), std::move(copy)};
}

} // namespace

/// On the stage's own thread, or the line's for what had waited. If there is no room, answers when
/// there may be, on the machine's clock.
std::optional<stamp> lane_sender::enter(const sample& frame, stamp since, recorder& by) {
  const auto size = sizeof header_ + frame.body.size();
  const auto p = line_->enter(frame, size, since);
  if (p.how == passage::kind::no_room)
    return p.due;
  if (p.how == passage::kind::carried)
    return {};
  // As over a real network, nobody here knows: both ends' numbers will tell that it never came.
  counters_.sent.fetch_add(1, std::memory_order_relaxed);
  by.sent(frame.header, settings_.lane, since, p.sequence, size);
  return {};
}

/// Lets in what waits in the send queue, as far as there is room. Answers when there will be.
stamp lane_sender::feed(std::optional<queued_frame>& held, recorder& by) {
  while (held || (held = queue_.try_pop())) {
    const auto now = context_.clock->now();
    if (const auto room = enter(held->frame, now, by))
      return *room;
    by.span(held->frame.header, settings_.lane, step::send_queue, held->since, now);
    held.reset();
    behind_.fetch_sub(1, std::memory_order_acq_rel);
  }
  return stamp::max();
}

/// A frame is due: into the channel with it.
void lane_sender::release(delayed_frame& d, const std::stop_token& stop, recorder& by) {
  const auto& sample_header = d.frame.header;
  const auto size = sizeof header_ + d.frame.body.size();
  const bool empty = d.frame.body.size() == 0;
  const auto damaged_body = d.corrupted && !empty ? damaged(d.frame.body, d.bit) : d.frame.body;
  std::optional<stamp> first;
  while (!stop.stop_requested()) {
    describe_sample(header_, d.frame);
    header_.sequence = d.sequence;
    const auto now = context_.clock->now();
    first = first.value_or(now);
    header_.sent_ns = to_ns(now);
    if (settings_.impair->what.corrupt > 0)
      set_checksum(header_, d.frame.body.bytes());
    if (d.corrupted && empty)
      header_.checksum ^= 1u << d.bit % 32;
    const auto status = channel_->try_send({.header = wire_bytes(header_), .body = &damaged_body});
    if (status == send_status::would_block) {
      (void)channel_->wait_writable(std::chrono::milliseconds{20});
      continue;
    }
    if (!finished_)
      tell_outages(status == send_status::sent);
    if (status == send_status::sent)
      counters_.bytes.fetch_add(size, std::memory_order_relaxed);
    if (d.copy)
      return;
    if (status == send_status::sent) {
      counters_.sent.fetch_add(1, std::memory_order_relaxed);
      by.sent(sample_header, settings_.lane, now, d.sequence, size);
      if (d.corrupted && !d.duplicated) // no watcher is told: a real sender would not know
        by.fate(sample_header, settings_.lane, outcome::corrupt, now);
    } else {
      not_taken(status, d.frame, now, by);
    }
    by.span(sample_header, settings_.lane, step::emulate, d.since, *first);
    if (now > *first) // held up by the channel itself
      by.span(sample_header, settings_.lane, step::send_queue, *first, now);
    if (settings_.planned_delay)
      by.value(sample_header, settings_.lane, *settings_.planned_delay,
               static_cast<double>(to_ns(d.due - d.entered)), now);
    return;
  }
}

void lane_sender::run_line(const std::stop_token& stop) {
  auto& records = context_.records->add(context_.node, context_.clock_number);
  std::optional<queued_frame> held;
  line_->run(
      stop, [&] { return feed(held, records); },
      [&](delayed_frame& d) { release(d, stop, records); });
}

channel_report lane_sender::channel_counts() const {
  auto report = channel_->report();
  if (!line_)
    return report;
  const auto c = line_->counts();
  const auto add = [&](std::string_view name, std::uint64_t count) {
    report.counts.push_back({name, count});
  };
  add("impair-lost", c.lost);
  add("impair-overflow", c.overflowed);
  add("impair-duplicated", c.duplicated);
  add("impair-reordered", c.reordered);
  add("impair-corrupted", c.corrupted);
  return report;
}

} // namespace peernet
