// SPDX-License-Identifier: MIT
#include "tools/peernet-run/remote_options.hpp"

#include "actors/node_service.hpp"
#include "actors/remote/digest.hpp"
#include "actors/remote/file_store.hpp"
#include "actors/remote/trust.hpp"
#include "runtime/config/node_host.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/core/units.hpp"

#include <algorithm>
#include <iostream>

namespace peernet {

namespace {

constexpr duration join_patience = std::chrono::seconds{10};

} // namespace

result<remote_access> resolve(const remote_options& given) {
  remote_access access{.insecure = given.insecure, .listen = given.listen};
  const auto wait = parse_duration(given.join_timeout);
  if (!wait || *wait <= duration{0})
    return error{errc::bad_scenario, "--join-timeout: write a time such as \"60s\""};
  access.join_timeout = *wait;
  if (!given.ports.empty()) {
    const auto ports = parse_port_range(given.ports);
    if (!ports)
      return error{errc::bad_scenario, "--ports: " + ports.error().message};
    access.ports = *ports;
  }
  const auto folder = given.identity_folder.empty()
                          ? default_identity_folder()
                          : result{std::filesystem::absolute(given.identity_folder)};
  if (given.insecure)
    return access;
  auto self = folder ? identity::load(*folder) : result<identity>{folder.error()};
  if (folder)
    access.folder = *folder;
  const auto readable = trust(access.folder).all();
  if (self && readable) {
    access.self = std::move(*self);
    return access;
  }
  const auto& why = self ? readable.error() : self.error();
  access.why_nobody = why.message;
  access.kind_of_nobody = why.code;
  return access;
}

exit_code join_run(const reading& what, const remote_options& given, const remote_access& access,
                   const std::string& program, const std::atomic<int>& interrupts,
                   std::string& problem) {
  const auto failed = [&](exit_code code, std::string why) {
    problem = std::move(why);
    return code;
  };
  if (given.node.empty() || given.coordinator.empty())
    return failed(exit_code::bad_scenario, "--node and --coordinator belong together");
  const auto& nodes = what.scenario.nodes;
  if (std::ranges::find(nodes, given.node, &node_config::name) == nodes.end())
    return failed(exit_code::bad_scenario,
                  "--node: " + what.scenario.file + " has no node \"" + given.node + "\"");
  const auto at = parse_node_host(given.coordinator);
  if (!at)
    return failed(exit_code::bad_scenario, "--coordinator: " + at.error().message);
  if (!access.self && !access.insecure)
    return failed(exit_code::bad_scenario, access.why_nobody);
  const stream_security security{.self = access.self ? &*access.self : nullptr,
                                 .welcome = [known = trust(access.folder)](const fingerprint& f) {
                                   return known.knows(f, peer_role::coordinator);
                                 }};
  auto stream = framed_stream::connect(at->name, at->port, security,
                                       {clock::machine_now() + join_patience, &interrupts});
  if (!stream && interrupts.load() > 0)
    return failed(exit_code::interrupted, "interrupted");
  if (!stream)
    return failed(exit_code::node_lost,
                  "coordinator " + to_string(*at) + ": " + stream.error().message);
  const auto cache = default_cache_folder();
  if (!cache)
    return failed(exit_code::bad_scenario, cache.error().message);
  node_service service(
      {.name = access.self ? access.self->name() : given.node,
       .program = program,
       .plugins = "",
       .ports = access.ports,
       .cache = *cache,
       .log = [](const std::string& line) { std::cerr << "peernet-run: " << line << std::endl; }});
  std::stop_source stop;
  const auto watcher = start_thread("interrupts", [&](const std::stop_token& over) {
    while (!over.stop_requested() && interrupts.load() == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    stop.request_stop();
  });
  const auto digest = digest_of_file(what.scenario.file);
  if (!digest)
    return failed(exit_code::bad_scenario, digest.error().message);
  // The worker dies with the thread that starts it: this one, which lives as long as the run.
  const auto done = service.serve(std::move(*stream), to_string(*at), stop.get_token(),
                                  joining{given.node, what.scenario.name, *digest});
  if (interrupts.load() > 0)
    return failed(exit_code::interrupted, "interrupted");
  if (!done)
    return failed(exit_code::node_lost,
                  "coordinator " + to_string(*at) + ": " + done.error().message);
  return exit_code::passed;
}

} // namespace peernet
