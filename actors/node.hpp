// SPDX-License-Identifier: MIT
// The node actor: root of one node's process. Follows the coordinator step by step from deployment
// to the end, owns the node's graph and its part actors, and sends what was measured to the metrics
// actor.
#pragma once

#include "actors/caf_channel.hpp"
#include "actors/engine/node_prober.hpp"
#include "actors/part.hpp"
#include "actors/peer_doors.hpp"
#include "actors/protocol.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace peernet::actors {

struct node_config {
  registry* types = nullptr; ///< this and the rest outlive the actor
  const catalogue* known = nullptr;
  peer_table* peers = nullptr;
  caf_channel* channels = nullptr;
  peer_doors* doors = nullptr;
  /// Where alone a coordinator elsewhere may have something written; empty: wherever it says.
  std::string confined_to = {};
  /// Takes the graph when one of its threads did not come back: to destroy it would be to wait for
  /// that thread. May be null.
  std::shared_ptr<const void>* kept = nullptr;
};

struct node_state {
  static inline const char* name = "node";

  node_config config;
  bool greeted = false; ///< versions and types were compared and agree
  std::string secret;
  std::shared_ptr<node_graph> graph;
  clock_actor probed; ///< answers clock probes; an actor lives while somebody holds it
  std::unique_ptr<node_prober> prober; ///< behind the graph, which it uses
  std::vector<clock_id> clocks;        ///< by node
  std::vector<peer_order> peers;       ///< to connect with directly, over a network
  port_range ports;
  caf::typed_response_promise<clock_news> burst;
  caf::typed_response_promise<bool> meeting;

  std::vector<part_actor> sensors;
  std::vector<part_actor> senders;
  std::vector<part_actor> receivers;
  std::vector<part_actor> stages; ///< inference and sinks

  // Records on their way to the metrics actor. With `most_unanswered` batches out the rest waits in
  // the backlog (a store that writes its log back may take a quarter of a second); when that is
  // full too, in the rings, where what does not fit is counted.
  static constexpr std::size_t most_unanswered = 8;
  static constexpr std::size_t most_backlog = 512; ///< batches of 4096 records: 117 MB
  std::vector<record> collected;                   ///< room for one batch
  std::deque<std::vector<char>> backlog;
  metrics_actor metrics;
  std::size_t unanswered = 0;
  std::uint64_t confirmed = 0; ///< records the metrics actor has stored
  std::vector<caf::typed_response_promise<std::uint64_t>> flushes;
};

/// Spawn it detached: loading models and stopping threads block.
node_actor::behavior_type node(node_actor::stateful_pointer<node_state> self, node_config config);

} // namespace peernet::actors
