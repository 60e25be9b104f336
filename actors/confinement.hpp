// SPDX-License-Identifier: MIT
// A worker that a coordinator elsewhere controls writes into its run's folder and nowhere else,
// whatever its models bring along: the kernel sees to it (Landlock).
#pragma once

#include "runtime/core/error.hpp"

#include <filesystem>

namespace peernet {

/// From now on this thread, all that it starts, and their children can change files below `folder`
/// only; beside that they can write to devices and in shared memory. For good. Call it while there
/// is one thread. errc::unsupported: the kernel cannot do that; errc::io.
[[nodiscard]] result<void> confine_writes(const std::filesystem::path& folder);

} // namespace peernet
