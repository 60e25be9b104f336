// SPDX-License-Identifier: MIT
// What can be said of the machine that this process runs on.
#pragma once

#include "actors/remote/messages.hpp"
#include "runtime/plugin/loader.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace peernet {

/// Kernel, cores, clock domain, networks, buffers, plugins; what only its owner knows (name, ports,
/// limits) is left to the caller. What the system does not show stays empty or 0. `folders`: where
/// a run finds its plugins.
[[nodiscard]] machine_facts
look_at_machine(const std::vector<std::filesystem::path>& folders = plugin_folders());

/// The version of this build, as `--version` prints it.
[[nodiscard]] std::string peernet_version();

} // namespace peernet
