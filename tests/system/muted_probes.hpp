// SPDX-License-Identifier: MIT
// A network that lets no datagrams pass, when a test wants it: what peernet-run-held does to clock
// probes.
#pragma once

namespace peernet {

/// The environment variable that names a file: as long as there is one, clock probes are sent to
/// nowhere, by every process of the run.
inline constexpr const char* muting_file = "PEERNET_TEST_MUTED";

} // namespace peernet
