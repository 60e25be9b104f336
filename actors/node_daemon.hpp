// SPDX-License-Identifier: MIT
// What `peernet-node` runs: the door for coordinators, a thread for each that came in, and pairing
// with those that were invited.
#pragma once

#include "actors/node_service.hpp"
#include "actors/remote/gatekeeper.hpp"
#include "actors/remote/identity.hpp"
#include "actors/remote/trust.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace peernet {

/// Serves until it is destroyed; the run that goes on then is ended. Thread: any.
class node_daemon {
public:
  struct settings {
    std::string address;
    std::uint16_t port = 0;       ///< 0: any free one
    std::optional<identity> self; ///< none: insecure, bare TCP for whoever comes
    std::filesystem::path folder; ///< of trust and invitations
    node_service::settings service;
  };

  /// errc::io with address, port and what to do.
  [[nodiscard]] static result<std::unique_ptr<node_daemon>> open(settings s);
  ~node_daemon();

  [[nodiscard]] const socket_address& at() const noexcept { return gate_->at(); }
  [[nodiscard]] const gate_counters& counters() const noexcept { return gate_->counters(); }

private:
  /// Of so many that were let in: one has the run, the others ask.
  static constexpr std::size_t most_visits = 16;
  /// Of these so many by strangers, who can only pair.
  static constexpr std::size_t most_strangers = 4;

  explicit node_daemon(settings s);

  /// A coordinator that is trusted now.
  [[nodiscard]] std::optional<trusted_peer> known(const std::optional<fingerprint>& f);
  void tell_trust_problem(const std::string& problem);
  void let_in(secure_stream stream);
  void serve(framed_stream stream, const std::optional<trusted_peer>& who,
             const std::stop_token& stop);
  void pair(framed_stream& stream, const std::optional<pairing>& heard) const;
  [[nodiscard]] node_service::settings served();
  void log(const std::string& line) const {
    if (settings_.service.log)
      settings_.service.log(line);
  }

  struct visit {
    std::jthread thread;
    std::shared_ptr<std::atomic<bool>> over;
    bool stranger = false;
  };

  const settings settings_;
  node_service service_;
  std::mutex mutex_;
  std::list<visit> visits_;
  std::mutex trust_mutex_;
  std::string trust_problem_;        ///< the one that was logged last
  std::unique_ptr<gatekeeper> gate_; ///< behind all that its thread uses
};

} // namespace peernet
