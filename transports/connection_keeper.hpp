// SPDX-License-Identifier: MIT
// The life of a sending end's connection, on a thread of the end's own: make it, hold it, and make
// it again when it breaks, with a back-off; and tell once of each outage. What a connection is, the
// owner says.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "transports/descriptor.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace peernet {

class connection_keeper {
public:
  /// How long to wait after an attempt that failed; doubled after each, up to the longest.
  static constexpr duration first_pause = std::chrono::milliseconds{20};
  static constexpr duration longest_pause = std::chrono::milliseconds{500};

  struct owner {
    std::string thread; ///< its name
    std::string to;     ///< whom the connection is with: "10.0.0.5:7447"
    /// Makes the connection. Both wait for `fd` as well, and give up at once when `stopping`.
    std::function<result<void>()> make;
    /// Returns why a connection that stood does no more.
    std::function<std::string()> hold;
  };

  explicit connection_keeper(owner o) : owner_(std::move(o)) {}

  /// Begins. Thread: the owner's constructor, when everything `make` and `hold` use is there.
  void start();

  /// Ends the thread. Idempotent. Thread: one at a time.
  void stop() noexcept;

  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(); }

  /// Wakes the thread out of its poll. Thread: any.
  void wake() const noexcept { bell_.ring(); }
  /// To be polled by `make` and `hold`, and silenced.
  [[nodiscard]] const doorbell& bell() const noexcept { return bell_; }
  /// Polls `fd` for `events`, at most until then. errc::timeout, errc::closed when `stopping`.
  /// Thread: the keeper's.
  [[nodiscard]] result<void> wait_for(int fd, short events, stamp until) const;

  /// What went wrong, once for each outage, as "10.0.0.5:7447: Connection reset by peer". Thread:
  /// any.
  [[nodiscard]] std::optional<std::string> take_outage();

  /// Connections beyond the first. Thread: any.
  [[nodiscard]] std::uint64_t reconnects() const noexcept {
    return reconnects_.load(std::memory_order_relaxed);
  }

private:
  void run();
  void note(std::string why);
  void pause(duration length) const;

  const owner owner_;
  const doorbell bell_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> reconnects_{0};
  std::atomic<bool> untold_{false}; ///< there is an outage to tell of
  std::mutex mutex_;                ///< guards outage_
  std::string outage_;
  std::jthread thread_;
};

} // namespace peernet
