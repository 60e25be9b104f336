// SPDX-License-Identifier: MIT
// Where machines come by themselves to play a node, because they cannot run a daemon.
#pragma once

#include "actors/remote/anteroom.hpp"
#include "actors/remote/frames.hpp"
#include "actors/remote/gatekeeper.hpp"
#include "actors/remote/messages.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace peernet {

/// Thread: any.
class join_door {
public:
  /// Listens at `address`; errc::io with address and port.
  [[nodiscard]] static result<std::unique_ptr<join_door>>
  open(const std::string& address, std::uint16_t port, const stream_security& security);

  [[nodiscard]] const socket_address& at() const noexcept { return gate_->at(); }

  struct comer {
    framed_stream stream;
    greeting said;
  };

  /// The next machine that has greeted; nothing until `deadline`.
  [[nodiscard]] std::optional<comer> next(stamp deadline);

private:
  join_door();
  void hear(framed_stream stream, const remote_frame& first);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<comer> waiting_;
  anteroom silent_;
  std::unique_ptr<gatekeeper> gate_; ///< behind all that its thread uses
};

/// Says no to a machine that came, and why.
void turn_away(framed_stream& stream, const std::string& why);

} // namespace peernet
