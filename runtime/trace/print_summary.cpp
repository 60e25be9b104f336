// SPDX-License-Identifier: MIT
// How a run looks on a terminal, from the verdict down.
#include "runtime/core/units.hpp"
#include "runtime/trace/print_clocks.hpp"
#include "runtime/trace/print_links.hpp"
#include "runtime/trace/summary.hpp"
#include "runtime/trace/terminal_page.hpp"

#include <array>
#include <set>

namespace peernet {

namespace {

/// In 7 columns whatever it is.
std::string percent(double share) {
  return share >= 9.9995    ? "> 999 %"
         : share <= -0.9995 ? "< -99 %"
                            : fmt::format("{:.1f} %", share * 100);
}

void print_verdict(terminal_page& page, const run_summary& s) {
  static constexpr std::array<std::string_view, 6> words{"VALID",   "FAILED",      "UNDECIDABLE",
                                                         "INVALID", "INTERRUPTED", "NODE LOST"};
  const auto warmup = s.warmup > 0 ? fmt::format(", {} of them warm-up", s.warmup) : std::string();
  const auto unmet = std::count_if(s.expectations.begin(), s.expectations.end(), [](const auto& e) {
    return e.verdict == expectation_verdict::failed;
  });
  const auto failed =
      unmet > 0 ? fmt::format("; {} of {} expectations failed", unmet, s.expectations.size())
                : std::string();
  page.sentence("", fmt::format("{}  {}: {} samples{}, in {}{}",
                                words[static_cast<std::size_t>(s.verdict)],
                                s.name.empty() ? "run" : s.name, s.intended, warmup,
                                show_duration(s.length), failed));
}

/// One line each; a reason that does not fit goes on below.
void print_expectations(terminal_page& page, const run_summary& s) {
  static constexpr std::array<std::string_view, 4> marks{"✓", "✗", "?", no_figure};
  const auto metrics = widest(
      s.expectations, [](const auto& e) { return e.metric; }, 0, 44);
  const auto conditions = widest(
      s.expectations, [](const auto& e) { return e.condition; }, 0, 20);
  for (const auto& e : s.expectations) {
    auto line =
        fmt::format(" {} {:<{}}  {:<{}}  ", marks[static_cast<std::size_t>(e.verdict)],
                    clip(e.metric, metrics), metrics, clip(e.condition, conditions), conditions);
    if (e.measured)
      line += show_figure(e.unit, *e.measured);
    if (e.bound > 0)
      line += " ± " + show_figure(e.unit, e.bound);
    const auto note = (e.measured && !e.note.empty() ? ", " : "") + e.note;
    const bool fits = columns_of(line) + columns_of(note) <= terminal_page::width;
    page.print("{}{}\n", line, fits ? note : "");
    if (!fits)
      page.sentence("    ", e.note);
  }
}

void print_problems(terminal_page& page, const run_summary& s) {
  for (const auto& n : s.lost_nodes)
    page.sentence(" ! ", fmt::format("node {} was lost while the run was under way", n));
  for (const auto& p : s.problems)
    page.sentence(" ! ", p);
}

void print_figures(terminal_page& page, const distribution& d, std::string_view share,
                   std::int64_t bound) {
  const auto value = [&](double ns) {
    return d.count == 0 ? std::string(no_figure)
                        : show_duration(duration{static_cast<std::int64_t>(ns)});
  };
  page.print("{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>8}{:>9}\n", d.count, value(d.mean), shown(d.p50),
             shown(d.p90), shown(d.p99), value(static_cast<double>(d.max)), share,
             bound > 0 ? show_duration(duration{bound}) : "");
}

void print_steps(terminal_page& page, const run_summary& s) {
  const auto names = widest(
      s.steps, [](const auto& r) { return r.place; }, 8, name_width);
  const auto kinds = widest(
      s.steps, [](const auto& r) { return r.step; }, 13, step_width);
  page.print("\n{:<{}} {:<{}}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>8}{:>9}\n", "place", names, "step",
             kinds, "count", "mean", "p50", "p90", "p99", "max", "share", "±");
  std::string_view before;
  for (const auto& r : s.steps) {
    page.print("{:<{}} {:<{}}", r.place == before ? "" : clip(r.place, names), names,
               clip(r.step, kinds), kinds);
    print_figures(page, r.durations, r.share ? percent(*r.share) : "", r.bound_ns);
    before = r.place;
  }
  for (const auto& r : s.paths) {
    page.print("\n{}\n", clip(r.path, terminal_page::width));
    page.print("{:<{}}", "end to end", names + 1 + kinds);
    print_figures(page, r.end_to_end, "100 %", r.bound_ns);
    page.print("{:<{}}{:>{}}\n", "between the steps", names + 1 + kinds, percent(r.unexplained),
               8 + 5 * 9 + 8);
  }
}

/// What inference and links report for each sample. Its low end counts as much as its high one.
void print_values(terminal_page& page, const run_summary& s) {
  if (s.values.empty())
    return;
  const auto places = widest(
      s.values, [](const auto& r) { return r.place; }, 8, name_width);
  const auto names = widest(
      s.values, [](const auto& r) { return r.name; }, 13, step_width);
  page.print("\n{:<{}} {:<{}}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "place", places, "value",
             names, "count", "min", "mean", "p50", "p90", "p99", "max");
  for (const auto& r : s.values) {
    const auto cell = [&](std::optional<double> v) {
      return !v                              ? std::string(no_figure)
             : r.unit == figure_unit::number ? fmt::format("{:.4g}", *v)
                                             : show_figure(r.unit, *v);
    };
    const auto& f = r.figures;
    page.print("{:<{}} {:<{}}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", clip(r.place, places),
               places, clip(r.name, names), names, f.count, cell(f.min), cell(f.mean), cell(f.p50),
               cell(f.p90), cell(f.p99), cell(f.max));
  }
}

void print_outcomes(terminal_page& page, const run_summary& s) {
  if (s.sinks.empty())
    return;
  std::set<int> columns{static_cast<int>(outcome::delivered)};
  for (const auto& r : s.sinks)
    for (int o = 0; o < outcome_count; ++o)
      if (r.counts[static_cast<std::size_t>(o)] > 0)
        columns.insert(o);
  const auto head = [](int o) { return std::string(to_string(static_cast<outcome>(o))); };
  const auto wide = [&](int o) { return std::max<std::size_t>(head(o).size() + 1, 8); };
  const auto names = widest(
      s.sinks, [](const auto& r) { return r.sink; }, 8, 14);
  page.print("\n{:<{}}", "sink", names);
  for (const auto o : columns)
    page.print("{:>{}}", head(o), wide(o));
  page.print("{:>8}\n", "warm-up");
  for (const auto& r : s.sinks) {
    page.print("{:<{}}", clip(r.sink, names), names);
    for (const auto o : columns)
      page.print("{:>{}}", r.counts[static_cast<std::size_t>(o)], wide(o));
    page.print("{:>8}\n", r.warmup);
    if (r.late > 0)
      page.print("{:<{}} {} arrived after they had expired\n", "", names, r.late);
    if (r.duplicate > 0)
      page.print("{:<{}} {} arrived again\n", "", names, r.duplicate);
  }
}

void print_recording(terminal_page& page, const run_summary& s) {
  page.print("recording: {} records, {} lost, {}\n", s.own.stored,
             s.own.lost == 0 ? "none" : std::to_string(s.own.lost),
             show_size(static_cast<double>(s.own.database)));
}

void print_events(terminal_page& page, const run_summary& s) {
  constexpr std::size_t most = 12;
  if (s.events.empty())
    return;
  page.print("\n");
  for (std::size_t i = 0; i < std::min(most, s.events.size()); ++i) {
    const auto& e = s.events[i];
    auto text = e.first_ns ? "at " + show_duration(duration{*e.first_ns - s.begin_ns}) + ", "
                           : std::string();
    text += fmt::format("{} {}: {}, {}", e.severity, e.node, e.what, e.detail);
    if (e.count > 1)
      text += fmt::format(" ({} times)", e.count);
    page.sentence(" · ", text);
  }
  if (s.events.size() > most)
    page.print("   {} more events: view events of run.db\n", s.events.size() - most);
}

} // namespace

std::string print_summary(const run_summary& s) {
  terminal_page page;
  print_verdict(page, s);
  print_expectations(page, s);
  print_problems(page, s);
  print_steps(page, s);
  print_links(page, s.links);
  print_values(page, s);
  print_outcomes(page, s);
  print_clocks(page, s);
  print_recording(page, s);
  print_probe_cost(page, s);
  print_events(page, s);
  return page.text();
}

} // namespace peernet
