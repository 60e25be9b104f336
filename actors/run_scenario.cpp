// SPDX-License-Identifier: MIT
#include "actors/run_scenario.hpp"

#include "actors/attach.hpp"
#include "actors/caf_error.hpp"
#include "actors/child_process.hpp"
#include "actors/run_folders.hpp"
#include "actors/system_config.hpp"
#include "actors/worker.hpp"
#include "runtime/config/absolute_paths.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/thread.hpp"
#include "transports/security.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <sstream>
#include <unistd.h>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr duration attach_patience = 15s;
constexpr duration farewell_patience = 5s; ///< for nodes to end by themselves
constexpr duration lost_patience = 300ms;  ///< the same, when one is known not to answer

exit_code code_of(run_verdict v) {
  switch (v) {
  case run_verdict::valid:
    return exit_code::passed;
  case run_verdict::failed:
    return exit_code::expectation_failed;
  case run_verdict::undecidable:
  case run_verdict::invalid:
    return exit_code::invalid;
  case run_verdict::interrupted:
    return exit_code::interrupted;
  case run_verdict::node_lost:
    break;
  }
  return exit_code::node_lost;
}

/// Where several apply, the gravest: 2, 1, 5, 7, 4, 3.
exit_code code_of(const run_ending& e) {
  const auto verdict = e.summary ? e.summary->verdict : run_verdict::valid;
  switch (e.how) {
  case run_ending::kind::completed:
    return code_of(verdict);
  case run_ending::kind::interrupted: // a node may have been lost on the way out
    return verdict == run_verdict::node_lost ? exit_code::node_lost : exit_code::interrupted;
  case run_ending::kind::node_lost:
    return exit_code::node_lost;
  case run_ending::kind::failed:
    return exit_code::internal_error;
  case run_ending::kind::not_started:
    break;
  }
  switch (e.reason.code) {
  case errc::timeout:
  case errc::node_lost:
  case errc::refused:
    return exit_code::node_lost;
  case errc::internal:
  case errc::io:
    return exit_code::internal_error;
  default:
    return exit_code::bad_scenario;
  }
}

/// Each line of a node's error begins with the key it is about; the user wants the place in the
/// file.
std::string located(const reading& what, const std::string& message) {
  if (message.find(": ") == std::string::npos)
    return message;
  mistakes all(what.places);
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(": ");
    all.add(what.places.find(line.substr(0, colon == std::string::npos ? 0 : colon)), line);
  }
  auto text = to_string(all.list());
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

/// Pairs of nodes that talk without the coordinator between them: those joined by a link over CAF,
/// and those where a sample of a closed-loop sensor may end with the sensor's own. The smaller
/// number comes first.
std::set<std::pair<node_id, node_id>> direct_connections(const scenario& s, const plan& p) {
  std::set<std::pair<node_id, node_id>> pairs;
  const auto add = [&](node_id a, node_id b) {
    if (a != b)
      pairs.emplace(std::min(a, b), std::max(a, b));
  };
  for (const auto& lane : p.lanes)
    if (s.links[p.places[lane.link].config].transport == "caf")
      add(p.instances[lane.from].node, p.instances[lane.to].node);
  for (std::size_t n = 0; n < p.sensors.size(); ++n) {
    const auto& sensor = p.instances[p.sensors[n]];
    if (s.sensors[p.places[sensor.place].config].arrival != arrival::closed_loop)
      continue;
    const auto root = p.sensor_routes[n];
    for (auto r = root; r < root + sensor.routes_below; ++r)
      add(sensor.node, p.routes[r].node);
  }
  return pairs;
}

/// One run's processes and actors, in the order in which they must come and go.
class local_run {
public:
  ~local_run() {
    for (const int fd : control_)
      if (fd >= 0)
        ::close(fd);
  }

  local_run(const reading& what, const run_options& options, std::shared_ptr<const plan> whole,
            std::string secret, private_folder sockets)
      : what_(what),
        options_(options),
        scenario_(std::make_shared<const scenario>(what.scenario)),
        plan_(std::move(whole)),
        secret_(std::move(secret)),
        sockets_(std::move(sockets)) {}

  run_result run() {
    if (!options_.check) {
      auto folder = make_results_folder(options_.output, scenario_->name);
      if (!folder)
        return {exit_code::bad_scenario, "", nullptr, std::move(folder).error().message};
      folder_ = std::move(*folder);
    }
    // Children first: they are started before this process has any other thread.
    if (auto started = start_children(); !started)
      return {exit_code::internal_error, "", nullptr, std::move(started).error().message};
    system_config config;
    caf::actor_system system(config);
    auto watcher =
        start_thread("interrupts", [this](const std::stop_token& stop) { watch_interrupts(stop); });
    auto ending = drive(system);
    watcher.request_stop();
    watcher.join();
    driver_ = nullptr; // no handle may outlive the actor system
    // A middleman that stops while it is being told keeps its sender, and with it this system,
    // alive.
    if (metrics_over_.valid())
      metrics_over_.wait_for(farewell_patience);
    say_farewell(ending.code != exit_code::node_lost);
    std::error_code ignored;
    if (!opened_ && !folder_.empty())
      fs::remove(folder_, ignored); // a run that did not begin leaves nothing
    return ending;
  }

private:
  result<void> start_children() {
    std::vector<std::vector<peer_socket>> peers(plan_->nodes.size());
    const auto close_all = [&] {
      for (const auto& sockets : peers)
        for (const auto& s : sockets)
          ::close(s.fd);
    };
    for (const auto& [a, b] : direct_connections(*scenario_, *plan_)) {
      auto pair = make_socket_pair();
      if (!pair)
        return close_all(), std::move(pair).error();
      peers[a].push_back({.peer = b, .fd = pair->ours, .offers = true});
      peers[b].push_back({.peer = a, .fd = pair->theirs, .offers = false});
    }
    for (node_id i = 0; i < plan_->nodes.size(); ++i)
      if (auto started = start_child(i, peers[i]); !started)
        return close_all(), std::move(started).error();
    close_all(); // the children have their own
    return {};
  }

  result<void> start_child(node_id number, const std::vector<peer_socket>& peers) {
    auto pair = make_socket_pair();
    if (!pair)
      return std::move(pair).error();
    std::vector<int> inherited{pair->theirs};
    for (const auto& p : peers)
      inherited.push_back(p.fd);
    auto child = child_process::start(options_.program,
                                      worker_arguments(pair->theirs, number, peers), inherited);
    ::close(pair->theirs);
    control_.push_back(pair->ours);
    if (!child)
      return std::move(child).error();
    children_.push_back(std::move(*child));
    return {};
  }

  run_result drive(caf::actor_system& system) {
    std::vector<member> members;
    for (std::size_t i = 0; i < control_.size(); ++i) {
      auto root = attach_to(system, std::exchange(control_[i], -1), attach_patience);
      if (!root) {
        const auto end = children_[i].ended();
        return {exit_code::node_lost, "", nullptr,
                "node " + plan_->nodes[i] +
                    " did not come up: " + (end ? *end : root.error().message)};
      }
      members.push_back({plan_->nodes[i], caf::actor_cast<node_actor>(*root)});
    }
    auto config = configure(system, std::move(members));
    auto prober = probe_service::start({.clock = &reference_, .secret = secret_},
                                       {{.name = "", .address = "127.0.0.1"}});
    if (!prober)
      return {exit_code::internal_error, "", nullptr, "clock probes: " + prober.error().message};
    config.prober = std::move(*prober);
    caf::scoped_actor self(system);
    auto driver = self->spawn(actors::coordinator, std::move(config));
    return await(self, driver);
  }

  actors::coordinator_config configure(caf::actor_system& system, std::vector<member> members) {
    return {.what = scenario_,
            .whole = plan_,
            .members = std::move(members),
            .shipped = {.scenario = what_.resolved,
                        .file = scenario_->file,
                        .directory =
                            fs::absolute(scenario_->directory.empty() ? "." : scenario_->directory)
                                .string(),
                        .node = "",
                        .output = folder_.empty() ? "" : fs::absolute(folder_).string(),
                        .sockets = sockets_.path(),
                        .secret = secret_},
            .open_results = [this,
                             &system](const layout& shape) { return open_results(system, shape); },
            .on_progress = options_.on_progress};
  }

  result<local_metrics_actor> open_results(caf::actor_system& system, const layout& shape) {
    const auto resolved = fs::path(folder_) / "scenario.toml";
    // It can be run again from there.
    const auto text =
        write_scenario(with_absolute_paths(*scenario_, catalogue::builtin()), catalogue::builtin());
    if (std::ofstream out(resolved); !(out << text << std::flush))
      return error{errc::io, "cannot write " + resolved.string() + ": is the disk full?"};
    opened_ = true;
    auto db = store::create(fs::path(folder_) / "run.db");
    if (!db)
      return std::move(db).error();
    auto metrics = system.spawn<caf::detached>(
        actors::metrics,
        actors::metrics_config{.into = std::make_shared<store>(std::move(*db)),
                               .folder = folder_,
                               .shape = shape,
                               .on_event = [this](const run_event& e) { tell(e); }});
    // What was attached first is told last: then nobody else waits to be told any more.
    metrics_over_ = metrics_promise_.get_future();
    caf::actor_cast<caf::abstract_actor*>(metrics)->attach_functor(
        [this] { metrics_promise_.set_value(); });
    return metrics;
  }

  run_result await(caf::scoped_actor& self, const coordinator_actor& driver) {
    {
      const std::lock_guard lock(driver_mutex_);
      driver_ = driver;
    }
    ending_ptr ending;
    std::string vanished;
    self->request(driver, caf::infinite, start_atom::value, options_.check)
        .receive([&](const ending_ptr& e) { ending = e; },
                 [&](const caf::error& e) {
                   vanished = "the coordinator ended: " + from_caf(e).message;
                 });
    if (!ending)
      return {exit_code::internal_error, folder_, nullptr, vanished};
    run_result r{code_of(*ending), opened_ ? folder_ : "", ending->summary, ""};
    if (ending->how == run_ending::kind::not_started)
      r.problem = located(what_, ending->reason.message);
    else if (ending->how != run_ending::kind::completed)
      r.problem = ending->reason.message;
    if (ending->how == run_ending::kind::node_lost)
      r.problem += ends_of_children();
    return r;
  }

  /// Passes the first wish to stop on as soon as there is a coordinator to hear it; obeys the
  /// second at once.
  void watch_interrupts(const std::stop_token& stop) {
    for (bool passed_on = false; options_.interrupts && !stop.stop_requested();
         std::this_thread::sleep_for(20ms)) {
      const auto wishes = options_.interrupts->load();
      if (wishes > 1)
        cut_off();
      const std::lock_guard lock(driver_mutex_);
      if (wishes > 0 && !passed_on && driver_) {
        caf::anon_send(driver_, signal_atom::value);
        passed_on = true;
      }
    }
  }

  [[noreturn]] void cut_off() {
    sockets_.remove();
    std::error_code ignored;
    if (!opened_ && !folder_.empty())
      fs::remove(folder_, ignored);
    say(opened_ ? "the run was cut off; what had been measured lies in " + folder_ +
                      "/run.db as it came in"
                : "the run was cut off before it began");
    std::_Exit(static_cast<int>(exit_code::interrupted)); // the children die with us
  }

  void say(const std::string& line) const {
    if (options_.on_message)
      options_.on_message(line);
  }

  /// Passes an event on to the user; of many alike the first are enough. Thread: the metrics
  /// actor's.
  void tell(const run_event& e) {
    constexpr std::size_t most_alike = 5;
    const auto count = ++told_[{e.node, e.what}];
    if (count > most_alike)
      return;
    say((e.severity == severity::info      ? ""
         : e.severity == severity::warning ? "warning: "
                                           : "error: ") +
        e.detail);
    if (count == most_alike)
      say("further events \"" + e.what + "\" are in " + folder_ + "/run.db only");
  }

  /// What the system says of nodes that ended before their time: it knows a moment after their
  /// connections have closed.
  std::string ends_of_children() {
    const auto deadline = clock::machine_now() + lost_patience;
    std::string ends;
    for (std::size_t i = 0; i < children_.size(); ++i)
      if (const auto end = children_[i].wait(deadline); end && *end != "exit code 0")
        ends += " (" + plan_->nodes[i] + ": " + *end + ")";
    return ends;
  }

  /// Nodes end by themselves when told to; one that was lost may not have heard.
  void say_farewell(bool all_well) {
    const auto deadline = clock::machine_now() + (all_well ? farewell_patience : lost_patience);
    for (auto& c : children_)
      if (!c.wait(deadline))
        c.kill();
  }

  const reading& what_;
  const run_options& options_;
  const std::shared_ptr<const scenario> scenario_;
  const std::shared_ptr<const plan> plan_;
  const std::string secret_;
  const peernet::clock reference_;
  const private_folder sockets_;
  std::vector<child_process> children_;
  std::vector<int> control_;
  std::mutex driver_mutex_;
  coordinator_actor driver_;                                    ///< null until it is spawned
  std::string folder_;                                          ///< of the results
  std::atomic<bool> opened_ = false;                            ///< there is something in it
  std::map<std::pair<node_id, std::string>, std::size_t> told_; ///< events, by node and kind
  std::promise<void> metrics_promise_;
  std::future<void> metrics_over_; ///< the metrics actor has ended and everybody knows
};

} // namespace

run_result run_scenario(const reading& what, const run_options& options) {
  const auto failed = [](exit_code code, error e) {
    return run_result{code, "", nullptr, std::move(e.message)};
  };
  auto whole = make_plan(what.scenario);
  if (!whole)
    return failed(exit_code::bad_scenario, std::move(whole).error());
  auto secret = make_run_secret();
  if (!secret)
    return failed(exit_code::internal_error, std::move(secret).error());
  const auto by_path = [](const link_config& l) { return l.transport == "zmq-ipc"; };
  auto sockets = std::ranges::any_of(what.scenario.links, by_path) ? private_folder::make()
                                                                   : private_folder::none();
  if (!sockets)
    return failed(exit_code::internal_error, std::move(sockets).error());
  return local_run(what, options, std::make_shared<const plan>(std::move(*whole)),
                   std::move(*secret), std::move(*sockets))
      .run();
}

} // namespace peernet
