// SPDX-License-Identifier: MIT
// A thread of an inference stage or sink, and its end in bounded time whatever the plugin object on
// it is doing.
#pragma once

#include "actors/engine/outing.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"

#include <string>

namespace peernet {

/// Ends when its body returns; its destruction waits for that without a limit. Thread: `calls` the
/// thread's own; the rest by its owner.
class stage_thread {
public:
  /// Starts `body(stop_token)`, which calls plugin objects through `calls()` only. Once.
  template <class Body>
  void start(std::string name, Body body) {
    thread_ = start_thread(std::move(name), [this, body](const std::stop_token& stop) {
      body(stop);
      over_.store(true, std::memory_order_release);
    });
  }

  [[nodiscard]] outing& calls() noexcept { return calls_; }

  void request_stop() { thread_.request_stop(); }

  /// Waits for the thread's end until `deadline` of the machine's clock, and a moment longer while
  /// it is at home: it is on its way. False: it did not come back from a call. Nothing of it will
  /// be seen any more, but what it uses must stay.
  bool stop(stamp deadline) {
    request_stop();
    if (!thread_.joinable())
      return true;
    while (!over() && clock::machine_now() < deadline)
      pause();
    const auto last = clock::machine_now() + way_home;
    while (!over() && !calls_.give_up() && clock::machine_now() < last)
      pause();
    if (!over())
      return false;
    thread_.join();
    return true;
  }

private:
  static constexpr duration way_home = std::chrono::seconds{1};

  [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_acquire); }
  static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds{1}); }

  outing calls_;
  std::atomic<bool> over_{false};
  std::jthread thread_; ///< last: it uses the rest
};

} // namespace peernet
