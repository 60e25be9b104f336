// SPDX-License-Identifier: MIT
// The door of a process that others connect to: accepts, carries out handshakes with a deadline
// each and a cap on all, and lets in who is welcome. Strangers cost a counter.
#pragma once

#include "actors/remote/dial.hpp"
#include "actors/remote/secure_stream.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace peernet {

/// What became of connections.
struct gate_counters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<std::uint64_t> too_slow{0};    ///< no handshake within the deadline
  std::atomic<std::uint64_t> crowded_out{0}; ///< the oldest of too many that had no handshake yet
  std::atomic<std::uint64_t> rejected{0};    ///< no TLS, no certificate, or an unknown one; or gone
  std::atomic<std::uint64_t> starved{0};     ///< times that no descriptor was left to accept with
};

/// One thread, named "gate"; it ends with the object. Thread: any.
class gatekeeper {
public:
  struct settings {
    std::string address;
    std::uint16_t port = 0; ///< 0: any free one
    stream_security security;
    duration patience = std::chrono::seconds{5}; ///< for a handshake
    std::size_t most = 64;                       ///< in handshakes at the same time
    /// A peer has come in; called on the gate's thread, so it must hand the stream on at once. A
    /// bare one is let in as it comes.
    std::function<void(secure_stream)> on_peer;
  };

  /// After this, whoever may come in is let in. errc::io with address and port.
  [[nodiscard]] static result<std::unique_ptr<gatekeeper>> open(settings s);
  ~gatekeeper(); ///< shuts the door; who is in stays. Not from `on_peer`.

  [[nodiscard]] const socket_address& at() const noexcept { return at_; }
  /// accepted = admitted + too_slow + crowded_out + rejected + those in handshakes now.
  [[nodiscard]] const gate_counters& counters() const noexcept { return counters_; }

private:
  gatekeeper() = default;

  socket_address at_;
  gate_counters counters_;
  struct inside;
  std::unique_ptr<inside> in_;
};

} // namespace peernet
