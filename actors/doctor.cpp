// SPDX-License-Identifier: MIT
#include "actors/doctor.hpp"

#include "actors/remote/machine.hpp"
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace peernet {

namespace {

using grade = finding::grade;

/// Four samples of 1 MB, a usual burst of pictures, fit into a buffer of this size, bytes.
constexpr std::int64_t enough_buffer = 4 << 20;
/// What Ethernet carries; less splits samples into more packets.
constexpr std::uint32_t usual_mtu = 1500;
/// A bound wider than this says little about delays within one building.
constexpr std::int64_t wide_bound_ns = 1'000'000;

class examiner {
public:
  examiner(const scenario& what, const plan& whole, const run_result& run)
      : what_(what), whole_(whole), run_(run) {}

  std::vector<finding> look(const machine_facts& own) {
    look_at_machine_of("this machine", own);
    for (node_id n = 0; n < run_.machines.size(); ++n)
      if (const auto& m = run_.machines[n]) {
        const auto name = "node " + whole_.nodes[n];
        add(grade::good, name,
            fmt::format("{} runs PeerNet {}, {}, {} cores; plugins: {}", m->host, m->version,
                        m->system, m->cores, list(m->plugins)));
        look_at_machine_of(name, *m);
        look_at_mtu(name, run_.path_mtus[n]);
      }
    look_at_problem();
    if (run_.ending && !run_.ending->rehearsed.nodes.empty()) {
      look_at_links(run_.ending->rehearsed);
      look_at_clocks(run_.ending->rehearsed);
    }
    return std::move(findings_);
  }

private:
  void add(grade how, std::string about, std::string text, std::string remedy = "") {
    findings_.push_back({how, std::move(about), std::move(text), std::move(remedy)});
  }

  static std::string list(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& n : names)
      all += (all.empty() ? "" : ", ") + n;
    return all.empty() ? "none" : all;
  }

  void look_at_machine_of(const std::string& name, const machine_facts& m) {
    if (m.governor.empty())
      add(grade::good, name, "shows no CPU governor: a virtual machine, or a fixed frequency");
    else if (m.governor == "performance")
      add(grade::good, name, "CPU governor \"performance\"");
    else
      add(grade::look, name,
          "CPU governor \"" + m.governor +
              "\": the frequency changes with the load, and so do times",
          "cpupower frequency-set -g performance");
    const auto buffers = std::min(m.most_receive_buffer, m.most_send_buffer);
    const auto sizes = fmt::format("socket buffers up to {} for receiving, {} for sending",
                                   show_size(static_cast<double>(m.most_receive_buffer)),
                                   show_size(static_cast<double>(m.most_send_buffer)));
    if (buffers >= enough_buffer)
      add(grade::good, name, sizes);
    else
      add(grade::look, name, sizes + ": bursts of large samples do not fit",
          fmt::format("sysctl -w net.core.rmem_max={0} net.core.wmem_max={0}", enough_buffer));
  }

  void look_at_mtu(const std::string& name, std::uint32_t mtu) {
    if (mtu == 0 || mtu >= usual_mtu)
      add(grade::good, name,
          mtu == 0 ? "the path's MTU is unknown" : fmt::format("MTU {} on the way there", mtu));
    else
      add(grade::look, name, fmt::format("MTU {} on the way there: a tunnel, perhaps", mtu),
          "compare `ip link` on both machines and what lies between them");
  }

  /// Why the rehearsal ended early, if it did.
  void look_at_problem() {
    std::istringstream lines(run_.problem);
    for (std::string line; std::getline(lines, line);)
      add(grade::bad, "scenario", line, remedy_for(line));
    if (run_.problem.empty())
      add(grade::good, "scenario", "every node loads its sensors, models and sinks, and binds");
  }

  static std::string remedy_for(const std::string& problem) {
    const auto says = [&](std::string_view words) { return problem.find(words) != problem.npos; };
    if (says("nobody listens"))
      return "start `peernet-node --listen` there, and see that a firewall lets its port through";
    if (says("certificate"))
      return "`peernet-node --invite` there, `peernet-node --pair` here";
    if (says("busy"))
      return "wait for that run, or end it";
    if (says("widen --ports") || says("version"))
      return ""; // it says so itself
    if (says("no answer") || says("within"))
      return "see that the machine is up and that packets to it pass";
    return "";
  }

  void look_at_links(const rehearsal& r) {
    for (const auto& l : what_.links) {
      std::string where;
      for (const auto& e : r.endpoints.ends)
        if (whole_.places[e.link].name == l.name && where.empty())
          where = e.port == 0 ? e.address : e.address + ":" + std::to_string(e.port);
      const auto missing = std::ranges::find_if(r.unlinked, [&](const std::string& u) {
        return u == l.name || u.starts_with(l.name + " (");
      });
      if (where.empty())
        add(grade::good, "link " + l.name, "stays within one node");
      else if (missing == r.unlinked.end())
        add(grade::good, "link " + l.name, l.transport + " reaches " + where);
      else
        add(grade::bad, "link " + l.name,
            l.transport + " does not reach " + where + missing->substr(l.name.size()),
            std::string("let ") + (l.transport == "udp" ? "UDP" : "TCP") +
                " through to that address; --ports 7500-7599 of peernet-node, or of peernet-run "
                "for nodes here, keeps data in a range that a firewall can open");
    }
  }

  void look_at_clocks(const rehearsal& r) {
    for (node_id n = 0; n < r.by_udp.size(); ++n)
      if (!r.by_udp[n])
        add(grade::look, "clocks",
            "no clock probes (UDP) reach node " + whole_.nodes[n] +
                ": its clock is compared over the control connection, less tightly",
            "let UDP through to it, both ways");
    const auto estimated = estimate_clocks(
        {.probes = r.learnt.probes, .looks = r.learnt.looks, .names = whole_.nodes});
    const auto name = [&](node_id n) {
      return n < whole_.nodes.size() ? whole_.nodes[n] : std::string("coordinator");
    };
    for (const auto& p : estimated.pairs) {
      const auto pair =
          fmt::format("{} against {}{}: {}{} ± {}, round trip {} at best", name(p.answerer),
                      name(p.asker), p.network.empty() ? "" : " on " + p.network,
                      p.shared ? "one clock, " : "", show_duration(duration{p.offset_ns}),
                      show_duration(duration{p.bound_ns}), show_duration(duration{p.shortest_ns}));
      if (p.bound_ns <= wide_bound_ns)
        add(grade::good, "clocks", pair);
      else
        add(grade::look, "clocks", pair + ": too wide to say much about one-way delays",
            "use a network with a shorter round trip between these two, if there is one");
    }
  }

  const scenario& what_;
  const plan& whole_;
  const run_result& run_;
  std::vector<finding> findings_;
};

} // namespace

std::vector<finding> findings_of(const scenario& what, const plan& whole,
                                 const run_result& rehearsed, const machine_facts& own) {
  return examiner(what, whole, rehearsed).look(own);
}

diagnosis examine(const reading& what, const run_options& options) {
  auto rehearsing = options;
  rehearsing.purpose = run_purpose::rehearse;
  auto whole = make_plan(what.scenario);
  if (!whole)
    return {exit_code::bad_scenario, {{grade::bad, "scenario", whole.error().message, ""}}};
  const auto run = run_scenario(what, rehearsing);
  diagnosis d{run.code, findings_of(what.scenario, *whole, run, look_at_machine())};
  const auto bad =
      std::ranges::any_of(d.findings, [](const finding& f) { return f.how == grade::bad; });
  if (bad && d.code == exit_code::passed)
    d.code = exit_code::node_lost; // some way between nodes does not work
  return d;
}

std::string print(const diagnosis& d) {
  static constexpr std::string_view marks[] = {"✓", "!", "✗"};
  std::string text;
  std::map<grade, std::size_t> counts;
  for (const auto& f : d.findings) {
    ++counts[f.how];
    text += fmt::format("{} {}: {}\n", marks[static_cast<std::size_t>(f.how)], f.about, f.what);
    if (!f.remedy.empty())
      text += "  → " + f.remedy + "\n";
  }
  return text + fmt::format("\n{} to mend, {} worth a look, {} good\n", counts[grade::bad],
                            counts[grade::look], counts[grade::good]);
}

} // namespace peernet
