// SPDX-License-Identifier: MIT
#include "runtime/config/diagnostic.hpp"

#include "runtime/core/nearest.hpp"

#include <algorithm>
#include <tuple>

namespace peernet {

std::string to_string(const diagnostic& d) {
  std::string text = d.file;
  if (d.where.line != 0)
    text += ":" + std::to_string(d.where.line) + ":" + std::to_string(d.where.column);
  return text + (text.empty() ? "error: " : ": error: ") + d.message;
}

std::string to_string(const std::vector<diagnostic>& all) {
  std::string text;
  for (const auto& d : all)
    text += to_string(d) + "\n";
  return text;
}

std::uint32_t sources::add_text(std::string name) {
  names_.push_back(std::move(name));
  return static_cast<std::uint32_t>(names_.size() - 1);
}

origin sources::find(std::string_view path) const {
  for (;;) {
    if (const auto it = places_.find(path); it != places_.end())
      return it->second;
    const auto dot = path.rfind('.');
    if (dot == std::string_view::npos)
      return {};
    path = path.substr(0, dot);
  }
}

void mistakes::add(origin where, std::string message) {
  if (count_++ < most_shown)
    entries_.push_back({where, std::move(message)});
}

void mistakes::about(std::string_view path, std::string_view message) {
  add(sources_.find(path), std::string(path) + ": " + std::string(message));
}

std::vector<diagnostic> mistakes::list() const {
  auto sorted = entries_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const entry& a, const entry& b) {
    return std::tuple(a.where.source, a.where.where.line, a.where.where.column) <
           std::tuple(b.where.source, b.where.where.line, b.where.where.column);
  });
  std::vector<diagnostic> all;
  for (auto& e : sorted)
    all.push_back({e.where.where, sources_.name(e.where), std::move(e.message)});
  if (count_ > entries_.size())
    all.push_back({{},
                   sources_.name({}),
                   "and " + std::to_string(count_ - entries_.size()) + " more mistakes"});
  return all;
}

std::string mistakes::hint(std::string_view wrong, const std::vector<std::string>& valid) const {
  if (full())
    return {};
  if (const auto near = nearest_name(wrong, valid); !near.empty())
    return "; did you mean \"" + near + "\"?";
  constexpr std::size_t most_listed = 40;
  std::string text = "; valid are: ";
  for (std::size_t i = 0; i < valid.size() && i < most_listed; ++i)
    text += (i ? ", " : "") + valid[i];
  return valid.empty() ? "; there is none" : text + (valid.size() > most_listed ? ", …" : "");
}

} // namespace peernet
