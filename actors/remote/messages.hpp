// SPDX-License-Identifier: MIT
// What a coordinator and a machine that plays a node tell each other before, beside and behind the
// worker's own conversation: one JSON object per frame.
#pragma once

#include "runtime/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace peernet {

/// Bumped whenever two builds would misunderstand each other before CAF says a word.
inline constexpr std::uint32_t remote_protocol = 2;

/// One network interface's address.
struct machine_network {
  std::string interface;
  std::string address; ///< numeric
  std::uint32_t mtu = 0;
  bool operator==(const machine_network&) const = default;
};

/// What a machine tells of itself.
struct machine_facts {
  std::string version; ///< of PeerNet
  std::uint32_t protocol = remote_protocol;
  std::string name; ///< of its certificate
  std::string host;
  std::string system; ///< kernel and machine: "Linux 6.1.0 x86_64"
  std::string clock_domain;
  std::uint32_t cores = 0;
  std::string governor;                 ///< of the first core's frequency; empty: none is shown
  std::int64_t most_receive_buffer = 0; ///< net.core.rmem_max, bytes; 0: unknown
  std::int64_t most_send_buffer = 0;
  std::vector<machine_network> networks;
  std::vector<std::string> plugins; ///< modules a run may use there
  std::string ports;                ///< its range for data, "7500-7599"; empty: any
  std::uint64_t most_shipped = 0;   ///< bytes of files it takes for a run
  std::string busy;                 ///< with which run of whom; empty: it is free
  bool operator==(const machine_facts&) const = default;
};

/// The first message of both sides.
struct greeting {
  machine_facts facts;
  /// The joining side: which node it wants to be, of which scenario, and that file's SHA-256.
  std::string node, scenario, digest;
  bool operator==(const greeting&) const = default;
};

/// A file that a scenario names.
struct shipped_entry {
  std::string name;   ///< within the run's work folder
  std::string digest; ///< SHA-256, hexadecimal
  std::uint64_t bytes = 0;
  bool operator==(const shipped_entry&) const = default;
};

/// Coordinator: be this node. Nothing has started yet.
struct preparation {
  std::string run, node;
  std::vector<shipped_entry> files;
  bool operator==(const preparation&) const = default;
};

/// Node: these files are missing here (by digest).
struct wanted_files {
  std::vector<std::string> digests;
  bool operator==(const wanted_files&) const = default;
};

/// The file frames behind it, `bytes` in all, are this file.
struct file_follows {
  std::string name;   ///< only where it comes from a node's sinks
  std::string digest; ///< only where it goes to a node
  std::uint64_t bytes = 0;
  bool operator==(const file_follows&) const = default;
};

/// Coordinator: others are not ready yet, wait on. Nothing answers it.
struct still_here {
  bool operator==(const still_here&) const = default;
};

/// Coordinator: start the worker. Behind the answer, control frames flow.
struct start_worker {
  bool operator==(const start_worker&) const = default;
};

struct worker_started {
  std::int64_t pid = 0;
  std::string folder; ///< the run's work folder there
  bool operator==(const worker_started&) const = default;
};

/// Node: the worker is gone, by itself or not. What its sinks wrote follows, then the end.
struct worker_ended {
  std::string how; ///< "exit code 0", "killed by signal 9 (Killed)"
  bool operator==(const worker_ended&) const = default;
};

/// No, and why. Ends the conversation.
struct refusal {
  std::string why;
  bool operator==(const refusal&) const = default;
};

/// A stranger with a token, to a machine that invited one; and the answer.
struct pairing {
  std::string claim;
  std::string name;
  bool operator==(const pairing&) const = default;
};

using remote_message = std::variant<greeting, preparation, wanted_files, file_follows, start_worker,
                                    worker_started, worker_ended, refusal, pairing, still_here>;

[[nodiscard]] std::string encode(const remote_message& m);

/// errc::corrupt for whatever `encode` did not write: hostile text costs no more than its length.
[[nodiscard]] result<remote_message> decode(std::string_view text);

} // namespace peernet
