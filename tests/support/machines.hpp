// SPDX-License-Identifier: MIT
// Several machines for a test: each is a network namespace with an identity and a home of its own,
// joined with every other one by cables of its own, which can be cut. On the first one peernet-run
// is started; the others it may run scenarios on. They share kernel, disk and clock. Nothing of
// them is left, however the test ends.
#pragma once

#include "tests/support/await.hpp"
#include "tests/support/marked_process.hpp"
#include "tests/support/network_namespaces.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// Thread: one at a time.
class machine {
public:
  machine(std::string name, unsigned number, const std::vector<std::string>& networks,
          const std::string& below, network_namespace inside);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string address(const std::string& network = "lan") const;
  [[nodiscard]] const std::vector<std::string>& networks() const noexcept { return networks_; }
  [[nodiscard]] std::string host() const; ///< where its daemon listens
  [[nodiscard]] const network_namespace& inside() const noexcept { return inside_; }
  /// A file or folder of its own; there are "identity" and "cache".
  [[nodiscard]] std::string operator/(const std::string& file) const {
    return folder_ + "/" + file;
  }
  /// In the environment of what runs here as a node.
  [[nodiscard]] const std::string& mark() const noexcept { return mark_; }

  /// How a program is started on it; in its folder, with its home.
  [[nodiscard]] marked_process::settings command(const std::string& program,
                                                 const std::vector<std::string>& arguments) const;

  /// Makes an identity, or another one.
  void make_identity();
  /// This machine trusts that one as `role`: "coordinator", "node".
  void trust(const machine& other, const std::string& role);

  /// Starts peernet-node and waits until it listens.
  void start_daemon(const std::vector<std::string>& more = {});
  /// Starts another peernet-node at `second_host()` until the answer is let go, and waits until it
  /// listens. Its workers are among `workers()`.
  [[nodiscard]] std::unique_ptr<marked_process>
  start_second_daemon(const std::vector<std::string>& more = {}) const;
  [[nodiscard]] std::string second_host() const;
  [[nodiscard]] marked_process& daemon() { return *daemon_; }
  [[nodiscard]] bool has_daemon() const noexcept { return daemon_.has_value(); }
  /// All that daemons here have said.
  [[nodiscard]] std::string log() const;
  /// Waits until a daemon says so, for the n-th time.
  void await_log(const std::string& text, std::size_t times = 1);

  /// Nodes played here: their processes.
  [[nodiscard]] std::vector<pid_t> workers() const;
  pid_t worker(); ///< waits until there is one

  /// Bytes that came in over this network since the beginning.
  [[nodiscard]] std::uint64_t received_over(const std::string& network) const;

private:
  const std::string name_;
  const unsigned number_; ///< from 1
  const std::vector<std::string> networks_;
  const std::string folder_;
  const std::string mark_;
  std::string print_; ///< of its certificate
  network_namespace inside_;
  std::optional<marked_process> daemon_;
};

/// Thread: one at a time.
class machines {
public:
  /// All with daemons but the first, where the coordinator runs; each trusts the others, and from
  /// network to network they have other addresses. Null where networks cannot be made: the test is
  /// then skipped.
  [[nodiscard]] static std::unique_ptr<machines>
  make(const std::vector<std::string>& names, const std::vector<std::string>& networks = {"lan"});

  /// The same without daemons, and nobody trusts anybody.
  [[nodiscard]] static std::unique_ptr<machines>
  make_strangers(const std::vector<std::string>& names,
                 const std::vector<std::string>& networks = {"lan"});
  ~machines(); ///< tells what the daemons said if the test has failed

  machine& operator[](std::string_view name);
  [[nodiscard]] machine& first() const { return *all_.front(); }

  /// The first one and each other trust each other from now on.
  void introduce();

  /// Starts peernet-run on the first machine with a file of hosts: nodes with the name of a machine
  /// that has a daemon are played there. It brings the addresses of all machines, too.
  [[nodiscard]] run_process run(std::string_view scenario,
                                const std::vector<std::string>& overrides = {},
                                const std::vector<std::string>& more = {},
                                const std::function<void(const temp_folder&)>& prepare = {});

  /// Starts a scenario with nodes "cloud" and "edge" whose hosts are the two daemons of the machine
  /// "cloud".
  [[nodiscard]] run_process run_on_both_daemons(std::string_view scenario,
                                                const std::vector<std::string>& overrides);

  /// For peernet-run on the first machine.
  [[nodiscard]] run_process::surroundings here() const;

  /// Pulls out the cable between two, on `one`'s side.
  void cut(std::string_view one, std::string_view other, const std::string& network = "lan");
  void restore(std::string_view one, std::string_view other, const std::string& network = "lan");

  /// Every daemon waits for the next run, and nothing is left of the last one.
  void await_free(std::chrono::milliseconds at_most = test_deadline);

private:
  machines() = default;
  [[nodiscard]] std::string hosts() const;
  void set_link(std::string_view one, std::string_view other, const std::string& network,
                const std::string& state);

  const temp_folder folder_;
  std::vector<std::unique_ptr<machine>> all_;
};

} // namespace peernet
