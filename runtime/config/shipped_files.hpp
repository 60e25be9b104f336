// SPDX-License-Identifier: MIT
// The files that a node on another machine needs of this one: what the scenario names for its
// stages and what is here to be read. They are shipped into a work folder of the run there, and the
// node's copy of the scenario names them inside it.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/scenario.hpp"
#include "runtime/core/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

struct shipped_file {
  std::string key;  ///< the setting that names it, or its folder: "sensors.camera.path"
  std::string path; ///< absolute, on this machine
  /// Relative to the work folder: "files/0-vtest.avi", "files/1-images/a.png". Each part holds only
  /// letters, digits, '.', '_' and '-', no '.' in front. No two files have the same. Name order
  /// within a folder is kept: sensors go by it.
  std::string name;
  bool operator==(const shipped_file&) const = default;
};

inline constexpr std::size_t most_shipped_files = 10'000; ///< of one node
inline constexpr std::size_t most_shipped_parts = 8;      ///< of a name; a folder's files have 3
inline constexpr std::size_t longest_shipped_part = 100;  ///< characters
inline constexpr std::size_t longest_shipped_name = 512;  ///< all parts together

/// What the stages of `node` name that is a regular file or folder here, as found from
/// `s.directory`; of folders, everything below. URLs, devices and what is not here stay the node's
/// own business, and so does what sinks write. `s` is validated.
/// errc::too_large: too many files, too deep, too long a name; errc::unreadable: a folder that is
/// empty or may not be read, or a link in one that leads out of it or to a folder. Messages begin
/// with the key.
[[nodiscard]] result<std::vector<shipped_file>>
files_to_ship(const scenario& s, std::string_view node, const catalogue& known);

/// The scenario for `node`, in whose work folder the `files` are: settings of its stages that name
/// them do so by `shipped_file::name`. Paths of other nodes' stages stay as they are, so it is read
/// there without looking for files (`reading_options`).
[[nodiscard]] scenario with_shipped_paths(scenario s, std::string_view node,
                                          const std::vector<shipped_file>& files);

} // namespace peernet
