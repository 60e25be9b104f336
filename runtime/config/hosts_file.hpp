// SPDX-License-Identifier: MIT
// `--hosts lab.toml`: which machine plays which node, so that one scenario runs on a laptop and in
// the lab. What such a file says goes into the scenario's tree before `--set` does, and is checked
// like everything else; messages point into the hosts file.
//
//   [cloud]
//   host = "10.0.0.5:7447"
//   addresses = { lan = "10.0.0.5", wifi = "192.168.7.5" }
#pragma once

#include "runtime/config/diagnostic.hpp"
#include "runtime/config/document.hpp"

#include <optional>
#include <string>
#include <vector>

namespace peernet {

class hosts_file {
public:
  /// Reads the file; none after a mistake that leaves nothing to work with. What is wrong with its
  /// shape (names, tables, keys) goes to `wrong`; values are checked as part of the scenario.
  [[nodiscard]] static std::optional<hosts_file> read(const std::string& path, sources& places,
                                                      mistakes& wrong);

  /// Writes `host`, `addresses` and `start` of every machine over those of the node of its name. A
  /// machine whose node the scenario does not have is left alone: a lab's file names them all.
  void place_nodes(document_table& root) const;

  /// The machines of no node in `root`.
  [[nodiscard]] std::vector<std::string> unused(const document_table& root) const;

  /// The number of its text, see `origin::source`.
  [[nodiscard]] std::uint32_t source() const noexcept { return source_; }

private:
  hosts_file(document_table machines, std::uint32_t source)
      : machines_(std::move(machines)), source_(source) {}

  document_table machines_;
  std::uint32_t source_;
};

/// A `host` means a daemon, `start = "child"` or `"join"` another way: where a node has both, from
/// different texts, what was said last takes the other away (the file, hosts file `hosts` or 0,
/// `--set`, in this order). An empty `host` is none, and a hosts file turns no node that joins into
/// a daemon.
void settle_starts(document_table& root, std::uint32_t hosts);

} // namespace peernet
