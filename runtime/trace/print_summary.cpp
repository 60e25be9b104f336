// SPDX-License-Identifier: MIT
// How a run looks on a terminal. At most 100 columns: what is too long is cut with "…".
#include "runtime/core/units.hpp"
#include "runtime/trace/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

namespace peernet {

namespace {

constexpr std::size_t width = 100;
constexpr std::size_t name_width = 16;
constexpr std::size_t step_width = 13;
constexpr std::string_view none = "–";
constexpr std::string_view coordinator = "coordinator"; ///< what the store calls it

/// Columns of a terminal that a text takes: one for each character.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// Cut to `columns`, between characters.
std::string clip(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns)
    return text;
  std::size_t keep = 0;
  for (std::size_t seen = 0; keep < text.size(); ++keep)
    if ((static_cast<unsigned char>(text[keep]) & 0xC0) != 0x80 && ++seen == columns)
      break;
  return text.substr(0, keep) + "…";
}

template <class Rows, class Name>
std::size_t widest(const Rows& rows, Name name, std::size_t least, std::size_t most) {
  std::size_t columns = least;
  for (const auto& r : rows)
    columns = std::max(columns, columns_of(name(r)));
  return std::min(columns, most);
}

std::string shown(const std::optional<std::int64_t>& ns) {
  return ns ? show_duration(duration{*ns}) : std::string(none);
}

std::string shown(const std::optional<std::uint64_t>& count) {
  return count ? std::to_string(*count) : std::string(none);
}

/// In 7 columns whatever it is.
std::string percent(double share) {
  return share >= 9.9995    ? "> 999 %"
         : share <= -0.9995 ? "< -99 %"
                            : fmt::format("{:.1f} %", share * 100);
}

std::string without_trailing_blanks(const std::string& text) {
  std::string clean;
  for (const char c : text) {
    if (c == '\n')
      clean.erase(clean.find_last_not_of(' ') + 1);
    clean += c;
  }
  return clean;
}

class printer {
public:
  explicit printer(const run_summary& s) : s_(s) {}

  std::string run() {
    verdict();
    expectations();
    problems();
    steps();
    links();
    values();
    outcomes();
    clocks();
    clock_pairs();
    overhead();
    events();
    return without_trailing_blanks(fmt::to_string(text_));
  }

private:
  template <class... Args>
  void print(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), text, std::forward<Args>(args)...);
  }

  /// A sentence behind a mark, broken between words.
  void sentence(std::string_view mark, std::string_view words) {
    std::string line(mark);
    bool begun = false;
    for (std::size_t at = 0; at < words.size();) {
      const auto blank = std::min(words.find(' ', at), words.size());
      const auto word = words.substr(at, blank - at);
      if (begun && line.size() + 1 + word.size() > width) {
        print("{}\n", line);
        line = "   ";
        begun = false;
      }
      line += (begun || line.size() > mark.size() ? " " : "") + std::string(word);
      begun = true;
      at = blank + 1;
    }
    print("{}\n", line);
  }

  void verdict() {
    static constexpr std::array<std::string_view, 6> words{"VALID",   "FAILED",      "UNDECIDABLE",
                                                           "INVALID", "INTERRUPTED", "NODE LOST"};
    const auto warmup =
        s_.warmup > 0 ? fmt::format(", {} of them warm-up", s_.warmup) : std::string();
    const auto unmet =
        std::count_if(s_.expectations.begin(), s_.expectations.end(),
                      [](const auto& e) { return e.verdict == expectation_verdict::failed; });
    const auto failed =
        unmet > 0 ? fmt::format("; {} of {} expectations failed", unmet, s_.expectations.size())
                  : std::string();
    sentence("", fmt::format("{}  {}: {} samples{}, in {}{}",
                             words[static_cast<std::size_t>(s_.verdict)],
                             s_.name.empty() ? "run" : s_.name, s_.intended, warmup,
                             show_duration(s_.length), failed));
  }

  /// One line each; a reason that does not fit goes on below.
  void expectations() {
    static constexpr std::array<std::string_view, 4> marks{"✓", "✗", "?", none};
    const auto metrics = widest(
        s_.expectations, [](const auto& e) { return e.metric; }, 0, 44);
    const auto conditions = widest(
        s_.expectations, [](const auto& e) { return e.condition; }, 0, 20);
    for (const auto& e : s_.expectations) {
      auto line =
          fmt::format(" {} {:<{}}  {:<{}}  ", marks[static_cast<std::size_t>(e.verdict)],
                      clip(e.metric, metrics), metrics, clip(e.condition, conditions), conditions);
      if (e.measured)
        line += show_figure(e.unit, *e.measured);
      if (e.bound > 0)
        line += " ± " + show_figure(e.unit, e.bound);
      const auto note = (e.measured && !e.note.empty() ? ", " : "") + e.note;
      const bool fits = columns_of(line) + columns_of(note) <= width;
      print("{}{}\n", line, fits ? note : "");
      if (!fits)
        sentence("    ", e.note);
    }
  }

  void problems() {
    for (const auto& n : s_.lost_nodes)
      sentence(" ! ", fmt::format("node {} was lost while the run was under way", n));
    for (const auto& p : s_.problems)
      sentence(" ! ", p);
  }

  void figures(const distribution& d, std::string_view share, std::int64_t bound) {
    const auto value = [&](double ns) {
      return d.count == 0 ? std::string(none)
                          : show_duration(duration{static_cast<std::int64_t>(ns)});
    };
    print("{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>8}{:>9}\n", d.count, value(d.mean), shown(d.p50),
          shown(d.p90), shown(d.p99), value(static_cast<double>(d.max)), share,
          bound > 0 ? show_duration(duration{bound}) : "");
  }

  void steps() {
    const auto names = widest(
        s_.steps, [](const auto& r) { return r.place; }, 8, name_width);
    const auto kinds = widest(
        s_.steps, [](const auto& r) { return r.step; }, 13, step_width);
    print("\n{:<{}} {:<{}}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>8}{:>9}\n", "place", names, "step",
          kinds, "count", "mean", "p50", "p90", "p99", "max", "share", "±");
    std::string_view before;
    for (const auto& r : s_.steps) {
      print("{:<{}} {:<{}}", r.place == before ? "" : clip(r.place, names), names,
            clip(r.step, kinds), kinds);
      figures(r.durations, r.share ? percent(*r.share) : "", r.bound_ns);
      before = r.place;
    }
    for (const auto& r : s_.paths) {
      print("\n{}\n", clip(r.path, width));
      print("{:<{}}", "end to end", names + 1 + kinds);
      figures(r.end_to_end, "100 %", r.bound_ns);
      print("{:<{}}{:>{}}\n", "between the steps", names + 1 + kinds, percent(r.unexplained),
            8 + 5 * 9 + 8);
    }
  }

  void links() {
    if (s_.links.empty())
      return;
    const auto names = widest(
        s_.links, [](const auto& r) { return r.name; }, 8, name_width);
    const auto kinds = widest(
        s_.links, [](const auto& r) { return r.transport; }, 9, 10);
    print("\n{:<{}} {:<{}}{:>9}{:>10}{:>8}{:>11}{:>10}{:>9}{:>14}\n", "link", names, "transport",
          kinds, "sent", "delivered", "lost", "duplicated", "reordered", "dropped", "throughput");
    for (const auto& r : s_.links) {
      print("{:<{}} {:<{}}{:>9}{:>10}{:>8}{:>11}{:>10}{:>9}{:>14}\n", clip(r.name, names), names,
            clip(r.transport, kinds), kinds, shown(r.sent), shown(r.delivered), shown(r.lost),
            shown(r.duplicated), shown(r.reordered), shown(r.dropped),
            r.throughput ? show_bitrate(*r.throughput) : none);
      if (r.corrupt.value_or(0) > 0)
        print("{:<{}} {} frames came corrupt\n", "", names, *r.corrupt);
      if (const auto done = impairments(r, "impair-"); !done.empty())
        print("{:<{}} by its impairment: {}\n", "", names, done);
      packets(r, "packets-", "packets", names);
      packets(r, "back-", "packets back", names);
    }
  }

  static std::uint64_t count_of(const run_summary::link_row& r, const std::string& name) {
    const auto found = std::ranges::find(r.counts, name, &link_count::name);
    return found == r.counts.end() ? 0 : found->count;
  }

  /// What was done to a link's packets one way, where that is counted.
  void packets(const run_summary::link_row& r, const std::string& way, std::string_view what,
               std::size_t indent) {
    const auto entered = count_of(r, way + "entered");
    if (entered == 0)
      return;
    const auto fates = impairments(r, way);
    const auto figures = [&](const std::string& of) {
      const auto part = [&](const char* name) {
        return show_duration(
            duration{static_cast<std::int64_t>(count_of(r, way + of + "-" + name + "-ns"))});
      };
      return fmt::format("p50 {}, p99 {}, at most {}", part("p50"), part("p99"), part("max"));
    };
    print("{:<{}} {} {}{}{}\n", "", indent, entered, what, fates.empty() ? "" : ": ", fates);
    if (count_of(r, way + "planned-max-ns") > 0)
      print("{:<{}} meant to be held {}\n", "", indent + 2, figures("planned"));
    print("{:<{}} let out late by {}\n", "", indent + 2, figures("late"));
  }

  /// What was done to a link's frames or packets; nothing if nothing was.
  static std::string impairments(const run_summary::link_row& r, const std::string& way) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kinds{
        {{"lost", "lost"},
         {"bursts", "bursts"},
         {"overflow", "lost in its full buffer"},
         {"duplicated", "duplicated"},
         {"reordered", "reordered"},
         {"corrupted", "damaged"},
         {"crowded", "lost in too large a crowd"},
         {"refused", "refused by the receiving kernel"},
         {"missed", "missed by peernet-run"}}};
    std::string text;
    for (const auto& [name, word] : kinds)
      if (const auto count = count_of(r, way + std::string(name)); count > 0)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
    return text;
  }

  /// What inference and links report for each sample. Its low end counts as much as its high one.
  void values() {
    if (s_.values.empty())
      return;
    const auto places = widest(
        s_.values, [](const auto& r) { return r.place; }, 8, name_width);
    const auto names = widest(
        s_.values, [](const auto& r) { return r.name; }, 13, step_width);
    print("\n{:<{}} {:<{}}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "place", places, "value",
          names, "count", "min", "mean", "p50", "p90", "p99", "max");
    for (const auto& r : s_.values) {
      const auto cell = [&](std::optional<double> v) {
        return !v                              ? std::string(none)
               : r.unit == figure_unit::number ? fmt::format("{:.4g}", *v)
                                               : show_figure(r.unit, *v);
      };
      const auto& f = r.figures;
      print("{:<{}} {:<{}}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", clip(r.place, places),
            places, clip(r.name, names), names, f.count, cell(f.min), cell(f.mean), cell(f.p50),
            cell(f.p90), cell(f.p99), cell(f.max));
    }
  }

  void outcomes() {
    if (s_.sinks.empty())
      return;
    std::set<int> columns{static_cast<int>(outcome::delivered)};
    for (const auto& r : s_.sinks)
      for (int o = 0; o < outcome_count; ++o)
        if (r.counts[static_cast<std::size_t>(o)] > 0)
          columns.insert(o);
    const auto head = [](int o) { return std::string(to_string(static_cast<outcome>(o))); };
    const auto wide = [&](int o) { return std::max<std::size_t>(head(o).size() + 1, 8); };
    const auto names = widest(
        s_.sinks, [](const auto& r) { return r.sink; }, 8, 14);
    print("\n{:<{}}", "sink", names);
    for (const auto o : columns)
      print("{:>{}}", head(o), wide(o));
    print("{:>8}\n", "warm-up");
    for (const auto& r : s_.sinks) {
      print("{:<{}}", clip(r.sink, names), names);
      for (const auto o : columns)
        print("{:>{}}", r.counts[static_cast<std::size_t>(o)], wide(o));
      print("{:>8}\n", r.warmup);
      if (r.late > 0)
        print("{:<{}} {} arrived after they had expired\n", "", names, r.late);
      if (r.duplicate > 0)
        print("{:<{}} {} arrived again\n", "", names, r.duplicate);
    }
  }

  void clocks() {
    print("\n");
    const auto shared =
        std::all_of(s_.clocks.begin(), s_.clocks.end(), [](const auto& c) { return c.shared; });
    if (shared)
      print("clocks: every node shares the reference clock, offsets are exactly 0\n");
    shared_pairs();
    for (const auto& c : s_.clocks) {
      if (shared || c.shared)
        continue;
      if (c.offset_ns)
        print("clock of {}: {} off the reference, ± {}, over the run ± {}\n", clip(c.node, 24),
              show_duration(duration{*c.offset_ns}), show_duration(duration{c.bound_ns}),
              show_duration(duration{c.worst_bound_ns}));
      else
        print("clock of {}: no estimate\n", clip(c.node, 24));
      without_datagrams(c.node);
    }
  }

  /// Says so if a node was compared with the coordinator another way, always or at times.
  void without_datagrams(const std::string& node) {
    std::uint64_t datagrams = 0, control = 0;
    for (const auto& p : s_.clock_pairs)
      if ((p.asker == node && p.answerer == coordinator) ||
          (p.asker == coordinator && p.answerer == node))
        (p.method == by_control ? control : datagrams) += p.exchanges;
    if (control > 0)
      print("  {}compared over the control plane (UDP did not pass): {} of {} exchanges\n",
            datagrams > 0 ? "at times " : "", control, control + datagrams);
  }

  /// Nodes on one clock were probed all the same: the estimate is checked against the truth, 0.
  void shared_pairs() {
    std::uint64_t pairs = 0, exchanges = 0, bad = 0;
    std::int64_t widest = 0;
    for (const auto& p : s_.clock_pairs)
      if (p.shared) {
        ++pairs;
        exchanges += p.exchanges;
        bad += p.bad_stamps;
        widest = std::max(widest, p.bound_ns);
      }
    if (pairs > 0)
      print("probed all the same: {} pair{} by {} exchanges, 0 ± {} at most\n", pairs,
            pairs == 1 ? "" : "s", exchanges, show_duration(duration{widest}));
    bad_stamps(bad);
  }

  void bad_stamps(std::uint64_t exchanges) {
    if (exchanges > 0)
      print("  {} more exchange{} with bad stamps: left out of every figure\n", exchanges,
            exchanges == 1 ? "" : "s");
  }

  void clock_pairs() {
    std::size_t names = 10;
    std::vector<std::pair<std::string, const run_summary::clock_pair_row*>> rows;
    for (const auto& p : s_.clock_pairs)
      if (!p.shared) {
        rows.emplace_back(p.asker + ", " + p.answerer, &p);
        names = std::clamp(columns_of(rows.back().first), names, std::size_t{30});
      }
    if (!rows.empty())
      print("\n{:<{}} {:<8}{:>10}{:>9}{:>11}{:>13}{:>9}{:>9}\n", "clock pair", names, "by",
            "exchanges", "min rtt", "offset", "drift", "±", "worst ±");
    for (const auto& [name, p] : rows) {
      print("{:<{}} {:<8}{:>10}{:>9}{:>11}{:>13}{:>9}{:>9}\n", clip(name, names), names,
            p->network.empty() ? p->method : clip(p->network, 8), p->exchanges,
            show_duration(duration{p->shortest_ns}), show_duration(duration{p->offset_ns}),
            fmt::format("{:.2f} ppm", p->drift_ppb * 1e-3), show_duration(duration{p->bound_ns}),
            show_duration(duration{p->worst_bound_ns}));
      bad_stamps(p->bad_stamps);
    }
    for (const auto& l : s_.clock_loops)
      print("loop {}: {} ± {}\n", clip(l.a + ", " + l.b + ", " + l.c, 60),
            show_duration(duration{l.residual_ns}), show_duration(duration{l.bound_ns}));
  }

  void events() {
    constexpr std::size_t most = 12;
    if (s_.events.empty())
      return;
    print("\n");
    for (std::size_t i = 0; i < std::min(most, s_.events.size()); ++i) {
      const auto& e = s_.events[i];
      auto text = e.first_ns ? "at " + show_duration(duration{*e.first_ns - s_.begin_ns}) + ", "
                             : std::string();
      text += fmt::format("{} {}: {}, {}", e.severity, e.node, e.what, e.detail);
      if (e.count > 1)
        text += fmt::format(" ({} times)", e.count);
      sentence(" · ", text);
    }
    if (s_.events.size() > most)
      print("   {} more events: view events of run.db\n", s_.events.size() - most);
  }

  void overhead() {
    print("recording: {} records, {} lost, {}\n", s_.own.stored,
          s_.own.lost == 0 ? "none" : std::to_string(s_.own.lost),
          show_size(static_cast<double>(s_.own.database)));
    if (s_.own.probe_bytes > 0)
      print("clock probes: {} sent, {}/s while running; {} of CPU, all nodes together\n",
            show_size(static_cast<double>(s_.own.probe_bytes)), show_size(s_.own.probe_rate),
            show_duration(s_.own.probe_cpu));
    std::uint64_t uncounted = 0;
    for (const auto& p : s_.clock_pairs)
      uncounted += p.method == by_control ? p.exchanges : 0;
    if (uncounted > 0)
      print("clock probes: {} more exchanges over the control plane, whose cost is not counted\n",
            uncounted);
    const auto& m = s_.own.mishaps;
    std::string disturbed;
    if (m.foreign > 0)
      disturbed =
          fmt::format("{} foreign datagram{} ignored", m.foreign, m.foreign == 1 ? "" : "s");
    if (m.overflowed > 0)
      disturbed +=
          fmt::format("{}{} lost in full buffers", disturbed.empty() ? "" : ", ", m.overflowed);
    if (!disturbed.empty())
      print("clock probes: {}\n", disturbed);
  }

  const run_summary& s_;
  fmt::memory_buffer text_;
};

} // namespace

std::string print_summary(const run_summary& s) {
  return printer(s).run();
}

} // namespace peernet
