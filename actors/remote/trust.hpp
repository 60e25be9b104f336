// SPDX-License-Identifier: MIT
// Which other machines this one knows, and what for: a text file beside its identity, one line each
// ("coordinator SHA256:… laptop"). A machine that may be measured on is not therefore one that may
// command.
#pragma once

#include "actors/remote/fingerprint.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

enum class peer_role : std::uint8_t {
  coordinator, ///< it may run scenarios here
  node,        ///< we may run scenarios there
};

struct trusted_peer {
  peer_role role = peer_role::node;
  fingerprint print;
  std::string name; ///< how its owner called it; for messages
};

/// The file `trusted` in the folder of an identity, read afresh whenever asked, so that a daemon
/// need not be restarted after a pairing. Thread: any.
class trust {
public:
  explicit trust(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// All lines; none without the file. errc::unreadable with file and line.
  [[nodiscard]] result<std::vector<trusted_peer>> all() const;

  /// The one with this fingerprint and role. Errors of all(): nobody is trusted then.
  [[nodiscard]] result<std::optional<trusted_peer>> find(const fingerprint& print,
                                                         peer_role role) const;

  /// Whether it is trusted in this role, as far as the file can be read.
  [[nodiscard]] bool knows(const fingerprint& print, peer_role role) const {
    const auto found = find(print, role);
    return found && *found;
  }

  /// Adds a line, or renames the one that is there; written whole, then moved into place.
  [[nodiscard]] result<void> add(const trusted_peer& peer) const;

private:
  std::filesystem::path folder_;
};

} // namespace peernet
