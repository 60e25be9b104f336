// SPDX-License-Identifier: MIT
// The resolved graph for people; what `--check` prints.
#include "runtime/config/expectations.hpp"
#include "runtime/config/impair_reader.hpp"
#include "runtime/config/node_host.hpp"
#include "runtime/config/stages.hpp"
#include "runtime/config/words.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/units.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace peernet {

namespace {

/// Cells in columns, each as wide as its widest.
template <std::size_t Columns>
class columns {
public:
  void add(std::array<std::string, Columns> row) { rows_.push_back(std::move(row)); }

  [[nodiscard]] std::string text() const {
    std::array<std::size_t, Columns> width{};
    for (const auto& row : rows_)
      for (std::size_t c = 0; c < Columns; ++c)
        width[c] = std::max(width[c], row[c].size());
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t c = 0; c < Columns; ++c)
        line += "  " + row[c] + std::string(width[c] - row[c].size(), ' ');
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
  }

private:
  std::vector<std::array<std::string, Columns>> rows_;
};

/// Those that are not at their default.
std::string show_options(const catalogue_entry* type, const options& settings) {
  std::string text;
  for (const auto& def : type ? type->options : std::vector<option_def>{})
    if (settings.has(def.name) && settings.all().at(def.name) != def.otherwise)
      text += (text.empty() ? "" : ", ") + def.name + " = " +
              print_value(def, settings.all().at(def.name));
  return text;
}

std::string show_queue(const queue_config& q) {
  return "queue " + std::to_string(q.size) + " " + std::string(word(q.policy));
}

std::string show_arrival(const sensor_config& c) {
  if (c.arrival == arrival::closed_loop)
    return "closed loop, " + std::to_string(c.in_flight) + " in flight, timeout " +
           print_duration(c.timeout);
  return std::string(word(c.arrival)) + " " + print_rate(c.rate_hz);
}

std::string show_behaviour(const scenario& s, const stage_ref& r) {
  if (r.kind == stage_kind::sensor)
    return show_arrival(s.sensors[r.config]);
  if (r.workers > 1)
    return show_queue(*r.queue) + ", " + std::to_string(r.workers) + " workers";
  return show_queue(*r.queue);
}

/// How a false clock errs; nothing of a true one.
std::string show_clock(const clock_error& c) {
  if (c.none())
    return {};
  auto text = "clock off by " + print_duration(c.offset) + ", " + print_ppm(c.drift_ppm);
  if (c.step)
    text += ", steps by " + print_duration(c.step->by) + " at " + print_duration(c.step->at);
  if (c.wander)
    text += ", wanders by " + print_duration(c.wander->amplitude) + " in " +
            print_duration(c.wander->period);
  return text;
}

/// How the clocks are compared.
std::string show_comparison(const clock_settings& c) {
  return "clocks by " + std::string(word(c.method)) + ", interval " + print_duration(c.interval) +
         (c.max_bound ? ", bound at most " + print_duration(*c.max_bound) : "");
}

/// Where a node is and where its data links go; nothing of a node that leaves both open.
std::string show_reach(const node_config& n) {
  std::string text;
  if (const auto host = parse_node_host(n.host))
    text = "at " + to_string(*host);
  for (const auto& [network, address] : n.addresses)
    text += (text.empty() ? "" : ", ") + network + " " + address;
  return text;
}

/// What is out of the ordinary about a node.
std::string show_traits(const node_config& n) {
  const auto clock = show_clock(n.test_clock);
  if (n.on_loss == node_loss::stop)
    return clock;
  return "the run goes on without it" + (clock.empty() ? "" : ", " + clock);
}

std::string show_nodes(const scenario& s, const catalogue& known) {
  columns<4> table;
  const auto stages = stages_of(s);
  for (const auto& node : s.nodes) {
    table.add({node.name, std::string(word(node.start)), show_reach(node), show_traits(node)});
    for (const auto& r : stages) {
      if (r.stage->node != node.name)
        continue;
      const auto copies = r.instances > 1 ? " x " + std::to_string(r.instances) : "";
      table.add({"  " + r.stage->name + copies, r.stage->type, show_behaviour(s, r),
                 show_options(known.find(plugin_of(r.kind), r.stage->type), r.stage->settings)});
    }
  }
  return table.text();
}

/// "resize factor 0.5 > jpeg quality 80": in the order in which they encode.
std::string show_codecs(const link_config& l, const catalogue& known) {
  std::string text;
  for (const auto& c : l.codecs) {
    text += (text.empty() ? "" : " > ") + c.type;
    const auto* type = known.find(plugin_kind::codec, c.type);
    for (const auto& def : type ? type->options : std::vector<option_def>{})
      if (c.settings.has(def.name))
        text += " " + def.name + " " + print_value(def, c.settings.all().at(def.name));
  }
  return l.codecs.empty() ? "raw" : text + (l.psnr ? ", psnr measured" : "");
}

std::string show_links(const plan& p, const scenario& s, const catalogue& known) {
  columns<6> table;
  std::vector<std::size_t> lanes(s.links.size());
  std::vector<bool> local(s.links.size());
  for (const auto& lane : p.lanes) {
    const auto link = p.places[lane.link].config;
    ++lanes[link];
    local[link] = lane.local;
  }
  for (std::size_t i = 0; i < s.links.size(); ++i) {
    const auto& l = s.links[i];
    const auto copies = lanes[i] > 1 ? " x " + std::to_string(lanes[i]) : "";
    const auto ends = l.from + " -> " + l.to;
    if (local[i]) {
      table.add({l.name + copies, ends, "local hand-off", "", "",
                 l.impair ? "not impaired: no network is between" : ""});
      continue;
    }
    const auto keys =
        show_options(known.find(plugin_kind::transport, l.transport), l.transport_settings);
    table.add({l.name + copies, ends,
               l.transport + (keys.empty() ? "" : " " + keys) +
                   (l.network.empty() ? "" : " on " + l.network),
               show_codecs(l, known), show_queue(l.send_queue),
               l.impair ? "impaired: " + show_impairment(*l.impair) : ""});
  }
  return table.text();
}

/// Every way from a sensor to a sink by stage names; ways that differ in copies only are one line.
std::string show_paths(const plan& p) {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> ways;
  for (std::uint32_t sensor = 0; sensor < p.sensors.size(); ++sensor)
    for (const auto& way : sink_routes(p, sensor)) {
      const auto name = path_name(p, way.route);
      if (ways[name]++ == 0)
        names.push_back(name);
    }
  std::string text;
  for (const auto& name : names)
    text += "  " + name +
            (ways[name] > 1 ? " (" + std::to_string(ways[name]) + " ways, by copies)" : "") + "\n";
  return text;
}

/// What is expected of which figure, paths in full.
std::string show_expectations(const plan& p, const scenario& s, const catalogue& known) {
  columns<3> table;
  const auto all = resolve_expectations(s, p, known);
  for (const auto& e : all ? *all : std::vector<expected_figure>{})
    table.add({e.target + "." + e.name, e.condition,
               e.inapplicable.empty() ? "" : "not applicable: " + e.inapplicable});
  return table.text();
}

} // namespace

std::string describe(const plan& p, const scenario& s, const catalogue& known) {
  auto text = "scenario " + s.name + ": ";
  text += s.run_for ? print_duration(*s.run_for)
                    : std::to_string(s.samples.value_or(0)) + " samples of each sensor";
  text += ", warm-up " + print_duration(s.warmup) + ", drain " + print_duration(s.drain) +
          ", seed " + std::to_string(s.seed) + "\n" + show_comparison(s.clocks) + "\n";
  if (!s.description.empty())
    text += s.description + "\n";
  text += "\nnodes\n" + show_nodes(s, known) + "\nlinks\n" + show_links(p, s, known) + "\npaths\n" +
          show_paths(p);
  return s.expectations.empty() ? text : text + "\nexpected\n" + show_expectations(p, s, known);
}

} // namespace peernet
