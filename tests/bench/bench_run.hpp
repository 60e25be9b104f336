// SPDX-License-Identifier: MIT
// What the benchmarks of links share: two processes side by side, a scenario run by peernet-run and
// asked about its figures, medians.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace peernet::bench {

[[nodiscard]] double median(std::vector<double> values);

/// Runs both, each in a new process: what an earlier measurement left behind, in the allocator for
/// one, is none of theirs. `one` stays until `other` has ended. Throws if one of them failed.
void side_by_side(const std::function<void()>& one, const std::function<void()>& other);

/// Runs a scenario with peernet-run, which lies beside this program, and answers `query` on its
/// run.db.
[[nodiscard]] std::vector<double> run_and_ask(const std::string& scenario,
                                              const std::string& query);

/// `n` samples of 1 kB go there and back, one at a time, over two links of a transport at this
/// address of the machine.
[[nodiscard]] std::string loop_scenario(int n, const std::string& address,
                                        const std::string& transport = "\"zmq-tcp\"");

/// `n` samples of 1 MB go one way as fast as they are taken, at most 16 under way.
[[nodiscard]] std::string stream_scenario(int n, const std::string& address,
                                          const std::string& transport = "\"zmq-tcp\"");

/// A condition of SQL: one in ten at the beginning is left out, as on the bare side.
[[nodiscard]] std::string after_warmup(int n);

} // namespace peernet::bench
