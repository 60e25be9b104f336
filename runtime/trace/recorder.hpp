// SPDX-License-Identifier: MIT
// How the measured path emits records: one recorder per thread, one push into a wait-free ring.
// What does not fit is counted, never waited for; a run that lost records is invalid.
#pragma once

#include "runtime/core/clock.hpp"
#include "runtime/core/sample.hpp"
#include "runtime/core/spsc_ring.hpp"
#include "runtime/trace/record.hpp"

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace peernet {

/// Emits records of one thread. No lock, no allocation, no system call; about 10 ns a record.
/// Thread: the owning thread emits; the collector alone drains; counters may be read by any.
class recorder {
public:
  recorder(node_id node, clock_id clock, std::size_t capacity)
      : ring_(capacity), node_(node), clock_(clock) {}

  /// A step that began and ended on this node.
  void span(const sample_header& h, std::uint16_t copy, step s, stamp begin, stamp end) noexcept {
    auto r = base(h, copy, record_kind::span, static_cast<std::uint16_t>(s));
    r.begin_ns = to_ns(begin);
    r.end_ns = to_ns(end);
    emit(r);
  }

  /// A step that began on another node, by that node's clock.
  void span_from(const sample_header& h, std::uint16_t copy, step s, node_id from,
                 clock_id from_clock, stamp begin, stamp end) noexcept {
    auto r = base(h, copy, record_kind::span, static_cast<std::uint16_t>(s));
    r.begin_node = from;
    r.begin_clock = from_clock;
    r.begin_ns = to_ns(begin);
    r.end_ns = to_ns(end);
    emit(r);
  }

  /// A sensor's slot that fired.
  void sensed(const sample_header& h, std::uint16_t copy, stamp sensed,
              std::size_t bytes) noexcept {
    auto r = base(h, copy, record_kind::sample, 0);
    r.begin_ns = to_ns(h.intended);
    r.end_ns = to_ns(sensed);
    r.amount = static_cast<std::int64_t>(bytes);
    emit(r);
  }

  /// A sensor's slot that could not fire: the sample and its fate.
  void skipped(const sample_header& h, std::uint16_t copy, stamp now) noexcept {
    auto r = base(h, copy, record_kind::sample, 0);
    r.begin_ns = to_ns(h.intended);
    r.end_ns = never_sensed;
    emit(r);
    fate(h, copy, outcome::skipped, now);
  }

  /// Handed to a channel as frame `sequence` of its lane.
  void sent(const sample_header& h, std::uint16_t copy, stamp at, std::uint64_t sequence,
            std::size_t wire_bytes) noexcept {
    auto r = base(h, copy, record_kind::sent, 0);
    r.begin_ns = to_ns(at);
    r.end_ns = static_cast<std::int64_t>(sequence);
    r.amount = static_cast<std::int64_t>(wire_bytes);
    emit(r);
  }

  /// A terminal event.
  void fate(const sample_header& h, std::uint16_t copy, outcome o, stamp at) noexcept {
    auto r = base(h, copy, record_kind::fate, static_cast<std::uint16_t>(o));
    r.begin_ns = r.end_ns = to_ns(at);
    emit(r);
  }

  /// A figure that belongs to a sample, such as its encoded size.
  void value(const sample_header& h, std::uint16_t copy, std::uint16_t name, double figure,
             stamp at) noexcept {
    auto r = base(h, copy, record_kind::value, name);
    r.begin_ns = r.end_ns = to_ns(at);
    r.amount = std::bit_cast<std::int64_t>(figure);
    emit(r);
  }

  /// Takes up to `out.size()` records, oldest first. Thread: the collector's only.
  std::size_t drain(std::span<record> out) noexcept { return ring_.pop(out); }

  /// Records emitted, and those that met a full ring.
  [[nodiscard]] std::uint64_t emitted() const noexcept {
    return emitted_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t overflowed() const noexcept {
    return overflowed_.load(std::memory_order_relaxed);
  }

private:
  [[nodiscard]] record base(const sample_header& h, std::uint16_t copy, record_kind kind,
                            std::uint16_t what) const noexcept {
    record r;
    r.trace = h.trace.number();
    r.route = h.route;
    r.output = h.output;
    r.copy = copy;
    r.begin_node = r.end_node = node_;
    r.begin_clock = r.end_clock = clock_;
    r.what = what;
    r.kind = kind;
    r.flags = h.warmup ? record_warmup : 0;
    return r;
  }

  void emit(const record& r) noexcept {
    // Only this thread writes the counters: a plain load and store, no locked instruction.
    auto& counter = ring_.try_push(r) ? emitted_ : overflowed_;
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  spsc_ring<record> ring_;
  node_id node_;
  clock_id clock_;
  std::atomic<std::uint64_t> emitted_{0};
  std::atomic<std::uint64_t> overflowed_{0};
};

/// All recorders of one node, and the one place that drains them.
/// Thread: `add` any; `drain` one collector thread at a time.
class record_collector {
public:
  /// A recorder for the calling code's thread; lives as long as the collector.
  recorder& add(node_id node, clock_id clock, std::size_t capacity = default_capacity) {
    const std::lock_guard lock(mutex_);
    recorders_.push_back(std::make_unique<recorder>(node, clock, capacity));
    return *recorders_.back();
  }

  /// Moves what is there, up to `out.size()` records, out of all recorders; returns how many.
  /// Records of one recorder keep their order.
  std::size_t drain(std::span<record> out) {
    const std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (std::size_t i = 0; i < recorders_.size() && n < out.size(); ++i) {
      next_ =
          next_ + 1 < recorders_.size() ? next_ + 1 : 0; // a busy recorder does not starve the rest
      n += recorders_[next_]->drain(out.subspan(n));
    }
    return n;
  }

  [[nodiscard]] std::uint64_t emitted() const { return sum(&recorder::emitted); }
  [[nodiscard]] std::uint64_t overflowed() const { return sum(&recorder::overflowed); }

  /// 16 384 records of 56 bytes: at 17 records a sample and a 50 ms collecting period, 19 000
  /// samples per second and thread.
  static constexpr std::size_t default_capacity = 1u << 14;

private:
  [[nodiscard]] std::uint64_t sum(std::uint64_t (recorder::*counter)() const noexcept) const {
    const std::lock_guard lock(mutex_);
    std::uint64_t total = 0;
    for (const auto& r : recorders_)
      total += (r.get()->*counter)();
    return total;
  }

  mutable std::mutex mutex_; // never taken by an emitting thread
  std::vector<std::unique_ptr<recorder>> recorders_;
  std::size_t next_ = 0;
};

} // namespace peernet
