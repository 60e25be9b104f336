// SPDX-License-Identifier: MIT
#include "actors/run_scenario.hpp"

#include "actors/caf_error.hpp"
#include "actors/run_folders.hpp"
#include "actors/system_config.hpp"
#include "runtime/config/absolute_paths.hpp"
#include "runtime/config/machines.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/plugin/known_types.hpp"
#include "transports/security.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <sstream>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr duration farewell_patience = 5s; ///< for the store's end to be told to all

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
  return exit_code_of(e.reason.code);
}

} // namespace

exit_code exit_code_of(errc why) noexcept {
  switch (why) {
  case errc::timeout:
  case errc::node_lost:
  case errc::refused:
  case errc::closed:
  case errc::corrupt:
  case errc::absent:
  case errc::untrusted:
  case errc::unencrypted:
  case errc::other_version:
  case errc::busy:
    return exit_code::node_lost;
  case errc::internal:
  case errc::io:
    return exit_code::internal_error;
  default:
    return exit_code::bad_scenario;
  }
}

namespace {

/// Each line of a node's error begins with the key it is about; the user wants the place in the
/// file.
std::string located(const reading& what, const std::string& message) {
  if (message.find(": ") == std::string::npos)
    return message;
  mistakes all(what.places);
  std::string others; // begin with no key
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    const auto key = line.substr(0, line.find(": "));
    if (key.find(' ') == std::string::npos)
      all.add(what.places.find(key), line);
    else
      others += line + "\n";
  }
  auto text = to_string(all.list()) + others;
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

/// One run's processes and actors, in the order in which they must come and go.
class scenario_run {
public:
  scenario_run(const reading& what, const run_options& options, std::shared_ptr<const plan> whole,
               std::string secret, private_folder sockets)
      : what_(what),
        options_(options),
        scenario_(std::make_shared<const scenario>(what.scenario)),
        plan_(std::move(whole)),
        secret_(std::move(secret)),
        sockets_(std::move(sockets)) {}

  run_result run() {
    if (options_.purpose == run_purpose::measure) {
      auto folder = make_results_folder(options_.output, scenario_->name);
      if (!folder)
        return {exit_code::bad_scenario, "", nullptr, std::move(folder).error().message};
      folder_ = std::move(*folder);
    }
    auto watcher =
        start_thread("interrupts", [this](const std::stop_token& stop) { watch_interrupts(stop); });
    auto ending = begin();
    watcher.request_stop();
    watcher.join();
    std::error_code ignored;
    if (!opened_ && !folder_.empty())
      fs::remove(folder_, ignored); // a run that did not begin leaves nothing
    return ending;
  }

private:
  /// Processes first: no child shall inherit what the actor system opens.
  run_result begin() {
    auto nodes = run_nodes::start(
        {.what = what_,
         .whole = *plan_,
         .program = options_.program,
         .access = options_.access,
         .output = folder_,
         .sockets = sockets_.path(),
         .secret = secret_,
         .interrupts = options_.interrupts,
         .on_trouble = [this](const std::string& what) { say("warning: " + what); },
         .on_step = [this](const std::string& step) { show(step); },
         .rehearsal = options_.purpose == run_purpose::rehearse,
         .apart = options_.purpose != run_purpose::check, // it needs rights, and nothing is sent
         .on_failure =
             [this](node_id node, const error& why) {
               obstacles_.push_back({node, {"", why}});
             }});
    if (!nodes)
      return not_started(std::move(nodes).error());
    nodes_ = std::move(*nodes);
    system_config config;
    caf::actor_system system(config);
    auto ending = drive(system);
    {
      const std::lock_guard lock(driver_mutex_);
      driver_ = nullptr; // no handle may outlive the actor system
    }
    // A middleman that stops while it is being told keeps its sender, and with it this system,
    // alive.
    if (metrics_over_.valid())
      metrics_over_.wait_for(farewell_patience);
    // Of a coordinator that ended by itself nothing is known: nobody is waited for long, then.
    nodes_->say_farewell(ending.ending ? ending.ending->lost
                                       : std::vector<bool>(plan_->nodes.size(), true));
    ending.machines = nodes_->machines();
    for (const auto& p : nodes_->problems())
      say("warning: " + p);
    return ending;
  }

  run_result not_started(error why) const {
    run_ending e;
    e.how = options_.interrupts && options_.interrupts->load() > 0 ? run_ending::kind::interrupted
                                                                   : run_ending::kind::not_started;
    e.reason = std::move(why);
    const auto& [code, message] = e.reason;
    const auto of_scenario = code == errc::bad_scenario || code == errc::too_large ||
                             code == errc::unreadable; // begins with a key, then
    auto obstacles = obstacles_;
    if (obstacles.empty())
      obstacles.push_back({std::nullopt, {"", e.reason}});
    return {.code = code_of(e),
            .folder = "",
            .summary = nullptr,
            .problem = of_scenario ? located(what_, message) : message,
            .obstacles = std::move(obstacles)};
  }

  run_result drive(caf::actor_system& system) {
    auto members = nodes_->attach(system);
    if (!members)
      return not_started(std::move(members).error());
    auto config = configure(std::move(*members));
    std::vector<probe_network> networks;
    for (const auto& n : nodes_->own_networks())
      networks.push_back({.name = n.network, .address = n.address});
    auto prober = probe_service::start({.clock = &reference_, .secret = secret_}, networks);
    if (!prober)
      return {exit_code::internal_error, "", nullptr, "clock probes: " + prober.error().message};
    config.prober = std::move(*prober);
    config.open_results = [this, &system](const layout& shape) {
      return open_results(system, shape);
    };
    caf::scoped_actor self(system);
    auto driver = self->spawn(actors::coordinator, std::move(config));
    return await(self, driver);
  }

  actors::coordinator_config configure(std::vector<member> members) const {
    return {.what = scenario_,
            .whole = plan_,
            .members = std::move(members),
            .open_results = {},
            .on_progress = options_.on_progress,
            .isolated = nodes_->isolated()};
  }

  result<local_metrics_actor> open_results(caf::actor_system& system, const layout& shape) {
    const auto resolved = fs::path(folder_) / "scenario.toml";
    // It can be run again from there.
    const auto text = write_scenario(with_absolute_paths(*scenario_, known_types()), known_types());
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
    self->request(driver, caf::infinite, start_atom::value, options_.purpose)
        .receive([&](const ending_ptr& e) { ending = e; },
                 [&](const caf::error& e) {
                   vanished = "the coordinator ended: " + from_caf(e).message;
                 });
    if (!ending)
      return {exit_code::internal_error, folder_, nullptr, vanished};
    run_result r{code_of(*ending), opened_ ? folder_ : "", ending->summary, "", ending};
    r.obstacles = ending->obstacles;
    if (ending->how == run_ending::kind::not_started)
      r.problem = located(what_, ending->reason.message);
    else if (ending->how != run_ending::kind::completed)
      r.problem = ending->reason.message;
    if (ending->how == run_ending::kind::node_lost)
      r.problem += nodes_->bad_ends();
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

  /// What happens before there is a coordinator to tell it.
  void show(const std::string& step) const {
    if (options_.on_progress)
      options_.on_progress({.step = step, .elapsed = {}, .figures = {}});
  }

  const reading& what_;
  const run_options& options_;
  const std::shared_ptr<const scenario> scenario_;
  const std::shared_ptr<const plan> plan_;
  const std::string secret_;
  const peernet::clock reference_;
  const private_folder sockets_;
  std::unique_ptr<run_nodes> nodes_;
  std::vector<obstacle> obstacles_; ///< of nodes that could not start
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
  auto sockets = needs_socket_folder(what.scenario, known_types()) ? private_folder::make()
                                                                   : private_folder::none();
  if (!sockets)
    return failed(exit_code::internal_error, std::move(sockets).error());
  return scenario_run(what, options, std::make_shared<const plan>(std::move(*whole)),
                      std::move(*secret), std::move(*sockets))
      .run();
}

} // namespace peernet
