// SPDX-License-Identifier: MIT
// A node for the engines of links, without a node: its clock, its records, its log, and a watcher
// that remembers which samples ended.
#pragma once

#include "tests/support/deadline.hpp"
#include "transports/node_context.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <span>
#include <vector>

namespace peernet {

class measured_node final : private end_watcher {
public:
  static constexpr node_id number = 3;
  static constexpr clock_id clock_number = 4;
  static constexpr std::uint64_t run = 0x1122334455667788;

  measured_node()
      : clock({.offset = std::chrono::hours{1000}, .drift_ppm = 0}),
        by(records.add(number, clock_number)) {}

  [[nodiscard]] node_context context() {
    return {.clock = &clock,
            .records = &records,
            .watcher = this,
            .events = &events,
            .node = number,
            .clock_number = clock_number,
            .run = run};
  }

  /// Everything recorded since the last call; of each thread in order.
  [[nodiscard]] std::vector<record> recorded() {
    std::vector<record> all, some(1024);
    while (const auto n = records.drain(some))
      all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(n));
    return all;
  }

  /// The samples whose end the watcher was told of, in order.
  [[nodiscard]] std::vector<sample_header> ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  [[nodiscard]] bool wait_for_ended(std::size_t n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test_deadline, [&] { return ended_.size() >= n; });
  }

  const peernet::clock clock; ///< far from the machine's, so that no stamp can be taken for another
  record_collector records;
  event_log events;
  recorder& by; ///< the test's own

private:
  void ended(const sample_header& h, outcome, stamp) noexcept override {
    {
      const std::lock_guard lock(mutex_);
      ended_.push_back(h);
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<sample_header> ended_;
};

/// The records of one kind (and step or outcome).
[[nodiscard]] inline std::vector<record> only(std::vector<record> all, record_kind kind,
                                              std::uint16_t what = 0) {
  std::erase_if(all, [&](const record& r) { return r.kind != kind || r.what != what; });
  return all;
}
[[nodiscard]] inline std::vector<record> only(std::vector<record> all, step s) {
  return only(std::move(all), record_kind::span, static_cast<std::uint16_t>(s));
}
[[nodiscard]] inline std::vector<record> only(std::vector<record> all, outcome o) {
  return only(std::move(all), record_kind::fate, static_cast<std::uint16_t>(o));
}

} // namespace peernet
