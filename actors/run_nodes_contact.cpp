// SPDX-License-Identifier: MIT
// The part of a run's nodes that is about other machines: contacting, admitting, shipping,
// starting.
#include "actors/engine/networks.hpp"
#include "actors/remote/digest.hpp"
#include "actors/remote/join_door.hpp"
#include "actors/remote/machine.hpp"
#include "actors/run_nodes.hpp"
#include "runtime/config/node_host.hpp"
#include "runtime/config/shipped_files.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/core/units.hpp"
#include "runtime/plugin/known_types.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr duration contact_patience = 10s;
constexpr duration look_around = 20ms;
constexpr duration sign_of_life = 2s; ///< so often a machine hears from us that waits for others

/// Where those that are ready first wait for the others.
class meeting_point {
public:
  explicit meeting_point(std::size_t awaited) : awaited_(awaited) {}

  /// Arrives, and calls `meanwhile` now and then until all have arrived or it fails.
  result<void> wait(const std::function<result<void>()>& meanwhile) {
    arrive();
    for (std::unique_lock lock(mutex_);
         !changed_.wait_for(lock, sign_of_life, [this] { return awaited_ == 0; });) {
      lock.unlock();
      if (auto done = meanwhile(); !done)
        return done;
      lock.lock();
    }
    return {};
  }

  /// Arrives without waiting.
  void arrive() {
    const std::lock_guard lock(mutex_);
    --awaited_;
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t awaited_;
};

/// All errors, a line each; the code of the first.
error joined(const std::vector<error>& errors) {
  auto all = errors.front();
  for (std::size_t i = 1; i < errors.size(); ++i)
    all.message += "\n" + errors[i].message;
  return all;
}

} // namespace

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
  for (auto& [n, e] : failed) {
    if (settings_.on_failure)
      settings_.on_failure(n, e);
    errors.push_back(std::move(e));
  }
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

std::vector<node_id> run_nodes::daemons() const {
  auto nodes = remote_nodes();
  std::erase_if(nodes, [this](node_id n) { return what().nodes[n].start != node_start::daemon; });
  return nodes;
}

result<std::unique_ptr<node_call>> run_nodes::call(node_id n) const {
  const auto& config = what().nodes[n];
  const auto host = parse_node_host(config.host);
  if (!host)
    return with_key({"nodes." + config.name + ".host", host.error()});
  return node_call::to({.node = config.name,
                        .own = own_facts(),
                        .outputs = settings_.output,
                        .sinks = sinks_of(n),
                        .interrupts = settings_.interrupts},
                       host->name, host->port, security_, contact_patience);
}

void run_nodes::tell_who_is_called() const {
  std::string names;
  for (const auto n : daemons())
    names += (names.empty() ? "" : ", ") + what().nodes[n].name;
  if (!names.empty())
    settings_.on_step("contacting " + names);
}

std::map<node_id, result<machine_look>> run_nodes::survey(settings s) {
  const run_nodes all(std::move(s));
  all.tell_who_is_called();
  std::mutex mutex;
  std::map<node_id, result<machine_look>> found;
  (void)all.in_parallel(all.daemons(), [&](node_id n) -> result<void> {
    auto call = all.call(n);
    const std::lock_guard lock(mutex);
    found.emplace(n, call ? result{all.look(n, **call)} : std::move(call).error());
    return {};
  });
  return found;
}

result<void> run_nodes::contact() {
  const auto called = daemons();
  if (called.empty())
    return {};
  if (auto known = know_ourselves(); !known)
    return known;
  tell_who_is_called();
  auto done = in_parallel(called, [this](node_id n) -> result<void> {
    auto answered = call(n);
    if (!answered)
      return std::move(answered).error();
    processes_[n].call = std::move(*answered);
    return {};
  });
  if (!done)
    return done;
  load_errors wrong;
  for (auto& f : check_machines_met(what(), machines()))
    wrong.add(std::move(f));
  return wrong.none() ? result<void>{} : wrong.joined();
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
  const auto at = parse_listen_address(settings_.access.listen);
  if (!at)
    return error{errc::bad_scenario, "--listen: " + at.error().message};
  auto door = join_door::open(at->name, at->port, security_);
  if (!door)
    return std::move(door).error();
  const auto own = own_facts();
  const auto digest = digest_of_file(what().file);
  const auto here = bracketed((*door)->at().address) + ":" + std::to_string((*door)->at().port);
  const auto deadline = clock::machine_now() + settings_.access.join_timeout;
  while (!awaited.empty()) {
    std::string names;
    for (const auto& [name, n] : awaited)
      names += (names.empty() ? "" : ", ") + name;
    settings_.on_step("waiting for " + names + " to join at " + here);
    if (interrupted())
      return error{errc::closed, "interrupted while waiting for " + names + " to join"};
    if (clock::machine_now() >= deadline) {
      error why{errc::timeout, "no sign of " + names + " within " +
                                   show_duration(settings_.access.join_timeout) +
                                   "; start `peernet-run SCENARIO --node NAME --coordinator " +
                                   here + "` there, or give more time with --join-timeout"};
      if (settings_.on_failure)
        for (const auto& [name, n] : awaited)
          settings_.on_failure(
              n, {why.code, "did not join within " + show_duration(settings_.access.join_timeout)});
      return why;
    }
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
    if (call && digest && comer->said.digest != *digest)
      settings_.on_trouble("node " + wanted->first + " joined with another text of \"" +
                           what().name + "\"; what is run is " + what().file);
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
  const auto nodes = remote_nodes();
  meeting_point ready(nodes.size());
  return in_parallel(nodes, [&](node_id n) -> result<void> {
    auto done = prepare(n, [&](shipping_progress p) {
      const std::lock_guard lock(mutex);
      progress[n] = p;
      shipping_progress sum;
      for (const auto& [node, one] : progress) {
        sum.done += one.done;
        sum.all += one.all;
      }
      settings_.on_step("shipping files: " + show_size(static_cast<double>(sum.done)) + " of " +
                        show_size(static_cast<double>(sum.all)));
    });
    if (!done)
      return ready.arrive(), done;
    return ready.wait([&] { return processes_[n].call->still_here(); });
  });
}

result<void> run_nodes::prepare(node_id n,
                                const std::function<void(shipping_progress)>& on_progress) {
  auto files = files_of(n);
  if (!files)
    return std::move(files).error();
  return processes_[n].call->prepare(what().name, *files, on_progress);
}

/// What a node reads is the scenario with names of its own files.
result<std::vector<file_to_ship>> run_nodes::files_of(node_id node) {
  const auto& name = what().nodes[node].name;
  auto shipped = files_to_ship(what(), name, known_types());
  if (!shipped)
    return std::move(shipped).error();
  std::vector<file_to_ship> all;
  for (const auto& f : *shipped) {
    auto digest = digests_.of(f.path);
    if (!digest)
      return with_key({f.key, std::move(digest).error()});
    std::error_code failed;
    const auto bytes = fs::file_size(f.path, failed);
    if (failed)
      return with_key({f.key, {errc::unreadable, f.path + ": " + failed.message()}});
    all.push_back({{f.name, std::move(*digest), bytes}, f.path});
  }
  processes_[node].shipped.scenario =
      write_scenario(with_shipped_paths(what(), name, *shipped), known_types());
  return all;
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

} // namespace peernet
