// SPDX-License-Identifier: MIT
// A node's process on this machine: started with a socket to its coordinator, never outliving it.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "transports/packets/network_namespace.hpp"

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace peernet {

/// What a child has around it that its parent has not.
struct child_surroundings {
  std::string folder = {}; ///< its working directory; empty: the parent's
  std::map<std::string, std::string> variables =
      {};                                     ///< of its environment; the rest is the parent's
  bool own_group = false;                     ///< whatever it starts itself is killed with it
  const network_namespace* network = nullptr; ///< that it lives in; null: the parent's
};

/// A started process. The kernel kills it when the thread that started it ends (PR_SET_PDEATHSIG,
/// set by the child), so start children on a thread that lives as long as the run. Thread: one at a
/// time.
class child_process {
public:
  /// Runs `program` with `arguments` and the descriptors `inherited`, which keep their numbers
  /// there. errc::io with the system's reason.
  [[nodiscard]] static result<child_process> start(const std::string& program,
                                                   const std::vector<std::string>& arguments,
                                                   const std::vector<int>& inherited,
                                                   const child_surroundings& around = {});

  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&& other) noexcept;
  ~child_process(); ///< kills and reaps it if it still runs

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// How it ended, in words ("exit code 3", "killed by signal 9 (Killed)"), if it has. Does not
  /// wait.
  [[nodiscard]] std::optional<std::string> ended();

  /// Waits for its end, at most until `deadline` of the machine's clock.
  [[nodiscard]] std::optional<std::string> wait(stamp deadline);

  void kill() noexcept;

private:
  child_process(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}

  pid_t pid_ = -1;
  bool own_group_ = false;
  std::optional<std::string> end_;
};

/// A connected pair of local stream sockets, both closed on exec. Whoever takes one closes it.
struct socket_pair {
  int ours = -1;
  int theirs = -1;
};
[[nodiscard]] result<socket_pair> make_socket_pair();

} // namespace peernet
