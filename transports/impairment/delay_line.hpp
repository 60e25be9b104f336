// SPDX-License-Identifier: MIT
// Holds the frames of an impaired lane back until they are due: an emulated network whose frames
// wait in a heap, and the loop of the thread that lets them out at absolute deadlines.
#pragma once

#include "runtime/core/sample.hpp"
#include "transports/impairment/emulated_network.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace peernet {

/// A frame on its way through the emulated network. Stamps of the machine's clock, but for `since`.
struct delayed_frame {
  sample frame;
  stamp since{}; ///< the node's clock: when it came in
  stamp entered{};
  stamp due{};
  std::uint64_t sequence = 0;
  std::uint64_t bit = 0; ///< corrupted: which to flip
  bool corrupted = false;
  bool duplicated = false; ///< a copy of it follows
  bool copy = false;       ///< it is that copy
};

/// One lane's. What is under way is bounded, whatever the delay: at most `most_frames`, and no
/// further one above `most_bytes`; then it has no room.
class delay_line {
public:
  static constexpr std::size_t most_frames = 1u << 16;
  static constexpr std::size_t most_bytes = 1u << 30;
  /// With `spin`, the thread wakes up this long before a frame is due and waits busily: longer
  /// than nearly every wake-up is late. Costs up to this much of a core for each frame.
  static constexpr duration spin_margin = std::chrono::microseconds{200};

  delay_line(emulation how, const std::string& link, std::uint16_t lane)
      : spin_(how.what.spin), network_(std::move(how), link, lane) {}

  /// A frame comes in, of `bytes` on the wire, at `since` of the node's clock. Never waits.
  /// `no_room` with `due` = stamp::max(): until a frame has been let out. Thread: any.
  passage enter(const sample& frame, std::size_t bytes, stamp since);

  /// Makes `run` look at what feeds it. Thread: any.
  void wake();

  /// Lets frames out until `stop`: calls `release` with each when it is due, later ones wait
  /// meanwhile; and `feed` before every wait, for what found no room: it answers when it wants to
  /// be called again at the latest. Neither is called under a lock. What is left at the stop stays
  /// inside. Thread: one, prepared (thread.hpp).
  void run(const std::stop_token& stop, const std::function<stamp()>& feed,
           const std::function<void(delayed_frame&)>& release);

  /// Frames under way, copies included, one being let out too. Thread: any.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }

  [[nodiscard]] emulation_counts counts() const;

private:
  void insert(delayed_frame f);
  void wait_until(std::unique_lock<std::mutex>& lock, stamp when);

  const bool spin_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  emulated_network network_;
  std::vector<delayed_frame> heap_; ///< the next one due in front
  std::size_t bytes_ = 0;           ///< of the bodies in it
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> woken_{false}; ///< something changed that `run` must look at
};

} // namespace peernet
