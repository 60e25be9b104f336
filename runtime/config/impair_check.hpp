// SPDX-License-Identifier: MIT
// What must hold between a link's impairment and the rest of the scenario: its transport, and the
// files around it.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/network_trace.hpp"
#include "runtime/config/scenario.hpp"

#include <optional>

namespace peernet {

/// Reports every impairment that its link's transport would make a lie, and with `look_for_files`
/// every trace that is missing or wrong.
void check_impairments(const scenario& s, const catalogue& known, mistakes& wrong,
                       bool look_for_files);

/// The trace of a link, found from the scenario's folder; nothing if it has none. Errors begin
/// with the key: a file that is missing or wrong, or that loses samples on a transport which
/// retransmits.
[[nodiscard]] result<std::optional<network_trace>>
trace_of(const link_config& link, const std::string& directory, const catalogue& known);

} // namespace peernet
