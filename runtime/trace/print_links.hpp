// SPDX-License-Identifier: MIT
// The links in a run's summary: a row each, and below it what came corrupt and what was done to
// frames and packets on purpose.
#pragma once

#include "runtime/trace/summary.hpp"
#include "runtime/trace/terminal_page.hpp"

namespace peernet {

/// The table of `links`; nothing if there are none.
void print_links(terminal_page& page, const std::vector<run_summary::link_row>& links);

} // namespace peernet
