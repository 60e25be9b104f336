// SPDX-License-Identifier: MIT
#include "transports/impairment/delay_line.hpp"

#include "runtime/core/clock.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace peernet {

namespace {

/// Heap order: the frame that goes later comes first.
bool goes_later(const delayed_frame& a, const delayed_frame& b) noexcept {
  return std::tie(a.due, a.sequence, a.copy) > std::tie(b.due, b.sequence, b.copy);
}

} // namespace

passage delay_line::enter(const sample& frame, std::size_t bytes, stamp since) {
  passage p;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (heap_.size() + 2 > most_frames || bytes_ > most_bytes)
      return {.how = passage::kind::no_room, .due = stamp::max()};
    const auto now = clock::machine_now();
    p = network_.enter(bytes, now);
    if (p.how != passage::kind::carried)
      return p;
    first = heap_.empty() || p.due < heap_.front().due;
    delayed_frame f{.frame = frame,
                    .since = since,
                    .entered = now,
                    .due = p.due,
                    .sequence = p.sequence,
                    .bit = p.bit,
                    .corrupted = p.corrupted,
                    .duplicated = p.duplicated};
    insert(f);
    if (p.duplicated) { // made of the whole frame, before anything befell it
      f.copy = true;
      f.corrupted = false;
      insert(std::move(f));
    }
    if (first)
      woken_.store(true, std::memory_order_release);
  }
  if (first)
    changed_.notify_one();
  return p;
}

void delay_line::insert(delayed_frame f) {
  bytes_ += f.frame.body.size();
  size_.fetch_add(1, std::memory_order_acq_rel);
  heap_.push_back(std::move(f));
  std::ranges::push_heap(heap_, goes_later);
}

void delay_line::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_.store(true, std::memory_order_release);
  }
  changed_.notify_one();
}

void delay_line::wait_until(std::unique_lock<std::mutex>& lock, stamp when) {
  const auto woken = [this] { return woken_.load(std::memory_order_acquire); };
  if (when == stamp::max()) {
    changed_.wait(lock, woken);
  } else {
    // Both are CLOCK_MONOTONIC; the wait ends at an absolute time.
    const auto asleep = when - (spin_ ? spin_margin : duration{0});
    changed_.wait_until(lock, std::chrono::steady_clock::time_point{asleep.time_since_epoch()},
                        woken);
    if (spin_ && !woken()) {
      lock.unlock();
      while (!woken() && clock::machine_now() < when) {
      }
      lock.lock();
    }
  }
  woken_.store(false, std::memory_order_relaxed);
}

void delay_line::run(const std::stop_token& stop, const std::function<stamp()>& feed,
                     const std::function<void(delayed_frame&)>& release) {
  const std::stop_callback at_stop(stop, [this] { wake(); });
  while (!stop.stop_requested()) {
    const auto again = feed();
    std::unique_lock lock(mutex_);
    const auto next = heap_.empty() ? stamp::max() : heap_.front().due;
    if (next > clock::machine_now()) {
      wait_until(lock, std::min(next, again));
      continue;
    }
    std::ranges::pop_heap(heap_, goes_later);
    auto f = std::move(heap_.back());
    heap_.pop_back();
    bytes_ -= f.frame.body.size();
    lock.unlock();
    release(f);
    size_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

emulation_counts delay_line::counts() const {
  const std::lock_guard lock(mutex_);
  return network_.counts();
}

} // namespace peernet
