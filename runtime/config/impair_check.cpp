// SPDX-License-Identifier: MIT
#include "runtime/config/impair_check.hpp"

#include "runtime/config/machines.hpp"
#include "runtime/config/packet_level.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace peernet {

namespace {

/// Does the transport hide what becomes of single samples? Its packets it cannot.
bool retransmits(const link_config& link, const catalogue& known) {
  if (at_packet_level(link))
    return false;
  const auto* type = known.find(plugin_kind::transport, link.transport);
  return type && type->reliable;
}

/// Why `what` cannot be on this link, and what to do.
std::string lie(const link_config& link, const catalogue& known) {
  std::string others;
  for (const auto& type : known.entries())
    if (type.kind == plugin_kind::transport && !type.reliable)
      others += (others.empty() ? "" : ", ") + peernet::quoted(type.name);
  return "\"" + link.transport +
         "\" retransmits: over the real network it would show this as delay, and never lose, "
         "repeat, reorder or damage a sample; set it to \"0%\", or leave it out, or let it meet "
         "packets: level = \"packet\"" +
         (others.empty() ? "" : ", or use a transport that does not retransmit: " + others);
}

/// The keys that spoil samples and are in effect.
std::vector<std::string_view> spoilers(const impairment& i) {
  std::vector<std::string_view> keys;
  const auto add = [&](std::string_view key, bool in_effect) {
    if (in_effect)
      keys.push_back(key);
  };
  add("loss", i.loss > 0);
  add("burst-loss", i.bursts.has_value());
  add("duplicate", i.duplicate > 0);
  add("reorder", i.reorder > 0);
  add("corrupt", i.corrupt > 0);
  return keys;
}

/// The file is looked for where every other of the scenario is.
std::string found_at(const impairment& i, const std::string& directory) {
  return (std::filesystem::path(directory) / i.trace).lexically_normal().string();
}

/// The trace, once it is there.
result<network_trace> checked_trace(const link_config& link, const std::string& directory,
                                    const catalogue& known) {
  const auto& i = *link.impair;
  auto trace = network_trace::load(found_at(i, directory));
  if (!trace)
    return trace;
  if (trace->loses() && retransmits(link, known))
    return error{errc::bad_scenario, "has losses, and " + lie(link, known)};
  if (trace->has_delay() && i.delay.count() > 0 && !i.profile)
    return error{errc::bad_scenario,
                 "has a column for the delay, and `delay` is written, too; leave one of them out"};
  if (trace->has_loss() && i.loss > 0 && !i.profile)
    return error{errc::bad_scenario,
                 "has a column for the loss, and `loss` is written, too; leave one of them out"};
  if (trace->has_rate() && i.rate > 0 && !i.profile)
    return error{errc::bad_scenario,
                 "has a column for the rate, and `rate` is written, too; leave one of them out"};
  return trace;
}

} // namespace

void check_impairments(const scenario& s, const catalogue& known, mistakes& wrong,
                       bool look_for_files) {
  check_packet_levels(s, known, wrong);
  const auto ends = nodes_of_links(s);
  for (std::size_t n = 0; n < s.links.size(); ++n) {
    const auto& link = s.links[n];
    if (!link.impair)
      continue;
    const auto path = "links." + link.name + ".impair.";
    if (retransmits(link, known))
      for (const auto key : spoilers(*link.impair))
        wrong.about(path + std::string(key), lie(link, known));
    // A file that is not here may be on the machine that sends, where it is looked for again.
    std::error_code failed;
    const auto& file = link.impair->trace;
    const auto* sender = at_packet_level(link) ? nullptr : ends[n].from; // packets meet it here
    const auto here = std::filesystem::exists(found_at(*link.impair, s.directory), failed);
    if (look_for_files && !file.empty() && (here || !sender || sender->start == node_start::child))
      if (const auto trace = checked_trace(link, s.directory, known); !trace)
        wrong.about(path + "trace",
                    trace.error().message + (here ? ""
                                                  : "; relative paths begin at the scenario's "
                                                    "own folder"));
  }
}

result<std::optional<network_trace>> trace_of(const link_config& link, const std::string& directory,
                                              const catalogue& known) {
  if (!link.impair || link.impair->trace.empty())
    return std::optional<network_trace>{};
  auto trace = checked_trace(link, directory, known);
  if (!trace)
    return error{trace.error().code,
                 "links." + link.name + ".impair.trace: " + trace.error().message};
  return std::optional<network_trace>(*std::move(trace));
}

} // namespace peernet
