// SPDX-License-Identifier: MIT
// One key of a scenario as a declaration: kind, range, default, one line of documentation. From it
// values are read, checked and printed, the same way for PeerNet's own keys and for those of a
// plugin's type.
#pragma once

#include "runtime/config/document.hpp"
#include "runtime/config/options.hpp"
#include "runtime/core/error.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace peernet {

/// How a key is written, and as what it arrives in `options`.
enum class option_kind : std::uint8_t {
  flag,       ///< true, false → bool
  integer,    ///< 3 → std::int64_t
  number,     ///< 0.5 → double
  text,       ///< "cpu" → std::string
  file,       ///< path of a file that can be read → std::string, as written
  folder,     ///< path of a folder that can be read → std::string, as written
  output,     ///< path of a folder to write to → std::string, as written
  media,      ///< file, device, URL with "://", or a device's number → std::string
  sensor,     ///< name of a sensor on the same node → std::string
  time_span,  ///< "20ms" → duration
  rate,       ///< "10Hz" → double, Hz
  bitrate,    ///< "20Mbit" → double, bits per second
  size,       ///< "1kB" → std::int64_t, bytes
  size_range, ///< "1kB" or { min = "100B", max = "10kB" } → int_range, bytes
  percent,    ///< "1%" → double, 0…1
  ppm,        ///< "40ppm" → double, parts per million
  numbers,    ///< [0.1, 0.2] → std::vector<double>
  texts,      ///< ["a", "b"] → std::vector<std::string>
};

/// A key's declaration.
struct option_def {
  std::string name;
  option_kind kind = option_kind::text;
  std::string doc; ///< one line
  bool required = false;
  std::optional<option_value> otherwise = {}; ///< the default; none: absent unless written
  /// Bounds of every number in it, both included: ns, Hz, bytes, bits per second, shares.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false; ///< `min` itself is not allowed
  std::int64_t step = 1;  ///< integers: min, min + step, min + 2 step…
  std::size_t length = 0; ///< numbers: exactly so many; 0: any
};

/// `written` as the declared kind, or why it cannot be that, with the remedy.
[[nodiscard]] result<option_value> read_value(const option_def& def, const document_value& written);

/// `value` as TOML; `read_value` brings it back exactly.
[[nodiscard]] std::string print_value(const option_def& def, const option_value& value);

/// True if a value of this kind is a path, as `written`: always of a file or folder; other media
/// are URLs and device numbers.
[[nodiscard]] bool is_path(option_kind kind, std::string_view written) noexcept;

/// "from 1 to 100", "above 0", "at least 10ms"; empty without bounds.
[[nodiscard]] std::string print_range(const option_def& def);

/// `text` as a TOML basic string, quotes included.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace peernet
