// SPDX-License-Identifier: MIT
// Closed loop: a sensor keeps a number of samples in flight and fires the next when one has ended
// at every sink it can reach, or has run out of time.
#pragma once

#include "actors/engine/sensor_loop.hpp"

#include <condition_variable>
#include <mutex>

namespace peernet {

/// A sample's end as its sensor hears of it.
struct end_notice {
  trace_id trace;
  route_id route = 0;
  stamp when{};     ///< on `clock`
  node_id node = 0; ///< where it ended
  clock_id clock = reference_clock;
  bool lost = false; ///< neither delivered nor consumed
};

/// Drives one sensor copy. Thread: `start`, `stop` by the owner; `notice`, `finished` by any.
class closed_loop final : public sensor_loop {
public:
  closed_loop(sensor_source& source, const sensor_config& config, const plan& whole);
  ~closed_loop() override { closed_loop::stop(); }

  void start(const run_window& window) override;
  void request_stop() override;
  void stop() override;
  [[nodiscard]] bool finished() const noexcept override {
    return finished_.load(std::memory_order_acquire);
  }

  /// A sample of this sensor ended somewhere. Short: marks and wakes.
  void notice(const end_notice& n) noexcept;

private:
  /// One of the samples in flight.
  struct flight {
    enum class state : std::uint8_t { free, flying, ended } now = state::free;
    std::uint64_t seq = 0;
    stamp intended{};               ///< of the sample flying, or when the next may fire
    std::vector<std::uint8_t> open; ///< by route below the sensor: 1 where an end is still awaited
    std::size_t open_count = 0;
    end_notice last; ///< the one that completed it
  };

  void run(const run_window& window, const std::stop_token& stop);
  void settle(flight& f, stamp now, const run_window& window, recorder& by);
  bool launch(flight& f, const run_window& window, recorder& by);

  sensor_source& source_;
  const std::string name_;
  const duration timeout_;
  const plan& plan_;
  const route_id root_;
  std::vector<std::uint8_t> sinks_below_; ///< by route below the sensor: 1 for a sink's
  std::uint64_t next_seq_ = 0;            ///< the loop thread's own
  stamp next_refill_ = stamp::min();      ///< the loop thread's own: of a place a loss has freed

  std::mutex mutex_; // guards flights_
  std::condition_variable woken_;
  std::vector<flight> flights_;
  std::atomic<bool> finished_{false};
  std::jthread thread_;
};

} // namespace peernet
