// SPDX-License-Identifier: MIT
#include "actors/doctor.hpp"

#include "actors/engine/networks.hpp"
#include "actors/remote/machine.hpp"
#include "runtime/config/shipped_files.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/address.hpp"
#include "runtime/plugin/known_types.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace peernet {

namespace {

/// Of errors that begin with a key.
fault with_key_of(error e) {
  const auto colon = e.message.find(": ");
  return {e.message.substr(0, colon), {e.code, e.message.substr(colon + 2)}};
}

/// "sensors.album.path" → "album"
std::string name_in(const std::string& key) {
  const auto first = key.find('.') + 1;
  return key.substr(first, key.find('.', first) - first);
}

class doctor {
public:
  doctor(const reading& what, const plan& whole, const run_options& options)
      : s_(what.scenario),
        options_(options),
        e_{.what = what,
           .whole = whole,
           .access = options.access,
           .own = look_at_machine(),
           .machines = {},
           .to_ship = {},
           .obstacles = {},
           .missing = {},
           .absent = {},
           .rehearsed = {}} {}

  diagnosis examine() {
    call();
    look_at_addresses();
    look_at_files();
    rehearse();
    if (interrupted())
      return {exit_code::interrupted, {}};
    diagnosis d{exit_code::passed, findings_of(e_)};
    for (const auto code : {exit_code::node_lost, exit_code::internal_error,
                            exit_code::bad_scenario}) // the gravest last
      if (std::ranges::find(d.findings, code, &finding::code) != d.findings.end())
        d.code = code;
    return d;
  }

private:
  [[nodiscard]] bool interrupted() const {
    return options_.interrupts && options_.interrupts->load() > 0;
  }

  /// Who cannot be played is told apart before anything is asked of those who can.
  void call() {
    const auto& access = options_.access;
    const auto nobody = !access.insecure && !access.self;
    for (node_id n = 0; n < s_.nodes.size(); ++n)
      if (is_remote(s_, n) &&
          (nobody || (s_.nodes[n].start == node_start::join && access.listen.empty())))
        e_.absent.insert(n);
    if (nobody)
      return;
    const auto answers =
        run_nodes::survey({.what = e_.what,
                           .whole = e_.whole,
                           .program = options_.program,
                           .access = access,
                           .output = "",
                           .sockets = "",
                           .secret = "",
                           .interrupts = options_.interrupts,
                           .on_trouble = {},
                           .on_step = [this](const std::string& step) {
                             if (options_.on_progress)
                               options_.on_progress({.step = step, .elapsed = {}, .figures = {}});
                           }});
    for (const auto& [n, answer] : answers) {
      if (!answer)
        miss(n, {"", answer.error()});
      else if (!e_.machines.emplace(n, *answer).first->second.facts.busy.empty())
        e_.absent.insert(n);
    }
    for (auto& f : check_machines_met(s_, e_.machines)) {
      const auto name = name_in(f.key);
      const auto node = std::ranges::find(s_.nodes, name, &node_config::name);
      if (f.key.starts_with("links."))
        e_.missing.links.insert(name);
      else if (node != s_.nodes.end()) // of two nodes with one daemon it is the later one
        e_.absent.insert(static_cast<node_id>(node - s_.nodes.begin()));
      e_.obstacles.push_back({std::nullopt, std::move(f)});
    }
  }

  void miss(node_id n, fault why) {
    e_.absent.insert(n);
    e_.obstacles.push_back({n, std::move(why)});
  }

  /// Every node binds all its addresses, used or not.
  void look_at_addresses() {
    for (node_id n = 0; n < s_.nodes.size(); ++n) {
      const auto& config = s_.nodes[n];
      const auto met = e_.machines.find(n);
      if (is_remote(s_, n) && met == e_.machines.end())
        continue;
      const auto& own = (is_remote(s_, n) ? met->second.facts : e_.own).networks;
      std::string all;
      for (const auto& o : own)
        all += (all.empty() ? "" : ", ") + o.address + " (" + o.interface + ")";
      for (const auto& [network, address] : config.addresses) {
        const auto is_it = [&](const machine_network& o) {
          return same_address(o.address, address);
        };
        if (is_loopback(address) || std::ranges::any_of(own, is_it))
          continue;
        e_.missing.addresses.emplace(config.name, network);
        e_.obstacles.push_back(
            {n,
             {"nodes." + config.name + ".addresses." + network,
              {errc::not_found, address + " is no address of this machine; it has " +
                                    (all.empty() ? "none" : all)}}});
      }
    }
  }

  /// What is to be shipped: a node that does not take it all can still be looked at without.
  void look_at_files() {
    for (const auto& [n, machine] : e_.machines) {
      const auto files = files_to_ship(s_, s_.nodes[n].name, known_types());
      if (!files) {
        auto why = with_key_of(files.error());
        e_.missing.stages.insert(name_in(why.key));
        e_.obstacles.push_back({n, std::move(why)});
        continue;
      }
      std::uint64_t bytes = 0;
      for (const auto& f : *files) {
        std::error_code failed;
        const auto size = std::filesystem::file_size(f.path, failed);
        if (!failed && std::ifstream(f.path)) {
          bytes += size;
          continue;
        }
        e_.missing.stages.insert(name_in(f.key));
        note({n, {f.key, {errc::unreadable, f.path + " may not be read by this user"}}});
      }
      e_.to_ship[n] = bytes;
      if (bytes > machine.facts.most_shipped)
        for (const auto& f : *files)
          e_.missing.stages.insert(name_in(f.key));
    }
  }

  /// Until nobody is lost on the way who was thought to be there.
  void rehearse() {
    while (!interrupted() && e_.absent.size() < s_.nodes.size()) {
      for (const auto n : e_.absent)
        e_.missing.nodes.insert(s_.nodes[n].name);
      auto played = e_.what;
      played.scenario = with_understudies(s_, e_.missing);
      played.resolved = write_scenario(played.scenario, known_types());
      auto rehearsing = options_;
      rehearsing.purpose = run_purpose::rehearse;
      auto run = run_scenario(played, rehearsing);
      e_.machines.merge(run.machines);
      const auto completed = run.ending && run.ending->how == run_ending::kind::completed;
      if (!completed && run.obstacles.empty())
        run.obstacles.push_back({std::nullopt, {"", {errc::internal, run.problem}}});
      const auto before = e_.absent.size();
      for (auto& o : run.obstacles)
        note(std::move(o));
      if (completed) {
        e_.rehearsed = run.ending->rehearsed;
        return;
      }
      if (e_.absent.size() == before)
        return;
      for (node_id n = 0; n < s_.nodes.size(); ++n)
        if (s_.nodes[n].start == node_start::join)
          e_.absent.insert(n); // it came for one run, which is over
    }
  }

  void note(obstacle o) {
    if (o.node && o.what.key.empty())
      return miss(*o.node, std::move(o.what));
    const auto known = [&](const obstacle& k) {
      return k.node == o.node && k.what.key == o.what.key;
    };
    if (std::ranges::none_of(e_.obstacles, known))
      e_.obstacles.push_back(std::move(o));
  }

  const scenario& s_;
  const run_options& options_;
  examination e_;
};

} // namespace

diagnosis examine(const reading& what, const run_options& options) {
  const auto whole = make_plan(what.scenario);
  if (!whole)
    return {exit_code::bad_scenario,
            {{finding::grade::bad, "scenario", whole.error().message,
              "change it in " + what.scenario.file, exit_code::bad_scenario}}};
  return doctor(what, *whole, options).examine();
}

} // namespace peernet
