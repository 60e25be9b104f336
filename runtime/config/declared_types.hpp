// SPDX-License-Identifier: MIT
// What a plugin from elsewhere brings, as its author declares it in peernet-<module>.toml beside
// peernet-<module>.so: types, what they promise, and their keys. A scenario that uses them is
// checked by this text alone; no code of the plugin runs before a node loads it.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// Adds the types that `text` declares for `module`; `file` is for messages. What is right is added
/// whatever else is wrong; all mistakes come back.
[[nodiscard]] std::vector<diagnostic> declare_types(std::string_view text, std::string file,
                                                    const std::string& module, catalogue& into);

/// The same for every peernet-<module>.toml in `folders`; of two for one module the one in the
/// earlier folder counts, as with the libraries. Folders that are not there hold none. A module
/// that has the name of one of PeerNet's own is a mistake, and so is a library that nothing
/// declares.
[[nodiscard]] std::vector<diagnostic> declare_types(std::span<const std::filesystem::path> folders,
                                                    catalogue& into);

} // namespace peernet
