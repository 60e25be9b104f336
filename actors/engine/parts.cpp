// SPDX-License-Identifier: MIT
#include "actors/engine/parts.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

/// How long a sensor may wait for room after it was told to stop.
constexpr duration stop_patience = std::chrono::seconds{1};

/// What the channel itself counted at an end; `framed`: bytes of all frames that it carried there.
void add_report(link_end& to, const channel_report& from, std::uint64_t framed) {
  if (from.bytes)
    to.bytes += *from.bytes - framed;
  for (const auto& c : from.counts)
    to.counts.push_back({std::string(c.name), c.count});
}

} // namespace

void sensor_part::start(const run_window& window) {
  started = true;
  for (auto& l : loops)
    l->start(window);
}

bool sensor_part::stop(stamp deadline) {
  if (!std::exchange(started, false))
    return true;
  const auto asked = clock::machine_now();
  for (auto& l : loops)
    l->request_stop();
  const auto finished = [](const auto& l) { return l->finished(); };
  const auto wait_until = [&](stamp last, auto over) {
    while (!over() && clock::machine_now() < last)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  };
  const auto all_finished = [&] { return std::ranges::all_of(loops, finished); };
  // A sensor may be waiting for room on a link whose other side is stuck: it gets a moment, then it
  // goes on without.
  wait_until(asked + stop_patience, all_finished);
  for (auto& s : sources)
    s->stop_blocking();
  wait_until(deadline, all_finished);
  const auto given_up = [](auto& s) { return s->give_up(); };
  wait_until(clock::machine_now() + stop_patience,
             [&] { return all_finished() || std::ranges::count_if(sources, given_up) > 0; });
  for (auto& l : loops)
    if (l->finished())
      l->stop();
  if (all_finished())
    return true;
  report_missing(sources.front()->who(), sources.front()->context(), clock::machine_now() - asked);
  return false;
}

void sensor_part::report(part_report& to) const {
  for (const auto& s : sources)
    to.counts.push_back(
        {count_kind::intended, s->context().node, place, s->who().copy, s->intended()});
  for (const auto& l : loops)
    to.sensors_finished = to.sensors_finished && l->finished();
}

namespace {

template <class Engines>
void report_queues(const Engines& engines, place_id place, node_id node, part_report& to) {
  for (const auto& e : engines) {
    to.under_way += e->queue()->under_way();
    to.counts.push_back({count_kind::dropped, node, place, e->who().copy, e->queue()->dropped()});
  }
}

/// All are asked before the first is waited for.
template <class Engines>
bool stop_all(const Engines& engines, stamp deadline) {
  for (auto& e : engines)
    e->request_stop();
  bool ended = true;
  for (auto& e : engines)
    ended = e->stop(deadline) && ended;
  return ended;
}

} // namespace

void inference_part::start() {
  for (auto& e : engines)
    e->start();
}

void inference_part::request_stop() {
  for (auto& e : engines)
    e->request_stop();
}

bool inference_part::stop(stamp deadline) {
  return stop_all(engines, deadline);
}

void inference_part::report(part_report& to) const {
  if (!engines.empty())
    report_queues(engines, place, engines.front()->node(), to);
}

void sink_part::start() {
  for (auto& e : engines)
    e->start();
}

void sink_part::request_stop() {
  for (auto& e : engines)
    e->request_stop();
}

bool sink_part::stop(stamp deadline) {
  return stop_all(engines, deadline);
}

void sink_part::report(part_report& to) const {
  if (engines.empty())
    return;
  report_queues(engines, place, engines.front()->node(), to);
  for (const auto& e : engines)
    to.counts.push_back({count_kind::arrivals, e->node(), place, e->who().copy, e->delivered()});
}

bool sender_part::connected() {
  for (auto& l : lanes)
    if (!l->connected())
      return false;
  return true;
}

std::string sender_part::trouble() const {
  for (const auto& l : lanes)
    if (auto said = l->channel_counts().trouble; !said.empty())
      return said;
  return {};
}

void sender_part::finish(stamp deadline) {
  for (auto& l : lanes)
    l->finish(deadline);
  if (meter)
    meter->finish(deadline);
}

void sender_part::report(part_report& to, bool final) const {
  for (const auto& l : lanes) {
    const auto& c = l->counters();
    const auto sent = c.sent.load(std::memory_order_relaxed);
    to.under_way += l->waiting();
    to.ends.push_back({.link = place,
                       .lane = l->about().lane,
                       .node = node,
                       .side = link_side::sender,
                       .final = final,
                       .sent = sent,
                       .dropped = c.dropped.load(std::memory_order_relaxed),
                       .bytes = c.bytes.load(std::memory_order_relaxed),
                       .highest = sent > 0 ? sent - 1 : 0});
    if (final)
      add_report(to.ends.back(), l->channel_counts(), to.ends.back().bytes);
    if (final && meter && l == lanes.front()) // one count for the link
      to.ends.back().counts.push_back({"psnr-skipped", meter->skipped()});
  }
  for (const auto& [lane, outlet] : hand_offs) {
    const auto passed = outlet->passed();
    to.ends.push_back({.link = place,
                       .lane = lane,
                       .node = node,
                       .side = link_side::sender,
                       .final = final,
                       .sent = passed});
    to.ends.push_back({.link = place,
                       .lane = lane,
                       .node = node,
                       .side = link_side::receiver,
                       .final = final,
                       .received = passed,
                       .unique = passed});
  }
}

void receiver_part::start() {
  for (auto& e : ends)
    e->start();
}

void receiver_part::stop() {
  for (auto& e : ends)
    e->stop();
}

void receiver_part::report(part_report& to, bool final) const {
  for (const auto& e : ends) {
    if (!final) {
      to.ends.push_back({.link = place,
                         .node = node,
                         .side = link_side::receiver,
                         .final = false,
                         .received = e->received()});
      continue;
    }
    bool first = true; // what belongs to no lane is told once for each end
    std::uint64_t bytes = 0;
    for (const auto& a : e->arrivals())
      bytes += a.bytes;
    for (const auto& a : e->arrivals()) {
      to.ends.push_back({.link = place,
                         .lane = a.lane,
                         .node = node,
                         .side = link_side::receiver,
                         .final = true,
                         .received = a.frames.unique() + a.frames.duplicates(),
                         .unique = a.frames.unique(),
                         .duplicated = a.frames.duplicates(),
                         .reordered = a.frames.reordered(),
                         .corrupt = first ? e->strays().corrupt.load() : 0,
                         .foreign = first ? e->strays().foreign.load() : 0,
                         .bytes = a.bytes,
                         .highest = a.frames.highest()});
      if (first)
        add_report(to.ends.back(), e->channel_counts(), bytes);
      first = false;
    }
  }
}

} // namespace peernet
