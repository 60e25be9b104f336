// SPDX-License-Identifier: MIT
// `--set links.uplink.transport=caf`: changes to a scenario's tree before it is read. What they
// bring is checked like everything else, and messages name the override.
#pragma once

#include "runtime/config/diagnostic.hpp"
#include "runtime/config/document.hpp"

#include <span>
#include <string>

namespace peernet {

/// Applies every KEY=VALUE in turn. KEY is a dotted TOML key; VALUE is read as TOML, else as a bare
/// text. Keys are added where they are missing, but no new node, stage or link appears by setting a
/// key inside it. Of `scenario.duration` and `scenario.samples`, setting one takes the other away.
void apply_overrides(document_table& root, std::span<const std::string> overrides, sources& places,
                     mistakes& wrong);

} // namespace peernet
