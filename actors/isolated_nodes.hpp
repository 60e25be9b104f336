// SPDX-License-Identifier: MIT
// The networks of a run with links at packet level: every node that starts here has a namespace of
// its own. Each such link is a network of two addresses with a shaper in its middle; nodes with
// other links are joined by a cable. All of it is held by descriptors of this process, and gone
// with it.
#pragma once

#include "actors/engine/networks.hpp"
#include "runtime/config/catalogue.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/core/error.hpp"
#include "runtime/trace/link_end.hpp"
#include "transports/packets/interfaces.hpp"
#include "transports/packets/packet_shaper.hpp"
#include "transports/probes/probe_service.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// Thread: one at a time.
class isolated_nodes {
public:
  /// Makes all of it, and shapes packets from now on. Errors begin with the key of a link at packet
  /// level: errc::bad_scenario when this user may not make networks, errc::io when a limit of the
  /// machine is reached.
  [[nodiscard]] static result<std::unique_ptr<isolated_nodes>>
  make(const scenario& s, const plan& whole, const catalogue& known);

  /// Where a node's process is to live; null if it does not start here.
  [[nodiscard]] const network_namespace* home(node_id node) const;

  /// The node's addresses there, its loopback left out.
  [[nodiscard]] std::vector<node_network> networks(node_id node) const;

  /// Where nodes answer clock probes; those on links at packet level are counted apart.
  void tell_probes(const std::vector<probe_point>& points);

  /// What was done to the packets of each link at packet level.
  [[nodiscard]] std::vector<link_end> ends() const;

private:
  /// A node's home.
  struct house {
    network_namespace inside;
    interfaces doors;
    std::vector<node_network> networks;
  };
  /// A link at packet level.
  struct shaped {
    place_id place = 0;
    node_id from = 0, to = 0;
    std::string device; ///< on both sides
    std::string network;
    std::unique_ptr<packet_shaper> shaper;
  };

  explicit isolated_nodes(const scenario& s) : what_(s) {}

  [[nodiscard]] result<void> settle(node_id node);
  [[nodiscard]] result<void> join(const plan& whole, const catalogue& known);
  [[nodiscard]] result<void> shape(const link_config& link, place_id place, node_id from,
                                   node_id to, const catalogue& known);
  [[nodiscard]] result<void> lay_cable(node_id from, node_id to);
  [[nodiscard]] result<void> name_ends(node_id from, node_id to, const std::string& device,
                                       std::pair<std::string, std::string> networks,
                                       unsigned queue);

  const scenario& what_;
  std::map<node_id, house> houses_;
  std::vector<shaped> links_;
  std::uint32_t cables_ = 0; ///< of both kinds
};

} // namespace peernet
