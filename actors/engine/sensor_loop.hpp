// SPDX-License-Identifier: MIT
// What decides when sensors fire: a thread that follows a schedule (open loop), or the ends of
// earlier samples (closed loop, closed_loop.hpp).
#pragma once

#include "actors/engine/sensor_source.hpp"
#include "actors/engine/slot_schedule.hpp"

namespace peernet {

/// Drives one or more sensor copies. Thread: `start`, `stop` by the owner; the rest by any.
class sensor_loop {
public:
  virtual ~sensor_loop() = default;

  /// Fires from `window.start` on, on a thread of its own.
  virtual void start(const run_window& window) = 0;

  /// No further slot. Does not wait. Thread: any.
  virtual void request_stop() = 0;

  /// No further slot; waits for the one under way. Idempotent.
  virtual void stop() = 0;

  /// True once the loop has nothing more to do.
  [[nodiscard]] virtual bool finished() const noexcept = 0;
};

/// Open loop: each sensor's slots are due at times of their own, whatever becomes of the samples.
/// Many slow sensors may share one loop and so one thread.
class open_loop final : public sensor_loop {
public:
  /// `sources` are copies of the sensor `config` describes and outlive the loop; `seed` is the
  /// scenario's.
  open_loop(std::vector<sensor_source*> sources, const sensor_config& config, std::uint64_t seed);
  ~open_loop() override { open_loop::stop(); }

  void start(const run_window& window) override;
  void request_stop() override;
  void stop() override;
  [[nodiscard]] bool finished() const noexcept override {
    return finished_.load(std::memory_order_acquire);
  }

private:
  void run(const run_window& window, const std::stop_token& stop);

  const std::vector<sensor_source*> sources_;
  const std::string name_;
  const arrival arrival_;
  const std::uint16_t copies_; ///< that share a period among them; 0: each begins with the run
  const double rate_hz_;
  const duration max_lag_;
  const std::uint64_t seed_;
  std::atomic<bool> finished_{false};
  std::jthread thread_;
};

} // namespace peernet
