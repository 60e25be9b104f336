// SPDX-License-Identifier: MIT
#include "actors/remedies.hpp"

#include "actors/engine/networks.hpp"
#include "runtime/config/catalogue.hpp"
#include "runtime/config/node_host.hpp"
#include "runtime/config/stages.hpp"
#include "runtime/plugin/known_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace peernet {

namespace {

constexpr const char* example_ports = "7500-7599";

/// Of errors that begin with it.
std::string without_node(const std::string& name, const std::string& message) {
  const auto begin = "node " + name;
  const auto colon = message.find(": ");
  return message.starts_with(begin) && colon != std::string::npos &&
                 (colon == begin.size() || message[begin.size()] == ' ')
             ? message.substr(colon + 2)
             : message;
}

/// A node's range of ports; "" if it takes any.
std::string ports_of(const examination& e, node_id node) {
  const auto found = e.machines.find(node);
  if (found != e.machines.end())
    return found->second.facts.ports;
  return e.access.ports.any() ? "" : to_string(e.access.ports);
}

/// Nothing else that is busy comes as an obstacle.
std::string no_port(const examination& e, node_id node) {
  return "no port of " + ports_of(e, node) + " is free";
}

std::string more_ports(const examination& e, node_id node) {
  return fmt::format("give {} on {} more ports than --ports {}, or end who has them (`ss -tulnp` "
                     "tells)",
                     is_remote(e.what.scenario, node) ? "peernet-node" : "peernet-run",
                     machine_of(e, node), ports_of(e, node));
}

/// Everything that may be wrong with one node's machine, or on the way to it.
class machine_trouble {
public:
  machine_trouble(node_id node, const error& why, const examination& e)
      : e_(e), config_(e.what.scenario.nodes[node]), node_(node), why_(why) {
    if (auto host = parse_node_host(config_.host))
      host_ = std::move(*host);
  }

  [[nodiscard]] finding explain() const {
    return {.how = finding::grade::bad,
            .about = "node " + config_.name,
            .what = what(),
            .remedy = config_.start == node_start::child ? remedy_here() : remedy_there(),
            .code = exit_code_of(why_.code)};
  }

private:
  [[nodiscard]] std::string what() const {
    if (why_.code == errc::absent && host_)
      return "nobody listens at " + to_string(*host_);
    return why_.code == errc::busy ? no_port(e_, node_) : without_node(config_.name, why_.message);
  }

  /// As peernet-node takes it.
  [[nodiscard]] std::string listen() const {
    return host_ && is_ip_address(host_->name)
               ? "--listen " + config_.host
               : fmt::format("--listen ADDRESS:{}", host_ ? host_->port : default_node_port);
  }

  [[nodiscard]] std::string remedy_there() const {
    switch (why_.code) {
    case errc::not_found:
      return fmt::format("correct the name at {}, or write an IP address; `getent hosts NAME` "
                         "shows what this machine can resolve",
                         place_of(e_.what, "nodes." + config_.name + ".host"));
    case errc::absent:
      return "start `peernet-node " + listen() + "` there";
    case errc::timeout:
      return config_.start == node_start::join ? join() : reach();
    case errc::untrusted:
      return config_.start == node_start::join
                 ? "pair the two machines, then join again"
                 : fmt::format("pair anew: `peernet-node --invite` there, then here `peernet-node "
                               "--pair {} TOKEN`",
                               config_.host);
    case errc::unencrypted:
      return e_.access.insecure
                 ? "leave --insecure out here, or start peernet-node with it there"
                 : "start peernet-node there without --insecure, or give it here, too";
    case errc::other_version:
      return "build the same version on both: `peernet-node --version` there, `peernet-run "
             "--version` "
             "here";
    case errc::busy:
      return more_ports(e_, node_);
    default:
      return "see what peernet-node says in its log there";
    }
  }

  [[nodiscard]] std::string join() const {
    return fmt::format("start `peernet-run {} --node {} --coordinator {}` there, or give it more "
                       "time with --join-timeout",
                       e_.what.scenario.file, config_.name, e_.access.listen);
  }

  [[nodiscard]] std::string reach() const {
    return fmt::format("see that it is on (`ping {}`), and let TCP port {} through its firewall",
                       host_ ? host_->name : config_.host, host_ ? host_->port : default_node_port);
  }

  [[nodiscard]] std::string remedy_here() const {
    if (why_.code == errc::busy)
      return more_ports(e_, node_);
    return "free memory, disk or descriptors (`free`, `df`, `ulimit -n`) if that is what it lacks; "
           "else tell PeerNet's developers";
  }

  const examination& e_;
  const node_config& config_;
  const node_id node_;
  const error& why_;
  std::optional<node_host> host_; ///< where its daemon is, if it has one
};

/// A key that cannot be had as the scenario says.
class key_trouble {
public:
  key_trouble(const obstacle& o, const examination& e)
      : o_(o),
        e_(e),
        place_(place_of(e.what, o.what.key)),
        no_port_(o.node && o.what.why.code == errc::busy) {
    const auto& key = o.what.key;
    for (const auto& r : stages_of(e.what.scenario))
      if (key == r.path() || key.starts_with(r.path() + "."))
        if ((stage_ = r.stage); (type_ = known_types().find(plugin_of(r.kind), stage_->type)))
          option_ = type_->find(key.substr(std::min(key.size(), r.path().size() + 1)));
    if (const auto* path = option_ ? stage_->settings.find<std::string>(option_->name) : nullptr)
      look_for(*path);
    for (const auto& l : e.what.scenario.links)
      if (key == "links." + l.name + ".codec" && l.codecs.size() == 1)
        type_ = known_types().find(plugin_kind::codec, l.codecs.front().type);
  }

  [[nodiscard]] finding explain() const {
    const auto& name = o_.node ? e_.what.scenario.nodes[*o_.node].name : "";
    const auto on = o_.node ? fmt::format("node {} on {}: ", name, machine_of(e_, *o_.node)) : "";
    return {.how = finding::grade::bad,
            .about = o_.what.key,
            .what = missing_ ? missing()
                             : on + (no_port_ ? no_port(e_, *o_.node)
                                              : without_node(name, o_.what.why.message)),
            .remedy = remedy(),
            .code = exit_code_of(o_.what.why.code)};
  }

private:
  /// A relative path begins here for children, and in an empty folder for others, to which what is
  /// here is shipped: what is not here is not there.
  void look_for(const std::string& written) {
    namespace fs = std::filesystem;
    if (!is_path(option_->kind, written) || fs::path(written).is_absolute())
      return;
    std::error_code failed;
    here_ = fs::absolute(fs::path(e_.what.scenario.directory) / written, failed).lexically_normal();
    missing_ = !fs::exists(here_, failed);
  }

  [[nodiscard]] std::string missing() const {
    const auto what = option_->kind == option_kind::folder ? "folder" : "file";
    return fmt::format("there is no {} {}{}", what, here_.string(),
                       there() == "here" ? "" : ", which would be shipped to " + machine());
  }

  [[nodiscard]] std::string machine() const { return o_.node ? machine_of(e_, *o_.node) : ""; }
  [[nodiscard]] std::string there() const {
    return o_.node && is_remote(e_.what.scenario, *o_.node) ? "on " + machine() : "here";
  }
  [[nodiscard]] std::string change() const { return "change it at " + place_; }

  [[nodiscard]] std::string remedy() const {
    if (no_port_)
      return more_ports(e_, *o_.node);
    if (option_)
      return remedy_for_option();
    return type_ && !has(type_->module)
               ? fmt::format("install PeerNet's plugin peernet-{}.so {}", type_->module, there())
               : change();
  }

  /// The machine has this plugin.
  [[nodiscard]] bool has(const std::string& module) const {
    const auto found = o_.node ? e_.machines.find(*o_.node) : e_.machines.end();
    const auto& plugins = (found == e_.machines.end() ? e_.own : found->second.facts).plugins;
    return module.empty() || std::ranges::find(plugins, module) != plugins.end();
  }

  [[nodiscard]] std::string remedy_for_option() const {
    const auto* written = stage_->settings.find<std::string>(option_->name);
    const auto value = written ? *written : "";
    switch (option_->kind) {
    case option_kind::media:
      if (value.find("://") != std::string::npos)
        return fmt::format("see that {} can be opened {} (`ffprobe` tells), or {}", value, there(),
                           change());
      if (!is_path(option_->kind, value) || value.starts_with("/dev/"))
        return fmt::format("plug the camera in {}: `ls -l /dev/video*` shows which there are and "
                           "which group may read them; or {}",
                           there(), change());
      [[fallthrough]];
    case option_kind::file:
    case option_kind::folder:
      return (missing_ ? "put it there, or " : "put a right one in its place, or ") + change();
    case option_kind::output:
      return "make the folder one that this user may write to, or " + change();
    default:
      return change();
    }
  }

  const obstacle& o_;
  const examination& e_;
  const std::string place_; ///< where it was written
  const bool no_port_;
  const stage_config* stage_ = nullptr;
  const catalogue_entry* type_ = nullptr;
  const option_def* option_ = nullptr; ///< null if it is about the stage or link as a whole
  std::filesystem::path here_;         ///< where a relative path leads
  bool missing_ = false;               ///< to nothing
};

} // namespace

finding explain(const obstacle& o, const examination& e) {
  if (!o.what.key.empty())
    return key_trouble(o, e).explain();
  if (o.node)
    return machine_trouble(*o.node, o.what.why, e).explain();
  return {.how = finding::grade::bad,
          .about = "this machine",
          .what = o.what.why.message,
          .remedy =
              "free memory, disk or descriptors (`free`, `df`, `ulimit -n`) if that is what it "
              "lacks; else tell PeerNet's developers",
          .code = exit_code_of(o.what.why.code)};
}

std::string place_of(const reading& what, std::string_view key) {
  const auto at = what.places.find(key);
  const auto& file = what.places.name(at);
  return at.where.line == 0 ? file : fmt::format("{}:{}:{}", file, at.where.line, at.where.column);
}

std::string machine_of(const examination& e, node_id node) {
  if (!is_remote(e.what.scenario, node))
    return "this machine";
  const auto found = e.machines.find(node);
  return found == e.machines.end()
             ? e.what.scenario.nodes[node].host
             : fmt::format("{} ({})", found->second.facts.host, found->second.at.address);
}

std::string open_ports(const examination& e, node_id node, std::string_view protocol) {
  const auto range = ports_of(e, node);
  const auto machine = machine_of(e, node);
  if (range.empty())
    return fmt::format("give {} on {} --ports {}, and let these {} ports through its "
                       "firewall",
                       is_remote(e.what.scenario, node) ? "peernet-node" : "peernet-run", machine,
                       example_ports, protocol);
  return fmt::format("let {} ports {} through the firewall of {}", protocol, range, machine);
}

} // namespace peernet
