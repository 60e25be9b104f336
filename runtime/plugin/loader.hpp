// SPDX-License-Identifier: MIT
// Finds a plugin's shared library, checks that it was built for this PeerNet, and lets it register
// its types. A library is never unloaded: objects of its types, and LibTorch's and OpenCV's own
// threads, may outlive whoever asked for it.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/plugin/registrar.hpp"

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace peernet {

/// Where plugins are looked for, in this order: the folders in the environment variable
/// PEERNET_PLUGIN_PATH (separated by colons), then the folder "peernet" beside libpeernet-core.so,
/// where a build and an installation keep PeerNet's own.
[[nodiscard]] std::vector<std::filesystem::path> plugin_folders();

/// The same with `listed` in place of that variable.
[[nodiscard]] std::vector<std::filesystem::path> plugin_folders(std::string_view listed);

/// Loads peernet-<module>.so from the first of `folders` that has it, and calls its registration
/// function with `into`. Every message names the file and says what to do.
/// Errors: errc::bad_scenario (`module` does not match [a-z][a-z0-9-]*), not_found (in no folder),
/// unreadable (the system cannot load it), unsupported (a library, but no plugin), refused (built
/// for another PeerNet or by another compiler), internal (its registration threw).
/// Thread: the control thread.
[[nodiscard]] result<void> load_plugin(std::string_view module,
                                       std::span<const std::filesystem::path> folders,
                                       registrar& into);

} // namespace peernet
