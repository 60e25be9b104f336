// SPDX-License-Identifier: MIT
#include "runtime/trace/print_links.hpp"

#include "runtime/core/units.hpp"

#include <array>

namespace peernet {

namespace {

std::uint64_t count_of(const run_summary::link_row& r, const std::string& name) {
  const auto found = std::ranges::find(r.counts, name, &link_count::name);
  return found == r.counts.end() ? 0 : found->count;
}

/// What was done to a link's frames or packets; nothing if nothing was.
std::string impairments(const run_summary::link_row& r, const std::string& way) {
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

/// What was done to a link's packets one way, where that is counted.
void print_packets(terminal_page& page, const run_summary::link_row& r, const std::string& way,
                   std::string_view what, std::size_t indent) {
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
  page.print("{:<{}} {} {}{}{}\n", "", indent, entered, what, fates.empty() ? "" : ": ", fates);
  if (count_of(r, way + "planned-max-ns") > 0)
    page.print("{:<{}} meant to be held {}\n", "", indent + 2, figures("planned"));
  page.print("{:<{}} let out late by {}\n", "", indent + 2, figures("late"));
}

} // namespace

void print_links(terminal_page& page, const std::vector<run_summary::link_row>& links) {
  if (links.empty())
    return;
  const auto names = widest(
      links, [](const auto& r) { return r.name; }, 8, name_width);
  const auto kinds = widest(
      links, [](const auto& r) { return r.transport; }, 9, 10);
  page.print("\n{:<{}} {:<{}}{:>9}{:>10}{:>8}{:>11}{:>10}{:>9}{:>14}\n", "link", names, "transport",
             kinds, "sent", "delivered", "lost", "duplicated", "reordered", "dropped",
             "throughput");
  for (const auto& r : links) {
    page.print("{:<{}} {:<{}}{:>9}{:>10}{:>8}{:>11}{:>10}{:>9}{:>14}\n", clip(r.name, names), names,
               clip(r.transport, kinds), kinds, shown(r.sent), shown(r.delivered), shown(r.lost),
               shown(r.duplicated), shown(r.reordered), shown(r.dropped),
               r.throughput ? show_bitrate(*r.throughput) : no_figure);
    if (r.corrupt.value_or(0) > 0)
      page.print("{:<{}} {} frames came corrupt\n", "", names, *r.corrupt);
    if (const auto done = impairments(r, "impair-"); !done.empty())
      page.print("{:<{}} by its impairment: {}\n", "", names, done);
    print_packets(page, r, "packets-", "packets", names);
    print_packets(page, r, "back-", "packets back", names);
  }
}

} // namespace peernet
