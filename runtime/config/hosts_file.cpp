// SPDX-License-Identifier: MIT
#include "runtime/config/hosts_file.hpp"

#include "runtime/config/fields.hpp"
#include "runtime/config/scenario_file.hpp"
#include "runtime/config/validate.hpp"

#include <algorithm>
#include <array>

namespace peernet {

namespace {

constexpr std::array<std::string_view, 3> keys{"host", "addresses", "start"};

const std::string form = "[NAME] with host = \"10.0.0.5:7447\"";

/// Calls `what` with the name and keys of every node.
template <class What>
void for_each_node(document_table& root, What what) {
  auto* entry = root.find("nodes");
  auto* nodes = entry ? entry->value.as<document_table>() : nullptr;
  if (!nodes)
    return;
  for (auto& node : nodes->entries)
    if (auto* table = node.value.as<document_table>())
      what(node.key, *table);
}

void put(document_table& table, const document_entry& entry) {
  if (auto* present = table.find(entry.key))
    *present = entry;
  else
    table.entries.push_back(entry);
}

void check_machine(const document_entry& machine, mistakes& wrong) {
  const auto* table = table_of(machine, machine.key, form, wrong);
  if (!table)
    return;
  if (!is_name(machine.key))
    wrong.add(machine.where,
              "\"" + machine.key + "\" is no valid name, so no node has it; write the node's name");
  if (machine.key == "nodes" && !table->entries.empty() &&
      table->entries.front().value.as<document_table>()) {
    const auto name = table->entries.front().key;
    return wrong.add(table->entries.front().where, "a hosts file names nodes directly: write [" +
                                                       name + "], not [nodes." + name + "]");
  }
  fields f(*table, machine.key, machine.where, wrong);
  for (const auto key : keys)
    f.take(key);
  f.finish();
}

} // namespace

std::optional<hosts_file> hosts_file::read(const std::string& path, sources& places,
                                           mistakes& wrong) {
  const auto source = places.add_text(path);
  const auto refuse = [&](const syntax_error& e) {
    wrong.add({e.where, source}, e.message);
    return std::nullopt;
  };
  const auto text = load_small_text(path, "hosts file");
  if (!text)
    return refuse({{}, text.error().message});
  if (const auto bad = check_text(*text, "hosts file"))
    return refuse(*bad);
  auto parsed = parse_document(*text, source);
  if (const auto* bad = std::get_if<syntax_error>(&parsed))
    return refuse(*bad);
  auto& machines = std::get<document_table>(parsed);
  for (const auto& machine : machines.entries)
    check_machine(machine, wrong);
  return hosts_file(std::move(machines), source);
}

void hosts_file::place_nodes(document_table& root) const {
  for_each_node(root, [this](const std::string& name, document_table& node) {
    const auto* machine = machines_.find(name);
    const auto* from = machine ? machine->value.as<document_table>() : nullptr;
    for (const auto key : keys)
      if (const auto* entry = from ? from->find(key) : nullptr)
        put(node, *entry);
  });
}

std::vector<std::string> hosts_file::unused(const document_table& root) const {
  const auto* entry = root.find("nodes");
  const auto* nodes = entry ? entry->value.as<document_table>() : nullptr;
  std::vector<std::string> names;
  for (const auto& machine : machines_.entries)
    if (!nodes || !nodes->find(machine.key))
      names.push_back(machine.key);
  return names;
}

void settle_starts(document_table& root, std::uint32_t hosts) {
  enum rank { in_scenario, in_hosts_file, on_command_line };
  const auto rank_of = [hosts](const document_entry& e) {
    const auto source = e.value.where.source;
    return source == 0 ? in_scenario : source == hosts ? in_hosts_file : on_command_line;
  };
  for_each_node(root, [&](const std::string&, document_table& node) {
    const auto* start = node.find("start");
    const auto* host = node.find("host");
    const auto* word = start ? start->value.as<std::string>() : nullptr;
    const auto* where = host ? host->value.as<std::string>() : nullptr;
    if (!word || !where || where->empty() || (*word != "child" && *word != "join") ||
        rank_of(*start) == rank_of(*host))
      return;
    const bool host_is_last = rank_of(*host) > rank_of(*start);
    const bool stays_joined = *word == "join" && rank_of(*host) == in_hosts_file;
    const auto* gone = host_is_last && !stays_joined ? "start" : "host";
    std::erase_if(node.entries, [gone](const document_entry& e) { return e.key == gone; });
  });
}

} // namespace peernet
