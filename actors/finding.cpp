// SPDX-License-Identifier: MIT
#include "actors/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <sstream>
#include <string_view>

namespace peernet {

namespace {

using grade = finding::grade;

constexpr std::size_t widest_line = 100;
constexpr std::size_t widest_about = 28;

/// Characters, not bytes.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string_view mark_of(grade how) {
  switch (how) {
  case grade::good:
    return "✓";
  case grade::untried:
    return "–";
  case grade::look:
    return "!";
  case grade::bad:
    break;
  }
  return "✗";
}

/// A figure and its unit are one word.
std::vector<std::string> words_of(const std::string& text) {
  constexpr std::size_t longest_unit = 4; // "µs),"
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    if (!words.empty() && std::isdigit(static_cast<unsigned char>(words.back().back())) &&
        width_of(word) <= longest_unit && !std::isdigit(static_cast<unsigned char>(word.front())))
      words.back() += " " + word;
    else
      words.push_back(word);
  return words;
}

/// Words in lines that begin at `column`; the first line has come so far already.
std::string wrapped(const std::string& text, std::size_t column) {
  std::string lines;
  std::size_t at = column;
  for (const auto& word : words_of(text)) {
    const auto width = width_of(word);
    if (at > column && at + 1 + width > widest_line) {
      lines += "\n" + std::string(column, ' ');
      at = column;
    }
    lines += (at > column ? " " : "") + word;
    at += (at > column ? 1 : 0) + width;
  }
  return lines + "\n";
}

std::string verdict(const std::vector<finding>& all) {
  const auto count = [&](grade how) { return std::ranges::count(all, how, &finding::how); };
  const auto bad = count(grade::bad), look = count(grade::look), untried = count(grade::untried);
  std::string text = bad > 0 ? fmt::format("NOT READY: {} to mend", bad) : "READY";
  if (look > 0)
    text += fmt::format(", {} worth a look", look);
  if (untried > 0)
    text += fmt::format(", {} not tried", untried);
  return text;
}

} // namespace

std::string print(const diagnosis& d) {
  auto sorted = d.findings;
  std::ranges::stable_sort(sorted, std::greater{}, &finding::how);
  std::size_t about = 0;
  for (const auto& f : sorted)
    about = std::max(about, std::min(width_of(f.about), widest_about));
  const auto column = about + 4; // mark, space, about, two spaces
  auto text = verdict(sorted) + "\n\n";
  for (const auto& f : sorted) {
    const auto width = width_of(f.about);
    text += fmt::format("{} {}{}", mark_of(f.how), f.about,
                        width > about ? "\n" + std::string(column, ' ')
                                      : std::string(about - width + 2, ' '));
    text += wrapped(f.what, column);
    if (!f.remedy.empty())
      text += std::string(column, ' ') + "→ " + wrapped(f.remedy, column + 2);
  }
  return text;
}

} // namespace peernet
