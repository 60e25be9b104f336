// SPDX-License-Identifier: MIT
#include "actors/engine/sensor_loop.hpp"

#include "runtime/core/thread.hpp"

#include <queue>

namespace peernet {

open_loop::open_loop(std::vector<sensor_source*> sources, const sensor_config& config,
                     std::uint64_t seed)
    : sources_(std::move(sources)),
      name_(config.name),
      arrival_(config.arrival),
      copies_(config.phase == copy_phase::spread ? config.count : 0),
      rate_hz_(config.rate_hz),
      max_lag_(config.max_lag > duration{0} ? config.max_lag : from_seconds(1 / config.rate_hz)),
      seed_(seed) {}

void open_loop::start(const run_window& window) {
  thread_ = start_thread("sense " + name_,
                         [this, window](const std::stop_token& stop) { run(window, stop); });
}

void open_loop::request_stop() {
  thread_.request_stop();
  for (auto* s : sources_)
    s->cancel();
}

void open_loop::stop() {
  open_loop::request_stop();
  if (thread_.joinable())
    thread_.join();
}

void open_loop::run(const run_window& window, const std::stop_token& stop) {
  const auto& context = sources_.front()->context();
  auto& by = context.records->add(context.node, context.clock_number);
  struct paced {
    sensor_source* source;
    slot_schedule slots;
  };
  std::vector<paced> all;
  all.reserve(sources_.size());
  for (auto* s : sources_)
    all.push_back({s,
                   {arrival_, rate_hz_, window.start,
                    random_source::named(seed_, name_ + "/arrival", s->who().copy),
                    copies_ > 0 ? static_cast<double>(s->who().copy) / copies_ : 0}});
  const auto later = [](const paced* a, const paced* b) { return a->slots.due() > b->slots.due(); };
  std::priority_queue<paced*, std::vector<paced*>, decltype(later)> next(later);
  for (auto& p : all)
    next.push(&p);

  while (!next.empty()) {
    auto* p = next.top();
    next.pop();
    const auto due = p->slots.due();
    const auto seq = p->slots.seq();
    if (due >= window.end || seq >= window.samples)
      continue; // this sensor's part is over
    if (!sleep_until(*context.clock, due, stop))
      break;
    if (context.clock->now() - due > max_lag_)
      p->source->skip(seq, due, window, by);
    else if (p->source->fire(seq, due, window, by) == sensor_source::fired::at_end)
      continue;
    p->slots.advance();
    next.push(p);
  }
  finished_.store(true, std::memory_order_release);
}

} // namespace peernet
