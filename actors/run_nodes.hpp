// SPDX-License-Identifier: MIT
// The processes that play a run's nodes: children on this machine, workers on others. How they come
// to be, how this process reaches them, and how they ended.
#pragma once

#include "actors/child_process.hpp"
#include "actors/coordinator.hpp"
#include "actors/isolated_nodes.hpp"
#include "actors/machine_look.hpp"
#include "actors/remote/digest.hpp"
#include "actors/remote/gatekeeper.hpp"
#include "actors/remote/identity.hpp"
#include "actors/remote/node_call.hpp"
#include "runtime/config/reader.hpp"

#include <caf/actor_system.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

/// How nodes are reached that do not start here.
struct remote_access {
  std::optional<identity> self;          ///< who we are to them; none: insecure, or not to be had
  std::string why_nobody;                ///< why it is not to be had
  errc kind_of_nobody = errc::not_found; ///< else a file of it is not as it should be
  std::filesystem::path folder;          ///< of trust
  bool insecure = false;                 ///< bare TCP and no encryption; must be said on both sides
  std::string listen;                    ///< "address:port" for nodes that join; empty: nobody can
  duration join_timeout = std::chrono::seconds{60};
  port_range ports; ///< for what children bind towards other machines
};

/// Thread: the one that made it, which must live as long as it does (children die with it).
class run_nodes {
public:
  struct settings {
    const reading& what;
    const plan& whole;
    std::string program; ///< started for each child, with worker_arguments()
    const remote_access& access;
    std::string output;  ///< folder for what sinks write; empty: none
    std::string sockets; ///< for channels that are reached by a path
    std::string secret;
    const std::atomic<int>* interrupts = nullptr;
    std::function<void(const std::string&)> on_trouble; ///< that the run survives
    std::function<void(const std::string&)> on_step; ///< "contacting cloud", "shipping 3 of 80 MB"
    bool rehearsal = false;
    bool apart = true; ///< nodes get the networks of their own that links at packet level want
    /// What keeps a node from starting, before `start` fails with all of it; any thread.
    std::function<void(node_id, const error&)> on_failure = {};
  };

  /// Calls all daemons at the same time, hears what they say of themselves, and leaves them again:
  /// by node, what came of it.
  [[nodiscard]] static std::map<node_id, result<machine_look>> survey(settings s);

  /// Makes the networks of isolated nodes; contacts all other machines at the same time and ships
  /// them what they lack; then starts every node's process. If one fails nothing is left running;
  /// the error names all that failed.
  [[nodiscard]] static result<std::unique_ptr<run_nodes>> start(settings s);

  ~run_nodes(); ///< kills children that still run and leaves the other machines

  /// Attaches to the root of each node's process, in the order of the plan. errc::node_lost.
  [[nodiscard]] result<std::vector<member>> attach(caf::actor_system& system);

  /// Addresses of this process that face the other machines, for its own clock probes.
  [[nodiscard]] std::vector<node_network> own_networks() const;

  /// Null unless nodes have networks of their own.
  [[nodiscard]] isolated_nodes* isolated() const noexcept { return isolated_.get(); }

  /// How a node's process ended, if that is known by `deadline`; nothing while it runs.
  [[nodiscard]] std::optional<std::string> end_of(node_id node, stamp deadline);

  /// What is known of all that did not end in order: " (cloud: killed by signal 9 (Killed))".
  [[nodiscard]] std::string bad_ends();

  /// Gives processes some seconds to end by themselves, those that are `lost` (by node) a moment
  /// only; children that do not are killed.
  void say_farewell(const std::vector<bool>& lost);

  /// Trouble with what sinks wrote on other machines.
  [[nodiscard]] std::vector<std::string> problems();

  /// The other machines.
  [[nodiscard]] machine_looks machines() const;

private:
  /// One node: a child or a call.
  struct process {
    std::optional<child_process> child;
    std::unique_ptr<node_call> call;
    int control = -1; ///< until attached
    deployment shipped;
  };

  explicit run_nodes(settings s);

  [[nodiscard]] result<void> know_ourselves() const;
  [[nodiscard]] std::vector<node_id> daemons() const;
  void tell_who_is_called() const;
  [[nodiscard]] result<std::unique_ptr<node_call>> call(node_id node) const;
  [[nodiscard]] machine_look look(node_id node, const node_call& call) const;
  [[nodiscard]] result<void> isolate();
  [[nodiscard]] result<void> contact();
  [[nodiscard]] result<void> admit_joiners();
  [[nodiscard]] machine_facts own_facts() const;
  [[nodiscard]] std::vector<std::string> sinks_of(node_id node) const;
  [[nodiscard]] result<std::vector<file_to_ship>> files_of(node_id node);
  [[nodiscard]] result<void> prepare();
  [[nodiscard]] result<void> prepare(node_id node,
                                     const std::function<void(shipping_progress)>& on_progress);
  [[nodiscard]] result<void> start_workers();
  [[nodiscard]] result<void> start_children();
  void describe_deployments();
  [[nodiscard]] result<void> in_parallel(const std::vector<node_id>& nodes,
                                         const std::function<result<void>(node_id)>& job) const;
  [[nodiscard]] std::vector<node_id> remote_nodes() const;
  [[nodiscard]] const scenario& what() const { return settings_.what.scenario; }
  [[nodiscard]] bool interrupted() const {
    return settings_.interrupts && settings_.interrupts->load() > 0;
  }

  const settings settings_;
  const stream_security security_;
  std::unique_ptr<isolated_nodes> isolated_; ///< null: all are in this process' network
  std::vector<process> processes_;           ///< by node
  digest_book digests_;                      ///< of files to ship
};

} // namespace peernet
