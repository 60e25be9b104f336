// SPDX-License-Identifier: MIT
// The transport `caf`: frames as actor messages over the direct connection of two nodes. The
// receiving end is a mailbox; a sender holds credit for as many frames as the link's queue, so
// neither mailbox nor BASP's buffer can grow.
#pragma once

#include "actors/peers.hpp"
#include "runtime/plugin/channel.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <map>
#include <mutex>
#include <string>

namespace peernet {

/// Makes channel ends out of actors. Thread: `bind`, `connect` by the node actor; `find_end` by
/// any.
class caf_channel final : public channel_kind {
public:
  /// Both outlive the channel.
  caf_channel(caf::actor_system& system, const peer_table& peers)
      : system_(system), peers_(peers) {}

  [[nodiscard]] result<std::unique_ptr<receive_end>>
  bind(const channel_settings& settings) override;
  [[nodiscard]] result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                                          const endpoint& to) override;

  /// The mailbox behind an endpoint's address; null if there is none.
  [[nodiscard]] caf::actor find_end(const std::string& name) const;

private:
  friend class caf_receive_end;
  void forget(const std::string& name);

  caf::actor_system& system_;
  const peer_table& peers_;
  mutable std::mutex mutex_;
  std::map<std::string, caf::actor> ends_;
  unsigned next_ = 0;
};

} // namespace peernet
