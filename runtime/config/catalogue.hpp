// SPDX-License-Identifier: MIT
// Every type that a scenario can name (sensors, models, sinks, codecs, transports), the module that
// brings it, and its own keys. Nothing of a type is loaded to check a scenario that uses it.
#pragma once

#include "runtime/config/values.hpp"
#include "runtime/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

enum class plugin_kind : std::uint8_t { sensor, model, sink, codec, transport };

[[nodiscard]] std::string_view to_string(plugin_kind kind) noexcept; ///< "sensor", "model", …

/// One type.
struct catalogue_entry {
  plugin_kind kind = plugin_kind::sensor;
  std::string name;
  std::string module; ///< stem of the shared library peernet-<module>.so; empty: in the program
  std::string doc;    ///< one line
  std::vector<option_def> options = {};
  std::vector<std::string> values = {}; ///< of a model: the figures it reports for each sample
  bool one_machine = false;             ///< of a transport: it cannot leave the machine
  /// Of a transport: it retransmits, so that none of a link's samples is lost, repeated, overtaken
  /// or damaged on the way.
  bool reliable = false;

  bool images = false; ///< of a codec: it takes images only
  /// Of a codec: what it gives is a payload like any other, of the format it states; else it is
  /// bytes that only its own decoder understands.
  bool plain = false;
  /// Of a codec: groups of keys, of which exactly one is used; none: its keys go together.
  std::vector<std::vector<std::string>> ways = {};

  [[nodiscard]] const option_def* find(std::string_view option) const;
};

/// The types that are known. Thread: any for reading; `add` before anything else reads.
class catalogue {
public:
  /// What PeerNet itself brings.
  [[nodiscard]] static const catalogue& builtin();

  /// Makes a further type known. errc::bad_scenario when its name is taken, or one of its keys
  /// belongs to the table it is written in (`node`, `rate`, …) or is declared twice.
  [[nodiscard]] result<void> add(catalogue_entry entry);

  /// Null if there is none.
  [[nodiscard]] const catalogue_entry* find(plugin_kind kind, std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names(plugin_kind kind) const;
  [[nodiscard]] const std::vector<catalogue_entry>& entries() const noexcept { return entries_; }

private:
  std::vector<catalogue_entry> entries_;
};

} // namespace peernet
