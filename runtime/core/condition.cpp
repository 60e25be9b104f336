// SPDX-License-Identifier: MIT
#include "runtime/core/condition.hpp"

#include "runtime/core/nearest.hpp"
#include "runtime/core/units.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <vector>

namespace peernet {

namespace {

constexpr std::array<std::pair<statistic, std::string_view>, 8> statistics{
    {{statistic::mean, "mean"},
     {statistic::min, "min"},
     {statistic::p50, "p50"},
     {statistic::p90, "p90"},
     {statistic::p95, "p95"},
     {statistic::p99, "p99"},
     {statistic::p999, "p99.9"},
     {statistic::max, "max"}}};

std::string_view example(figure_unit unit) {
  static constexpr std::array<std::string_view, 7> examples{
      "p95 < 250ms", "< 2%", ">= 9.5Hz", "> 5Mbit", "mean > 1", "p90 < 20kB", "min > 30dB"};
  return examples[static_cast<std::size_t>(unit)];
}

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

error bad(std::string_view text, figure_unit unit, const std::string& why) {
  return {errc::bad_scenario,
          in_quotes(text) + ": " + why + "; write for example " + in_quotes(example(unit))};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string all_statistics() {
  std::string list;
  for (const auto& [unused, name] : statistics)
    list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

result<statistic> parse_statistic(std::string_view word, std::string_view text, figure_unit unit) {
  if (!takes_statistic(unit)) {
    if (word.empty())
      return statistic::none;
    return bad(text, unit, "this is one figure of the whole run; leave out " + in_quotes(word));
  }
  if (word.empty())
    return bad(text, unit, "the statistic is missing, one of " + all_statistics());
  std::vector<std::string> names;
  for (const auto& [value, name] : statistics) {
    if (name == word)
      return value;
    names.emplace_back(name);
  }
  const auto near = nearest_name(word, names);
  return bad(text, unit,
             "there is no statistic " + in_quotes(word) +
                 (near.empty() ? ", only " + all_statistics()
                               : "; did you mean " + in_quotes(near) + "?"));
}

template <class T>
result<double> as_number(const result<T>& quantity) {
  if (!quantity)
    return quantity.error();
  if constexpr (std::is_same_v<T, duration>)
    return static_cast<double>(quantity->count());
  else
    return static_cast<double>(*quantity);
}

result<double> parse_number(std::string_view text) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || rest != end || !std::isfinite(number))
    return error{errc::bad_scenario,
                 in_quotes(text) + " is not a plain number, without a unit; write for example 1.5"};
  return number;
}

result<double> parse_limit(std::string_view text, figure_unit unit) {
  switch (unit) {
  case figure_unit::time_span:
    return as_number(parse_duration(text));
  case figure_unit::share:
    return as_number(parse_percent(text));
  case figure_unit::rate:
    return as_number(parse_rate(text));
  case figure_unit::bitrate:
    return as_number(parse_bitrate(text));
  case figure_unit::size:
    return as_number(parse_size(text));
  case figure_unit::decibel:
    return as_number(parse_decibel(text));
  case figure_unit::number:
    break;
  }
  return parse_number(text);
}

} // namespace

std::string show_figure(figure_unit unit, double value) {
  char text[48];
  switch (unit) {
  case figure_unit::time_span:
    return show_duration(duration{std::llround(value)});
  case figure_unit::bitrate:
    return show_bitrate(value);
  case figure_unit::size:
    return show_size(value);
  case figure_unit::decibel:
    std::snprintf(text, sizeof text, "%.1f dB", value);
    return text;
  case figure_unit::share:
    std::snprintf(text, sizeof text, "%.3g %%", value * 100);
    return text;
  case figure_unit::rate:
    std::snprintf(text, sizeof text, "%.4g Hz", value);
    return text;
  case figure_unit::number:
    break;
  }
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string_view to_string(statistic s) noexcept {
  for (const auto& [value, name] : statistics)
    if (value == s)
      return name;
  return {};
}

std::optional<double> percentile_share(statistic s) noexcept {
  switch (s) {
  case statistic::p50:
    return 0.5;
  case statistic::p90:
    return 0.9;
  case statistic::p95:
    return 0.95;
  case statistic::p99:
    return 0.99;
  case statistic::p999:
    return 0.999;
  default:
    return std::nullopt;
  }
}

bool condition::holds(double measured) const noexcept {
  switch (how) {
  case comparison::less:
    return measured < limit;
  case comparison::at_most:
    return measured <= limit;
  case comparison::more:
    return measured > limit;
  case comparison::at_least:
    break;
  }
  return measured >= limit;
}

result<condition> parse_condition(std::string_view text, figure_unit unit) {
  const auto whole = trimmed(text);
  const auto at = whole.find_first_of("<>=!");
  if (at == std::string_view::npos || whole[at] == '=' || whole[at] == '!')
    return bad(text, unit, "a condition compares by <, <=, > or >=");
  const auto of = parse_statistic(trimmed(whole.substr(0, at)), text, unit);
  if (!of)
    return of.error();
  const bool or_equal = whole.substr(at + 1).starts_with('=');
  const auto quantity = trimmed(whole.substr(at + (or_equal ? 2 : 1)));
  if (quantity.empty())
    return bad(text, unit, "there is nothing to compare with");
  const auto limit = parse_limit(quantity, unit);
  if (!limit)
    return limit.error();
  if (unit == figure_unit::share && (*limit < 0 || *limit > 1))
    return bad(text, unit, "a share is from 0% to 100%");
  const auto how = whole[at] == '<' ? (or_equal ? comparison::at_most : comparison::less)
                                    : (or_equal ? comparison::at_least : comparison::more);
  return condition{.of = *of, .how = how, .limit = *limit};
}

} // namespace peernet
