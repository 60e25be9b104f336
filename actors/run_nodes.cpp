// SPDX-License-Identifier: MIT
#include "actors/run_nodes.hpp"

#include "actors/attach.hpp"
#include "actors/engine/direct_connections.hpp"
#include "actors/remote/digest.hpp"
#include "actors/remote/join_door.hpp"
#include "actors/remote/machine.hpp"
#include "actors/remote/trust.hpp"
#include "actors/worker.hpp"
#include "runtime/config/node_host.hpp"
#include "runtime/config/shipped_files.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr duration contact_patience = 10s;
constexpr duration attach_patience = 15s;
constexpr duration farewell_of_lost = 300ms; ///< for the system to tell how a process ended
constexpr duration files_patience = 5s;      ///< for the next piece of what sinks wrote
constexpr duration look_around = 20ms;

/// Only machines that were paired as nodes may be sent a run.
stream_security security_for(const remote_access& access) {
  if (access.insecure || !access.self)
    return {};
  return {.self = &*access.self, .welcome = [known = trust(access.folder)](const fingerprint& f) {
            return known.find(f, peer_role::node).has_value();
          }};
}

/// What a node reads is the scenario with names of its own files.
result<std::vector<file_to_ship>> describe_files(const std::vector<shipped_file>& files) {
  std::vector<file_to_ship> all;
  for (const auto& f : files) {
    auto digest = digest_of_file(f.path);
    if (!digest)
      return error{digest.error().code, f.key + ": " + digest.error().message};
    std::error_code failed;
    const auto bytes = fs::file_size(f.path, failed);
    if (failed)
      return error{errc::unreadable, f.key + ": " + f.path + ": " + failed.message()};
    all.push_back({{f.name, std::move(*digest), bytes}, f.path});
  }
  return all;
}

/// All errors, a line each; the code of the first.
error joined(const std::vector<error>& errors) {
  auto all = errors.front();
  for (std::size_t i = 1; i < errors.size(); ++i)
    all.message += "\n" + errors[i].message;
  return all;
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
  for (const auto step : {&run_nodes::contact, &run_nodes::admit_joiners, &run_nodes::prepare,
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

/// Does `job` for all nodes, each on a thread of its own, and waits for all.
result<void> run_nodes::in_parallel(const std::vector<node_id>& nodes,
                                    const std::function<result<void>(node_id)>& job) const {
  std::mutex mutex;
  std::map<node_id, error> failed;
  {
    std::vector<std::jthread> threads;
    for (const auto n : nodes)
      threads.push_back(
          start_thread("calls " + what().nodes[n].name, [&, n](const std::stop_token&) {
            if (auto done = job(n); !done) {
              const std::lock_guard lock(mutex);
              failed.emplace(n, std::move(done).error());
            }
          }));
  }
  if (failed.empty())
    return {};
  std::vector<error> errors;
  for (auto& [n, e] : failed)
    errors.push_back(std::move(e));
  return joined(errors);
}

/// Others want to know who we are.
result<void> run_nodes::know_ourselves() const {
  const auto& access = settings_.access;
  if (access.insecure || access.self)
    return {};
  return error{errc::not_found, access.why_nobody.empty()
                                    ? "this machine has no identity to show to others; run "
                                      "`peernet-node --init` once"
                                    : access.why_nobody};
}

result<void> run_nodes::contact() {
  std::vector<node_id> daemons;
  std::string names;
  for (const auto n : remote_nodes())
    if (what().nodes[n].start == node_start::daemon) {
      daemons.push_back(n);
      names += (names.empty() ? "" : ", ") + what().nodes[n].name;
    }
  if (daemons.empty())
    return {};
  if (auto known = know_ourselves(); !known)
    return known;
  settings_.on_step("contacting " + names);
  const auto own = own_facts();
  return in_parallel(daemons, [&](node_id n) -> result<void> {
    const auto& config = what().nodes[n];
    const auto host = parse_node_host(config.host);
    if (!host)
      return error{host.error().code, "nodes." + config.name + ".host: " + host.error().message};
    auto call = node_call::to({.node = config.name,
                               .own = own,
                               .outputs = settings_.output,
                               .sinks = sinks_of(n),
                               .interrupts = settings_.interrupts},
                              host->name, host->port, security_, contact_patience);
    if (!call)
      return std::move(call).error();
    processes_[n].call = std::move(*call);
    return {};
  });
}

/// Only their files are taken from another machine.
std::vector<std::string> run_nodes::sinks_of(node_id node) const {
  std::vector<std::string> names;
  for (const auto& s : what().sinks)
    if (s.node == what().nodes[node].name)
      names.push_back(s.name);
  return names;
}

/// Who we are to machines that we call, and to those that come.
machine_facts run_nodes::own_facts() const {
  auto own = look_at_machine();
  own.name = settings_.access.self ? settings_.access.self->name() : own.host;
  return own;
}

result<void> run_nodes::admit_joiners() {
  std::map<std::string, node_id> awaited;
  for (const auto n : remote_nodes())
    if (what().nodes[n].start == node_start::join)
      awaited.emplace(what().nodes[n].name, n);
  if (awaited.empty())
    return {};
  if (settings_.access.listen.empty())
    return error{errc::bad_scenario, "nodes." + awaited.begin()->first +
                                         ".start: it joins by itself, which needs an address to "
                                         "come to: --listen ADDR:PORT"};
  if (auto known = know_ourselves(); !known)
    return known;
  const auto at = parse_node_host(settings_.access.listen);
  if (!at)
    return error{errc::bad_scenario, "--listen: " + at.error().message};
  auto door = join_door::open(at->name, at->port, security_);
  if (!door)
    return std::move(door).error();
  const auto own = own_facts();
  const auto deadline = clock::machine_now() + settings_.access.join_timeout;
  while (!awaited.empty()) {
    std::string names;
    for (const auto& [name, n] : awaited)
      names += (names.empty() ? "" : ", ") + name;
    settings_.on_step("waiting for " + names + " to join at " + to_string(*at));
    if (interrupted())
      return error{errc::closed, "interrupted while waiting for " + names + " to join"};
    if (clock::machine_now() >= deadline)
      return error{errc::timeout, "no sign of " + names + " within " +
                                      std::to_string(settings_.access.join_timeout / 1s) +
                                      " s; start `peernet-run SCENARIO --node NAME --coordinator " +
                                      to_string(*at) +
                                      "` there, or give more time with --join-timeout"};
    auto comer = (*door)->next(std::min(deadline, clock::machine_now() + look_around));
    if (!comer)
      continue;
    const auto wanted = awaited.find(comer->said.node);
    if (comer->said.scenario != what().name || wanted == awaited.end()) {
      turn_away(comer->stream, comer->said.scenario != what().name
                                   ? "here runs \"" + what().name + "\", another scenario"
                                   : "no node \"" + comer->said.node + "\" is awaited here");
      continue;
    }
    auto call = node_call::with({.node = wanted->first,
                                 .own = own,
                                 .outputs = settings_.output,
                                 .sinks = sinks_of(wanted->second),
                                 .interrupts = settings_.interrupts},
                                std::move(comer->stream), comer->said, contact_patience);
    if (!call) { // another one may come in its place
      settings_.on_trouble(call.error().message);
      continue;
    }
    processes_[wanted->second].call = std::move(*call);
    awaited.erase(wanted);
  }
  return {};
}

result<void> run_nodes::prepare() {
  std::mutex mutex;
  std::map<node_id, shipping_progress> progress;
  return in_parallel(remote_nodes(), [&](node_id n) -> result<void> {
    const auto& name = what().nodes[n].name;
    auto shipped = files_to_ship(what(), name, catalogue::builtin());
    if (!shipped)
      return std::move(shipped).error();
    auto files = describe_files(*shipped);
    if (!files)
      return std::move(files).error();
    processes_[n].shipped.scenario =
        write_scenario(with_shipped_paths(what(), name, *shipped), catalogue::builtin());
    return processes_[n].call->prepare(what().name, *files, [&](shipping_progress p) {
      const std::lock_guard lock(mutex);
      progress[n] = p;
      shipping_progress sum;
      for (const auto& [node, one] : progress) {
        sum.done += one.done;
        sum.all += one.all;
      }
      settings_.on_step("shipping files: " + std::to_string(sum.done >> 20) + " of " +
                        std::to_string(sum.all >> 20) + " MB");
    });
  });
}

result<void> run_nodes::start_workers() {
  return in_parallel(remote_nodes(), [&](node_id n) -> result<void> {
    auto control = processes_[n].call->start();
    if (!control)
      return std::move(control).error();
    processes_[n].control = *control;
    return {};
  });
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
    auto child = child_process::start(settings_.program,
                                      worker_arguments(pair->theirs, i, peers[i]), inherited);
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
    p.shipped.networks = resolve_networks(what(), n, paths);
    if (p.call) {
      p.shipped.directory = p.call->folder();
      p.shipped.output = p.call->folder() + "/output";
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
      return error{errc::node_lost, "node " + settings_.whole.nodes[n] +
                                        " did not come up: " + end.value_or(root.error().message)};
    }
    members.push_back({.name = settings_.whole.nodes[n],
                       .actor = caf::actor_cast<node_actor>(*root),
                       .shipped = p.shipped});
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

void run_nodes::say_farewell(stamp deadline) {
  for (node_id n = 0; n < processes_.size(); ++n) {
    const auto ended = end_of(n, deadline);
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

std::uint32_t run_nodes::path_mtu(node_id node) const {
  const auto& call = processes_[node].call;
  return call ? call->path_mtu() : 0;
}

const machine_facts* run_nodes::facts(node_id node) const {
  const auto& call = processes_[node].call;
  return call ? &call->facts() : nullptr;
}

} // namespace peernet
