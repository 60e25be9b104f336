// SPDX-License-Identifier: MIT
#include "runtime/config/network_trace.hpp"

#include "runtime/config/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace peernet {

namespace {

constexpr std::uintmax_t largest_file = 16u << 20;

enum class column : std::uint8_t { time, delay, loss, rate };

struct column_def {
  std::string_view name;
  column what;
  double factor; ///< to ns, a share, bit/s
  double min, max;
};

constexpr std::array columns{
    column_def{"time_s", column::time, 1e9, 0, longest_run_ns},
    column_def{"time_ms", column::time, 1e6, 0, longest_run_ns},
    column_def{"delay_ms", column::delay, 1e6, 0, longest_wait_ns},
    column_def{"delay_us", column::delay, 1e3, 0, longest_wait_ns},
    column_def{"loss_percent", column::loss, 0.01, 0, 1},
    column_def{"rate_mbit", column::rate, 1e6, lowest_bitrate, highest_bitrate},
    column_def{"rate_kbit", column::rate, 1e3, lowest_bitrate, highest_bitrate}};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos
             ? std::string_view{}
             : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos)
      return cells;
    line.remove_prefix(comma + 1);
  }
}

error wrong(std::size_t line, const std::string& why) {
  return {errc::unreadable, std::to_string(line) + ": " + why};
}

result<std::vector<const column_def*>> header_of(std::size_t line, std::string_view text) {
  std::string names;
  for (const auto& c : columns)
    names += (names.empty() ? "" : ", ") + std::string(c.name);
  std::vector<const column_def*> found;
  for (const auto& cell : cells_of(text)) {
    const auto def = std::ranges::find(columns, cell, &column_def::name);
    if (def == columns.end())
      return wrong(line, "there is no column \"" + std::string(cell) + "\"; the first line names " +
                             "the columns, each one of " + names);
    if (std::ranges::any_of(found, [&](const auto* c) { return c->what == def->what; }))
      return wrong(line, "two columns say the same; leave \"" + std::string(cell) + "\" out");
    found.push_back(&*def);
  }
  if (std::ranges::none_of(found, [](const auto* c) { return c->what == column::time; }))
    return wrong(line, "the column time_s (or time_ms) is missing");
  if (found.size() == 1)
    return wrong(line, "only the time has a column; add one of " + names);
  return found;
}

result<double> number_of(std::size_t line, const column_def& def, std::string_view cell) {
  double number = 0;
  const auto [end, failed] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (failed != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(number))
    return wrong(line, std::string(def.name) + ": \"" + std::string(cell) + "\" is no number");
  number *= def.factor;
  if (number < def.min || number > def.max)
    return wrong(line, std::string(def.name) + ": " + std::string(cell) + " is out of range" +
                           (def.what == column::rate ? "; the lowest rate is 1 kbit/s, and an "
                                                       "outage is a loss of 100 percent"
                                                     : ""));
  return number;
}

void put(network_step& step, column what, double number) {
  switch (what) {
  case column::time:
    step.from = duration{std::llround(number)};
    return;
  case column::delay:
    step.delay = duration{std::llround(number)};
    return;
  case column::loss:
    step.loss = number;
    return;
  case column::rate:
    step.rate = number;
    return;
  }
}

} // namespace

result<network_trace> network_trace::parse(std::string_view text) {
  network_trace trace;
  std::vector<const column_def*> header;
  bool ended = false;
  std::size_t number = 0;
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), text.find('\n') + 1))) {
    const auto newline = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, newline));
    ++number;
    if (!line.empty() && line.front() != '#') {
      if (ended)
        return wrong(number, "the line before has a time only, and so ends the trace");
      if (header.empty()) {
        auto names = header_of(number, line);
        if (!names)
          return std::move(names).error();
        header = *std::move(names);
      } else {
        const auto cells = cells_of(line);
        if (cells.size() != header.size())
          return wrong(number, "has " + std::to_string(cells.size()) + " fields, not " +
                                   std::to_string(header.size()) + " as the first line");
        network_step step;
        std::size_t empty = 0;
        for (std::size_t i = 0; i < cells.size(); ++i) {
          if (cells[i].empty() && header[i]->what != column::time) {
            ++empty;
            continue;
          }
          const auto value = number_of(number, *header[i], cells[i]);
          if (!value)
            return value.error();
          put(step, header[i]->what, *value);
        }
        ended = empty + 1 == cells.size();
        if (empty > 0 && !ended)
          return wrong(number, "a field is empty; only the last line leaves them empty, all but "
                               "its time");
        const auto first = trace.steps_.empty();
        if (first && (step.from.count() != 0 || ended))
          return wrong(number, "the first step begins at time 0");
        if (!first && step.from <= trace.steps_.back().from)
          return wrong(number, "its time is not behind that of the line before");
        if (ended)
          trace.length_ = step.from;
        else
          trace.steps_.push_back(step);
      }
    }
    if (newline == text.size())
      break;
  }
  if (header.empty())
    return wrong(1, "the file is empty; its first line names the columns: "
                    "time_s,delay_ms,loss_percent,rate_mbit");
  if (!ended)
    return wrong(number, "the end is missing: the last line has a time and nothing else, such as "
                         "\"60" +
                             std::string(header.size() - 1, ',') +
                             "\", and there the trace begins again");
  return trace;
}

result<network_trace> network_trace::load(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed))
    return error{errc::not_found, "\"" + path + "\" is no file"};
  if (const auto bytes = std::filesystem::file_size(path, failed); failed || bytes > largest_file)
    return error{errc::unreadable, "\"" + path + "\" is larger than 16 MiB, the most for a trace"};
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    return error{errc::unreadable, "\"" + path + "\" cannot be read"};
  auto trace = parse(text);
  if (!trace)
    return error{trace.error().code, "\"" + path + "\":" + trace.error().message};
  return trace;
}

const network_step& network_trace::at(duration since) const noexcept {
  const auto within = since % length_;
  return *std::prev(std::ranges::upper_bound(steps_, within, {}, &network_step::from));
}

bool network_trace::loses() const noexcept {
  return std::ranges::any_of(steps_, [](const auto& s) { return s.loss.value_or(0) > 0; });
}

} // namespace peernet
