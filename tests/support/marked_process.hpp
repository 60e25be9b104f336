// SPDX-License-Identifier: MIT
// A program under test as a process of its own, and the processes that came of it: a mark in the
// environment, which children inherit, says to what a process belongs.
#pragma once

#include "tests/support/network_namespaces.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace peernet {

/// How a test looks at the world: again and again.
inline constexpr std::chrono::milliseconds between_looks{3};

/// The file read whole; empty if it cannot be read.
[[nodiscard]] std::string read_whole(const std::string& file);

/// A process found in /proc.
struct run_member {
  pid_t pid = -1;
  std::vector<std::string> arguments; ///< as /proc shows them
  [[nodiscard]] bool plays_node() const;
  /// The number of the node that it plays, where its coordinator started it.
  [[nodiscard]] std::optional<unsigned> node() const;
};

/// Those that live and bear this mark.
[[nodiscard]] std::vector<run_member> processes_marked(const std::string& mark);

/// Thread: one at a time.
class marked_process {
public:
  enum class user : std::uint8_t { same, nobody };

  struct settings {
    std::string program; ///< in the build's folder of programs
    std::vector<std::string> arguments;
    std::string mark;
    std::string folder; ///< it starts there
    std::string output; ///< files OUTPUTstdout and OUTPUTstderr, which are added to
    user who = user::same;
    const network_namespace* network = nullptr;   ///< null: the test's own
    std::map<std::string, std::string> variables; ///< of its environment, beside ours
  };

  /// In a process group of its own. What cannot be started ends with code 126.
  explicit marked_process(settings s);
  marked_process(const marked_process&) = delete;
  marked_process& operator=(const marked_process&) = delete;
  ~marked_process(); ///< kills it, and all that bear its mark

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Does not wait.
  [[nodiscard]] bool ended();
  /// The exit code, or −signal; nothing while it runs.
  [[nodiscard]] std::optional<int> code();
  void kill_all() noexcept;

  [[nodiscard]] std::vector<run_member> marked() const { return processes_marked(settings_.mark); }
  [[nodiscard]] std::string out() const; ///< what it printed
  [[nodiscard]] std::string err() const;

private:
  const settings settings_;
  pid_t pid_ = -1;
  std::optional<int> status_; ///< as waitpid tells it
};

} // namespace peernet
