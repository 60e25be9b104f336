// SPDX-License-Identifier: MIT
#include "actors/engine/parts.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

/// How long a sensor may wait for room after it was told to stop.
constexpr duration stop_patience = std::chrono::seconds{1};

} // namespace

void sensor_part::start(const run_window& window) {
  started = true;
  for (auto& l : loops)
    l->start(window);
}

void sensor_part::stop() {
  if (!std::exchange(started, false))
    return;
  for (auto& l : loops)
    l->request_stop();
  // A sensor may be waiting for room on a link whose other side is stuck: it gets a moment, then it
  // goes on without.
  const auto deadline = clock::machine_now() + stop_patience;
  const auto finished = [](const auto& l) { return l->finished(); };
  while (!std::ranges::all_of(loops, finished) && clock::machine_now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  for (auto& s : sources)
    s->stop_blocking();
  for (auto& l : loops)
    l->stop();
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

} // namespace

void inference_part::start() {
  for (auto& e : engines)
    e->start();
}

void inference_part::stop() {
  for (auto& e : engines)
    e->stop();
}

void inference_part::report(part_report& to) const {
  if (!engines.empty())
    report_queues(engines, place, engines.front()->node(), to);
}

void sink_part::start() {
  for (auto& e : engines)
    e->start();
}

void sink_part::stop() {
  for (auto& e : engines)
    e->stop();
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

void sender_part::finish(stamp deadline) {
  for (auto& l : lanes)
    l->finish(deadline);
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
    bool first = true; // strays belong to no lane: told once for each end
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
      first = false;
    }
  }
}

} // namespace peernet
