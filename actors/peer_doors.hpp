// SPDX-License-Identifier: MIT
// Direct connections between nodes of different machines, for what must not pass through the
// coordinator: notices of closed loops and the transport `caf`. Each node shows a certificate made
// for this run alone; the coordinator told everybody whose to expect.
#pragma once

#include "actors/protocol.hpp"
#include "actors/remote/anteroom.hpp"
#include "actors/remote/control_pump.hpp"
#include "actors/remote/gatekeeper.hpp"

#include <caf/actor_system.hpp>

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace peernet {

/// One node's end of all its direct connections over networks. Lives as long as the node's process;
/// ends its threads when it goes. Thread: one at a time, but for what comes in at the doors.
class peer_doors {
public:
  explicit peer_doors(caf::actor_system& system) : system_(system) {}
  ~peer_doors() { close(); }

  /// Who we are in this run. With `insecure` there are no certificates, and the secret alone proves
  /// that a peer is of this run. errc::internal.
  [[nodiscard]] result<void> begin(node_id self, caf::strong_actor_ptr root, std::string secret,
                                   bool insecure);

  /// Our certificate's fingerprint; empty if insecure.
  [[nodiscard]] std::string certificate() const;

  /// Waits from now on, at `address`, for the peers with these certificates. The port it bound.
  [[nodiscard]] result<std::uint16_t> open(const std::string& address, port_range ports,
                                           const std::vector<peer_order>& expected);

  /// Connects with a peer that waits. errc::timeout, errc::absent, errc::untrusted, …: each names
  /// node and address.
  [[nodiscard]] result<void> knock(const peer_order& at, const door_line& door, duration patience);

  /// Ends all connections; actors on the other side see us leave.
  void close();

private:
  void hear(framed_stream stream, const remote_frame& first);
  [[nodiscard]] std::string proof(std::string_view side) const;
  /// Hands the stream's other end to CAF; the descriptor to attach.
  [[nodiscard]] result<int> join(framed_stream stream);

  struct entrance {
    std::unique_ptr<anteroom> strangers;
    std::unique_ptr<gatekeeper> gate; ///< behind the room that its thread leads to
  };

  caf::actor_system& system_;
  node_id self_ = 0;
  caf::strong_actor_ptr root_;
  std::string secret_;
  std::optional<identity> identity_;
  std::mutex mutex_; ///< of what follows
  std::set<fingerprint> expected_;
  std::list<std::unique_ptr<control_pump>> pumps_;
  std::list<entrance> entrances_;
};

} // namespace peernet
