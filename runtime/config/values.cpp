// SPDX-License-Identifier: MIT
#include "runtime/config/values.hpp"

#include "runtime/core/units.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <type_traits>

namespace peernet {

namespace {

error wrong(std::string message) {
  return {errc::bad_scenario, std::move(message)};
}

error not_a(std::string_view wanted, const document_value& written) {
  return wrong("must be " + std::string(wanted) + ", not " + std::string(kind_of(written)));
}

/// As few digits as bring it back exactly.
std::string shortest(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return {text, end};
}

std::string as_toml(double number) {
  const auto text = shortest(number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string as_toml(const std::vector<double>& numbers) {
  std::string text = "[";
  for (const auto n : numbers)
    text += (text.size() > 1 ? ", " : "") + as_toml(n);
  return text + "]";
}

std::string as_toml(const std::vector<std::string>& texts) {
  std::string text = "[";
  for (const auto& t : texts)
    text += (text.size() > 1 ? ", " : "") + quoted(t);
  return text + "]";
}

/// A number in the declared kind's own unit, as a user would write it.
std::string in_unit(option_kind kind, double number) {
  switch (kind) {
  case option_kind::time_span:
    return print_duration(duration{static_cast<std::int64_t>(number)});
  case option_kind::rate:
    return print_rate(number);
  case option_kind::bitrate:
    return print_bitrate(number);
  case option_kind::size:
  case option_kind::size_range:
    return print_size(static_cast<std::uint64_t>(number));
  case option_kind::percent:
    return print_percent(number);
  case option_kind::ppm:
    return print_ppm(number);
  default:
    return number == std::floor(number) && std::fabs(number) < 1e15
               ? std::to_string(static_cast<std::int64_t>(number))
               : shortest(number);
  }
}

/// Passes `value` on if it is a number in the declared range.
template <class Number>
result<Number> ranged(const option_def& def, result<Number> value) {
  double number = 0;
  if (!value)
    return value;
  if constexpr (std::is_same_v<Number, duration>)
    number = static_cast<double>(value->count());
  else
    number = static_cast<double>(*value);
  const auto low = def.above_min ? number > def.min : number >= def.min;
  const auto on_step = def.step == 1 || std::fmod(number - def.min, double(def.step)) == 0;
  if (low && number <= def.max && on_step)
    return value;
  return wrong("must be " + print_range(def) + ", not " + in_unit(def.kind, number));
}

result<bool> flag_of(const document_value& written) {
  if (const auto* flag = written.as<bool>())
    return *flag;
  return not_a("true or false", written);
}

result<std::int64_t> integer_of(const document_value& written) {
  if (const auto* integer = written.as<std::int64_t>())
    return *integer;
  return not_a("a whole number", written);
}

result<double> number_of(const document_value& written) {
  if (const auto* integer = written.as<std::int64_t>())
    return static_cast<double>(*integer);
  const auto* number = written.as<double>();
  if (!number)
    return not_a("a number", written);
  if (!std::isfinite(*number))
    return wrong("must be a finite number");
  return *number;
}

result<std::string> text_of(const document_value& written) {
  const auto* text = written.as<std::string>();
  if (!text)
    return not_a("a text in quotes", written);
  if (text->find('\0') != std::string::npos)
    return wrong("must not hold a zero character");
  return *text;
}

/// A text that names something.
result<std::string> name_of(const option_def& def, const document_value& written) {
  if (const auto* number = written.as<std::int64_t>();
      number && def.kind == option_kind::media && *number >= 0)
    return std::to_string(*number);
  auto text = text_of(written);
  if (text && text->empty())
    return wrong("must not be empty");
  return text;
}

/// A number and its unit by one of the `parse_…` functions, which asks for the unit if a bare
/// number was written.
template <class Number>
result<Number> quantity(result<Number> (*parse)(std::string_view), const document_value& written) {
  if (const auto* integer = written.as<std::int64_t>())
    return parse(std::to_string(*integer));
  if (const auto* number = written.as<double>())
    return parse(shortest(*number));
  if (const auto* text = written.as<std::string>())
    return parse(*text);
  return not_a("a text with number and unit", written);
}

result<std::int64_t> size_of(const option_def& def, const document_value& written) {
  const auto size = ranged(def, quantity(parse_size, written));
  if (!size)
    return size.error();
  return static_cast<std::int64_t>(*size); // parse_size ends at 1 EiB
}

result<int_range> size_range_of(const option_def& def, const document_value& written) {
  const auto* table = written.as<document_table>();
  if (!table) {
    const auto size = size_of(def, written);
    if (!size)
      return size.error();
    return int_range{*size, *size};
  }
  int_range range;
  const auto* min = table->find("min");
  const auto* max = table->find("max");
  if (!min || !max || table->entries.size() != 2)
    return wrong("must be a size such as \"1kB\", or { min = \"100B\", max = \"10kB\" } with these "
                 "two keys");
  for (const auto& [entry, end] : {std::pair{min, &range.min}, std::pair{max, &range.max}}) {
    const auto size = size_of(def, entry->value);
    if (!size)
      return wrong(entry->key + ": " + size.error().message);
    *end = *size;
  }
  if (range.min > range.max)
    return wrong("its min is larger than its max");
  return range;
}

result<std::vector<double>> numbers_of(const option_def& def, const document_value& written) {
  const auto* list = written.as<document_list>();
  const auto wanted = def.length ? "a list of " + std::to_string(def.length) + " numbers"
                                 : std::string("a list of numbers");
  if (!list)
    return not_a(wanted, written);
  if (def.length && list->size() != def.length)
    return wrong("must be " + wanted + ", not of " + std::to_string(list->size()));
  std::vector<double> numbers;
  for (const auto& element : *list) {
    const auto number = ranged(def, number_of(element));
    if (!number)
      return wrong("must be " + wanted + "; one of them " + number.error().message);
    numbers.push_back(*number);
  }
  return numbers;
}

result<std::vector<std::string>> texts_of(const document_value& written) {
  std::vector<std::string> texts;
  const auto* list = written.as<document_list>();
  if (!list && !written.as<std::string>())
    return not_a("a text or a list of texts", written);
  for (const auto& element : list ? *list : document_list{written}) {
    const auto text = text_of(element);
    if (!text)
      return wrong("must be a list of texts; one of them " + text.error().message);
    texts.push_back(*text);
  }
  return texts;
}

template <class T>
result<option_value> as_option(result<T> value) {
  if (!value)
    return std::move(value).error();
  return option_value(*std::move(value));
}

} // namespace

result<option_value> read_value(const option_def& def, const document_value& written) {
  switch (def.kind) {
  case option_kind::flag:
    return as_option(flag_of(written));
  case option_kind::integer:
    return as_option(ranged(def, integer_of(written)));
  case option_kind::number:
    return as_option(ranged(def, number_of(written)));
  case option_kind::text:
    return as_option(text_of(written));
  case option_kind::file:
  case option_kind::folder:
  case option_kind::output:
  case option_kind::media:
  case option_kind::sensor:
    return as_option(name_of(def, written));
  case option_kind::time_span:
    return as_option(ranged(def, quantity(parse_duration, written)));
  case option_kind::rate:
    return as_option(ranged(def, quantity(parse_rate, written)));
  case option_kind::bitrate:
    return as_option(ranged(def, quantity(parse_bitrate, written)));
  case option_kind::percent:
    return as_option(ranged(def, quantity(parse_percent, written)));
  case option_kind::ppm:
    return as_option(ranged(def, quantity(parse_ppm, written)));
  case option_kind::size:
    return as_option(size_of(def, written));
  case option_kind::size_range:
    return as_option(size_range_of(def, written));
  case option_kind::numbers:
    return as_option(numbers_of(def, written));
  case option_kind::texts:
    return as_option(texts_of(written));
  }
  return error{errc::internal, "an option of no known kind"};
}

std::string print_value(const option_def& def, const option_value& value) {
  switch (def.kind) {
  case option_kind::flag:
    return std::get<bool>(value) ? "true" : "false";
  case option_kind::integer:
    return std::to_string(std::get<std::int64_t>(value));
  case option_kind::number:
    return as_toml(std::get<double>(value));
  case option_kind::time_span:
    return quoted(print_duration(std::get<duration>(value)));
  case option_kind::size:
    return quoted(print_size(static_cast<std::uint64_t>(std::get<std::int64_t>(value))));
  case option_kind::rate:
  case option_kind::bitrate:
  case option_kind::percent:
  case option_kind::ppm:
    return quoted(in_unit(def.kind, std::get<double>(value)));
  case option_kind::size_range: {
    const auto& range = std::get<int_range>(value);
    const auto min = quoted(print_size(static_cast<std::uint64_t>(range.min)));
    const auto max = quoted(print_size(static_cast<std::uint64_t>(range.max)));
    return min == max ? min : "{ min = " + min + ", max = " + max + " }";
  }
  case option_kind::numbers:
    return as_toml(std::get<std::vector<double>>(value));
  case option_kind::texts:
    return as_toml(std::get<std::vector<std::string>>(value));
  default:
    return quoted(std::get<std::string>(value));
  }
}

std::string print_range(const option_def& def) {
  std::string text;
  if (std::isfinite(def.min) && std::isfinite(def.max) && !def.above_min)
    text = "from " + in_unit(def.kind, def.min) + " to " + in_unit(def.kind, def.max);
  else {
    if (std::isfinite(def.min))
      text = (def.above_min ? "above " : "at least ") + in_unit(def.kind, def.min);
    if (std::isfinite(def.max))
      text += (text.empty() ? "at most " : " and at most ") + in_unit(def.kind, def.max);
  }
  return def.step == 1 ? text : text + " in steps of " + std::to_string(def.step);
}

bool is_path(option_kind kind, std::string_view written) noexcept {
  if (kind == option_kind::media)
    return written.find("://") == std::string_view::npos &&
           written.find_first_not_of("0123456789") != std::string_view::npos;
  return kind == option_kind::file || kind == option_kind::folder;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text)
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04X", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  return out + "\"";
}

} // namespace peernet
