// SPDX-License-Identifier: MIT
// One copy of a sensor: samples it, stamps, and sends what it gave on every link. When it fires is
// decided by the open or closed loop that owns it.
#pragma once

#include "actors/engine/frame_keeper.hpp"
#include "actors/engine/outing.hpp"
#include "actors/engine/sink_engine.hpp"
#include "runtime/plugin/sensor.hpp"

#include <memory>

namespace peernet {

/// When a run begins and how much of it counts, on the node's clock.
struct run_window {
  stamp start{};
  stamp measured{};                   ///< end of the warm-up: earlier slots are flagged
  stamp end = stamp::max();           ///< slots from here on are not intended
  std::uint64_t samples = UINT64_MAX; ///< per sensor copy
};

/// One copy of a sensor. Thread: its loop's; counters by any.
class sensor_source {
public:
  sensor_source(stage_identity who, std::unique_ptr<sensor> what, std::uint32_t number,
                route_id root, node_context context)
      : who_(std::move(who)),
        sensor_(std::move(what)),
        number_(number),
        root_(root),
        context_(context) {}

  /// Where samples go, and who keeps frames for sinks (may be null); before the loop starts.
  void connect(std::vector<outlet*> outlets, frame_keeper* keeper) {
    outlets_ = std::move(outlets);
    keeper_ = keeper;
  }

  enum class fired : std::uint8_t { sent, failed, at_end };

  /// Samples now, for slot `seq` that was due at `intended`. `at_end`: there was nothing more, or
  /// nobody waits for it any more; the slot was none.
  fired fire(std::uint64_t seq, stamp intended, const run_window& window, recorder& by);

  /// Slot `seq` passed without a sample.
  void skip(std::uint64_t seq, stamp intended, const run_window& window, recorder& by);

  /// Makes a waiting `fire` return soon. Thread: any.
  void cancel() noexcept {
    cancelled_ = true;
    sensor_->cancel();
  }

  /// True: a `fire` is out in the sensor, and nothing of it will be seen any more. Thread: any.
  [[nodiscard]] bool give_up() noexcept { return calls_.give_up(); }

  /// Lets a `fire` that waits for room on a link go on, with the sample dropped. Thread: any.
  void stop_blocking() {
    for (auto* o : outlets_)
      o->stop_blocking();
  }

  [[nodiscard]] sample_header header(std::uint64_t seq, stamp intended,
                                     const run_window& window) const noexcept;
  /// The plugin object inside.
  [[nodiscard]] sensor& inside() noexcept { return *sensor_; }
  [[nodiscard]] std::uint64_t intended() const noexcept {
    return intended_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t skipped() const noexcept {
    return skipped_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return failed_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const stage_identity& who() const noexcept { return who_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] const node_context& context() const noexcept { return context_; }

private:
  const stage_identity who_;
  const std::unique_ptr<sensor> sensor_;
  const std::uint32_t number_; ///< trace_id::sensor()
  const route_id root_;
  const node_context context_;
  std::vector<outlet*> outlets_;
  frame_keeper* keeper_ = nullptr;
  outing calls_;
  std::atomic<bool> cancelled_{false};
  bool at_end_ = false; ///< and it was told
  std::atomic<std::uint64_t> intended_{0};
  std::atomic<std::uint64_t> skipped_{0};
  std::atomic<std::uint64_t> failed_{0};
};

/// Sleeps until the node's clock shows `until`. False: asked to stop first.
[[nodiscard]] bool sleep_until(const clock& clock, stamp until, const std::stop_token& stop);

} // namespace peernet
