// SPDX-License-Identifier: MIT
#include "runtime/config/catalogue.hpp"

#include "runtime/config/builtin_types.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

namespace peernet {

namespace {

/// Keys of the table that a type's own keys stand in.
std::set<std::string_view> keys_around(plugin_kind kind) {
  switch (kind) {
  case plugin_kind::sensor:
    return {"node",      "type",    "count",   "rate",  "arrival",
            "in-flight", "timeout", "max-lag", "phase", "join"};
  case plugin_kind::model:
    return {"node", "model", "count", "queue", "dispatch", "join"};
  case plugin_kind::sink:
    return {"node", "type", "count", "queue", "join"};
  case plugin_kind::codec:
  case plugin_kind::transport:
    break;
  }
  return {"type"};
}

} // namespace

std::string_view to_string(plugin_kind kind) noexcept {
  static constexpr std::array<std::string_view, 5> names{"sensor", "model", "sink", "codec",
                                                         "transport"};
  return names[static_cast<std::size_t>(kind)];
}

const option_def* catalogue_entry::find(std::string_view option) const {
  const auto it = std::find_if(options.begin(), options.end(),
                               [&](const option_def& o) { return o.name == option; });
  return it == options.end() ? nullptr : &*it;
}

const catalogue& catalogue::builtin() {
  static const catalogue all = [] {
    catalogue c;
    for (auto& entry : builtin_types()) {
      [[maybe_unused]] const auto added = c.add(std::move(entry));
      assert(added.ok());
    }
    return c;
  }();
  return all;
}

result<void> catalogue::add(catalogue_entry entry) {
  const auto what = std::string(to_string(entry.kind)) + " type \"" + entry.name + "\"";
  if (const auto* first = find(entry.kind, entry.name))
    return error{errc::bad_scenario,
                 "there are two plugins for the " + what + ": " +
                     (first->module.empty() ? "PeerNet itself" : "peernet-" + first->module) +
                     " brings it, too; rename one"};
  auto taken = keys_around(entry.kind);
  for (const auto& o : entry.options)
    if (!taken.insert(o.name).second)
      return error{errc::bad_scenario,
                   "the " + what + " cannot have an option \"" + o.name + "\": the name is taken"};
  entries_.push_back(std::move(entry));
  return {};
}

const catalogue_entry* catalogue::find(plugin_kind kind, std::string_view name) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const catalogue_entry& e) {
    return e.kind == kind && e.name == name;
  });
  return it == entries_.end() ? nullptr : &*it;
}

std::vector<std::string> catalogue::names(plugin_kind kind) const {
  std::vector<std::string> all;
  for (const auto& e : entries_)
    if (e.kind == kind)
      all.push_back(e.name);
  return all;
}

} // namespace peernet
