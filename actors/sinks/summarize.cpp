// SPDX-License-Identifier: MIT
// One line about a payload, for people. Texts and labels may come from another machine, so nothing
// in them may reach the terminal as a command: control characters of every kind are escaped.
#include "actors/sinks/builtin.hpp"
#include "runtime/core/detection.hpp"
#include "runtime/core/units.hpp"
#include "runtime/core/utf8.hpp"

#include <algorithm>
#include <cstdio>

namespace peernet {

namespace {

constexpr std::size_t shown_characters = 200;
constexpr std::size_t shown_detections = 20;

/// U+0000…1F, U+007F and the second set U+0080…9F, which some terminals obey as well.
bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F ||
         (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
}

void append_escaped(std::string& line, std::string_view character) {
  if (character == "\n") {
    line += "\\n";
  } else if (character == "\t") {
    line += "\\t";
  } else {
    for (const char c : character) {
      char code[5];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
      line += code;
    }
  }
}

void append_text(std::string& line, std::string_view text) {
  std::size_t at = 0;
  for (std::size_t shown = 0; at < text.size() && shown < shown_characters; ++shown) {
    const auto length = utf8_length(text.substr(at));
    const auto character = text.substr(at, std::max<std::size_t>(length, 1));
    if (length == 0 || is_control(character))
      append_escaped(line, character);
    else
      line += character;
    at += character.size();
  }
  if (at < text.size())
    line += "… (" + show_size(static_cast<double>(text.size())) + ")";
}

std::string summarize_detections(const payload& p) {
  const auto found = unpack(p);
  if (found.empty())
    return "nothing detected";
  std::string line;
  const auto shown = std::min(found.size(), shown_detections);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& d = found[i];
    char numbers[200];
    line += i == 0 ? "" : ", ";
    append_text(line, d.name());
    std::snprintf(numbers, sizeof numbers, " %.2f", static_cast<double>(d.score));
    line += numbers;
    if (d.width != 0 || d.height != 0) { // otherwise a class for the whole image
      std::snprintf(numbers, sizeof numbers, " @ %.0f,%.0f %.0fx%.0f", static_cast<double>(d.x),
                    static_cast<double>(d.y), static_cast<double>(d.width),
                    static_cast<double>(d.height));
      line += numbers;
    }
  }
  if (shown < found.size())
    line += " and " + std::to_string(found.size() - shown) + " more";
  return line;
}

const char* name_of(element type) noexcept {
  return type == element::f32 ? "f32" : type == element::i64 ? "i64" : "u8";
}

} // namespace

std::string summarize(const payload& p) {
  const auto& f = p.what();
  const auto extent = std::to_string(f.width) + "x" + std::to_string(f.height);
  switch (f.kind) {
  case content::text: {
    std::string line;
    append_text(line, p.text());
    return line;
  }
  case content::detections:
    return summarize_detections(p);
  case content::image:
    return "image " + extent + "x" + std::to_string(f.channels);
  case content::tensor:
    return "tensor " + extent + " " + name_of(f.type);
  case content::bytes:
    break;
  }
  return show_size(static_cast<double>(p.size()));
}

} // namespace peernet
