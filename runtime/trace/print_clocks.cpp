// SPDX-License-Identifier: MIT
#include "runtime/trace/print_clocks.hpp"

#include "runtime/core/units.hpp"

namespace peernet {

namespace {

constexpr std::string_view coordinator = "coordinator"; ///< what the store calls it

/// Says so if a node was compared with the coordinator another way, always or at times.
void print_without_datagrams(terminal_page& page, const run_summary& s, const std::string& node) {
  std::uint64_t datagrams = 0, control = 0;
  for (const auto& p : s.clock_pairs)
    if ((p.asker == node && p.answerer == coordinator) ||
        (p.asker == coordinator && p.answerer == node))
      (p.method == by_control ? control : datagrams) += p.exchanges;
  if (control > 0)
    page.print("  {}compared over the control plane (UDP did not pass): {} of {} exchanges\n",
               datagrams > 0 ? "at times " : "", control, control + datagrams);
}

void print_bad_stamps(terminal_page& page, std::uint64_t exchanges) {
  if (exchanges > 0)
    page.print("  {} more exchange{} with bad stamps: left out of every figure\n", exchanges,
               exchanges == 1 ? "" : "s");
}

/// Nodes on one clock were probed all the same: the estimate is checked against the truth, 0.
void print_shared_pairs(terminal_page& page, const run_summary& s) {
  std::uint64_t pairs = 0, exchanges = 0, bad = 0;
  std::int64_t widest_bound = 0;
  for (const auto& p : s.clock_pairs)
    if (p.shared) {
      ++pairs;
      exchanges += p.exchanges;
      bad += p.bad_stamps;
      widest_bound = std::max(widest_bound, p.bound_ns);
    }
  if (pairs > 0)
    page.print("probed all the same: {} pair{} by {} exchanges, 0 ± {} at most\n", pairs,
               pairs == 1 ? "" : "s", exchanges, show_duration(duration{widest_bound}));
  print_bad_stamps(page, bad);
}

void print_clock_pairs(terminal_page& page, const run_summary& s) {
  std::size_t names = 10;
  std::vector<std::pair<std::string, const run_summary::clock_pair_row*>> rows;
  for (const auto& p : s.clock_pairs)
    if (!p.shared) {
      rows.emplace_back(p.asker + ", " + p.answerer, &p);
      names = std::clamp(columns_of(rows.back().first), names, std::size_t{30});
    }
  if (!rows.empty())
    page.print("\n{:<{}} {:<8}{:>10}{:>9}{:>11}{:>13}{:>9}{:>9}\n", "clock pair", names, "by",
               "exchanges", "min rtt", "offset", "drift", "±", "worst ±");
  for (const auto& [name, p] : rows) {
    page.print("{:<{}} {:<8}{:>10}{:>9}{:>11}{:>13}{:>9}{:>9}\n", clip(name, names), names,
               p->network.empty() ? p->method : clip(p->network, 8), p->exchanges,
               show_duration(duration{p->shortest_ns}), show_duration(duration{p->offset_ns}),
               fmt::format("{:.2f} ppm", p->drift_ppb * 1e-3), show_duration(duration{p->bound_ns}),
               show_duration(duration{p->worst_bound_ns}));
    print_bad_stamps(page, p->bad_stamps);
  }
  for (const auto& l : s.clock_loops)
    page.print("loop {}: {} ± {}\n", clip(l.a + ", " + l.b + ", " + l.c, 60),
               show_duration(duration{l.residual_ns}), show_duration(duration{l.bound_ns}));
}

} // namespace

void print_clocks(terminal_page& page, const run_summary& s) {
  page.print("\n");
  const auto shared =
      std::all_of(s.clocks.begin(), s.clocks.end(), [](const auto& c) { return c.shared; });
  if (shared)
    page.print("clocks: every node shares the reference clock, offsets are exactly 0\n");
  print_shared_pairs(page, s);
  for (const auto& c : s.clocks) {
    if (shared || c.shared)
      continue;
    if (c.offset_ns)
      page.print("clock of {}: {} off the reference, ± {}, over the run ± {}\n", clip(c.node, 24),
                 show_duration(duration{*c.offset_ns}), show_duration(duration{c.bound_ns}),
                 show_duration(duration{c.worst_bound_ns}));
    else
      page.print("clock of {}: no estimate\n", clip(c.node, 24));
    print_without_datagrams(page, s, c.node);
  }
  print_clock_pairs(page, s);
}

void print_probe_cost(terminal_page& page, const run_summary& s) {
  if (s.own.probe_bytes > 0)
    page.print("clock probes: {} sent, {}/s while running; {} of CPU, all nodes together\n",
               show_size(static_cast<double>(s.own.probe_bytes)), show_size(s.own.probe_rate),
               show_duration(s.own.probe_cpu));
  std::uint64_t uncounted = 0;
  for (const auto& p : s.clock_pairs)
    uncounted += p.method == by_control ? p.exchanges : 0;
  if (uncounted > 0)
    page.print(
        "clock probes: {} more exchanges over the control plane, whose cost is not counted\n",
        uncounted);
  const auto& m = s.own.mishaps;
  std::string disturbed;
  if (m.foreign > 0)
    disturbed = fmt::format("{} foreign datagram{} ignored", m.foreign, m.foreign == 1 ? "" : "s");
  if (m.overflowed > 0)
    disturbed +=
        fmt::format("{}{} lost in full buffers", disturbed.empty() ? "" : ", ", m.overflowed);
  if (!disturbed.empty())
    page.print("clock probes: {}\n", disturbed);
}

} // namespace peernet
