// SPDX-License-Identifier: MIT
#include "actors/run_nodes.hpp"

#include "actors/attach.hpp"
#include "actors/engine/direct_connections.hpp"
#include "actors/remote/trust.hpp"
#include "actors/worker.hpp"
#include "runtime/config/packet_level.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/clock.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr duration attach_patience = 15s;
constexpr duration farewell_patience = 5s;   ///< for nodes to end by themselves
constexpr duration farewell_of_lost = 300ms; ///< for the system to tell how a process ended
constexpr duration files_patience = 5s;      ///< for the next piece of what sinks wrote

/// Only machines that were paired as nodes may be sent a run.
stream_security security_for(const remote_access& access) {
  if (access.insecure || !access.self)
    return {};
  return {.self = &*access.self, .welcome = [known = trust(access.folder)](const fingerprint& f) {
            return known.knows(f, peer_role::node);
          }};
}

} // namespace

run_nodes::run_nodes(settings s)
    : settings_(std::move(s)),
      security_(security_for(settings_.access)),
      processes_(settings_.whole.nodes.size()) {}

run_nodes::~run_nodes() {
  for (auto& p : processes_)
    if (p.control >= 0)
      ::close(p.control);
}

result<std::unique_ptr<run_nodes>> run_nodes::start(settings s) {
  std::unique_ptr<run_nodes> all(new run_nodes(std::move(s)));
  for (const auto step :
       {&run_nodes::isolate, &run_nodes::contact, &run_nodes::admit_joiners, &run_nodes::prepare,
        &run_nodes::start_workers, &run_nodes::start_children})
    if (auto done = (*all.*step)(); !done)
      return std::move(done).error();
  all->describe_deployments();
  return all;
}

std::vector<node_id> run_nodes::remote_nodes() const {
  std::vector<node_id> nodes;
  for (node_id i = 0; i < what().nodes.size(); ++i)
    if (is_remote(what(), i))
      nodes.push_back(i);
  return nodes;
}

result<void> run_nodes::isolate() {
  if (!settings_.apart || !has_packet_level(what()))
    return {};
  auto made = isolated_nodes::make(what(), settings_.whole, catalogue::builtin());
  if (!made)
    return std::move(made).error();
  isolated_ = std::move(*made);
  return {};
}

/// Children that need each other get a socket each, made before they start.
result<void> run_nodes::start_children() {
  std::vector<std::vector<peer_socket>> peers(processes_.size());
  const auto close_all = [&] {
    for (const auto& sockets : peers)
      for (const auto& s : sockets)
        ::close(s.fd);
  };
  for (const auto& [a, b] : direct_connections(what(), settings_.whole)) {
    if (meeting_of(what(), a, b))
      continue;
    auto pair = make_socket_pair();
    if (!pair)
      return close_all(), std::move(pair).error();
    peers[a].push_back({.peer = b, .fd = pair->ours, .offers = true});
    peers[b].push_back({.peer = a, .fd = pair->theirs, .offers = false});
  }
  result<void> done;
  for (node_id i = 0; i < processes_.size() && done; ++i) {
    if (is_remote(what(), i))
      continue;
    auto pair = make_socket_pair();
    if (!pair) {
      done = std::move(pair).error();
      break;
    }
    std::vector<int> inherited{pair->theirs};
    for (const auto& p : peers[i])
      inherited.push_back(p.fd);
    auto child =
        child_process::start(settings_.program, worker_arguments(pair->theirs, i, peers[i]),
                             inherited, {.network = isolated_ ? isolated_->home(i) : nullptr});
    ::close(pair->theirs);
    processes_[i].control = pair->ours;
    if (child)
      processes_[i].child = std::move(*child);
    else
      done = std::move(child).error();
  }
  close_all(); // the children have their own
  return done;
}

void run_nodes::describe_deployments() {
  facing paths;
  for (const auto n : remote_nodes())
    paths[n] = {.remote_address = processes_[n].call->theirs().address,
                .local_address = processes_[n].call->ours().address};
  for (node_id n = 0; n < processes_.size(); ++n) {
    auto& p = processes_[n];
    p.shipped.file = what().file;
    p.shipped.node = what().nodes[n].name;
    p.shipped.secret = settings_.secret;
    p.shipped.insecure = settings_.access.insecure;
    p.shipped.rehearsal = settings_.rehearsal;
    p.shipped.networks = resolve_networks(what(), n, paths);
    if (isolated_)
      std::ranges::copy(isolated_->networks(n), std::back_inserter(p.shipped.networks));
    if (p.call) {
      p.shipped.directory = p.call->folder();
      p.shipped.output = p.call->folder() + "/output";
      p.shipped.sockets = p.call->folder(); // the one place where it may make something
      if (const auto ports = parse_port_range(p.call->facts().ports))
        p.shipped.ports = *ports;
      continue;
    }
    p.shipped.scenario = settings_.what.resolved;
    p.shipped.directory = fs::absolute(what().directory.empty() ? "." : what().directory).string();
    p.shipped.output = settings_.output.empty() ? "" : fs::absolute(settings_.output).string();
    p.shipped.sockets = settings_.sockets;
    p.shipped.ports = settings_.access.ports;
  }
}

result<std::vector<member>> run_nodes::attach(caf::actor_system& system) {
  std::vector<member> members;
  for (const auto& p : processes_)
    announce(p.control);
  for (node_id n = 0; n < processes_.size(); ++n) {
    auto& p = processes_[n];
    auto root = attach_to(system, std::exchange(p.control, -1), attach_patience);
    if (!root) {
      const auto end = end_of(n, clock::machine_now() + farewell_of_lost);
      error why{errc::node_lost, "node " + settings_.whole.nodes[n] +
                                     " did not come up: " + end.value_or(root.error().message)};
      if (settings_.on_failure)
        settings_.on_failure(n, why);
      return why;
    }
    members.push_back({.name = settings_.whole.nodes[n],
                       .actor = caf::actor_cast<node_actor>(*root),
                       .shipped = p.shipped,
                       .machine = p.call ? look(n, *p.call).who : ""});
  }
  return members;
}

std::vector<node_network> run_nodes::own_networks() const {
  std::vector<node_network> networks{{.network = "", .address = "127.0.0.1"}};
  for (const auto n : remote_nodes())
    networks.push_back({facing_network(what(), n), processes_[n].call->ours().address});
  return networks;
}

std::optional<std::string> run_nodes::end_of(node_id node, stamp deadline) {
  auto& p = processes_[node];
  return p.call ? p.call->wait_end(deadline) : p.child ? p.child->wait(deadline) : std::nullopt;
}

std::string run_nodes::bad_ends() {
  const auto deadline = clock::machine_now() + farewell_of_lost;
  std::string ends;
  for (node_id n = 0; n < processes_.size(); ++n)
    if (const auto end = end_of(n, deadline); end && *end != "exit code 0")
      ends += " (" + settings_.whole.nodes[n] + ": " + *end + ")";
  return ends;
}

void run_nodes::say_farewell(const std::vector<bool>& lost) {
  const auto now = clock::machine_now();
  for (node_id n = 0; n < processes_.size(); ++n) {
    const auto is_lost = n < lost.size() && lost[n];
    const auto ended = end_of(n, now + (is_lost ? farewell_of_lost : farewell_patience));
    auto& p = processes_[n];
    if (!ended && p.child)
      p.child->kill();
    if (ended && p.call)
      p.call->wait_files(files_patience);
  }
}

std::vector<std::string> run_nodes::problems() {
  std::vector<std::string> all;
  for (auto& p : processes_)
    if (p.call)
      std::ranges::move(p.call->problems(), std::back_inserter(all));
  return all;
}

machine_look run_nodes::look(node_id node, const node_call& call) const {
  const auto& at = call.theirs();
  const auto joined = what().nodes[node].start == node_start::join; // from a port of no meaning
  return {.facts = call.facts(),
          .who = joined ? call.facts().host : bracketed(at.address) + ":" + std::to_string(at.port),
          .at = at,
          .path_mtu = call.path_mtu()};
}

machine_looks run_nodes::machines() const {
  machine_looks all;
  for (node_id n = 0; n < processes_.size(); ++n)
    if (const auto& call = processes_[n].call)
      all.emplace(n, look(n, *call));
  return all;
}

} // namespace peernet
