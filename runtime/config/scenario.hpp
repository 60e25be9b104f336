// SPDX-License-Identifier: MIT
// A scenario as plain structs: what a TOML file says, with defaults filled in. No TOML types,
// nothing of the running system. reader.hpp makes one from text, validate.hpp checks it, plan.hpp
// unfolds it.
#pragma once

#include "runtime/config/diagnostic.hpp"
#include "runtime/config/impairment.hpp"
#include "runtime/config/options.hpp"
#include "runtime/core/bounded_queue.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

/// What is known of a clock comes from here.
enum class clock_method : std::uint8_t {
  probe,  ///< PeerNet's own exchanges
  system, ///< what the kernel says of its clock, where that is disciplined
  both,   ///< what the two agree on
};

/// How the nodes' clocks are compared.
struct clock_settings {
  duration interval = std::chrono::milliseconds{50}; ///< between exchanges of a pair, in the run
  std::optional<duration> max_bound;                 ///< a wider bound makes the run invalid
  clock_method method = clock_method::probe;
  bool operator==(const clock_settings&) const = default;
};

/// A queue's size and policy.
struct queue_config {
  std::size_t size = 8;
  overflow policy = overflow::drop_oldest;
  bool operator==(const queue_config&) const = default;
};

/// How a node's process comes to life.
enum class node_start : std::uint8_t {
  child,  ///< a process of its own on this machine
  daemon, ///< by a `peernet-node` on another machine
  join,   ///< an embedding program that connects by itself
};

/// What becomes of the run when a node is lost.
enum class node_loss : std::uint8_t {
  stop,     ///< it ends, with the results so far
  carry_on, ///< "continue": the others go on
};

struct node_config {
  std::string name;
  node_start start = node_start::child;
  node_loss on_loss = node_loss::stop;
  std::string host; ///< daemon: where it listens, as written; node_host.hpp reads it
  std::map<std::string, std::string> addresses; ///< network name → IP address for data links
  clock_error test_clock;                       ///< a false clock, for tests
  source_place where;
  bool operator==(const node_config&) const = default;
};

/// When a sensor fires.
enum class arrival : std::uint8_t {
  periodic,    ///< slot k at start + k / rate
  poisson,     ///< independent exponential gaps of mean 1 / rate
  closed_loop, ///< the next when one of `in_flight` ended or expired
};

/// What the three kinds of stage have in common.
struct stage_config {
  std::string name;
  std::string node;
  std::string type; ///< plugin name: "video", "hog-people", "discard"
  options settings; ///< the type's own keys
  std::uint16_t count = 1;
  source_place where;
  bool operator==(const stage_config&) const = default;
};

/// How the copies of a periodic sensor stand to each other.
enum class copy_phase : std::uint8_t {
  spread,  ///< copy i of n is i / n of a period later than the first
  aligned, ///< all fire at once
};

struct sensor_config : stage_config {
  peernet::arrival arrival = peernet::arrival::periodic;
  copy_phase phase = copy_phase::spread;      ///< periodic only
  double rate_hz = 0;                         ///< open loop only
  std::uint32_t in_flight = 1;                ///< closed loop only
  duration timeout = std::chrono::seconds{1}; ///< closed loop only: later it is `expired`
  duration max_lag{0}; ///< open loop: a slot later than this is skipped; default one mean gap
  bool operator==(const sensor_config&) const = default;
};

enum class dispatch : std::uint8_t {
  shared, ///< `count` workers behind one queue: each sample goes to one of them
  all,    ///< `count` instances, each with its own queue, each gets every sample
};

struct inference_config : stage_config {
  queue_config queue;
  peernet::dispatch dispatch = peernet::dispatch::shared;
  bool operator==(const inference_config&) const = default;
};

struct sink_config : stage_config {
  queue_config queue;
  bool operator==(const sink_config&) const = default;
};

/// One of a link's codecs.
struct codec_config {
  std::string type;
  options settings; ///< the codec's own keys
  bool operator==(const codec_config&) const = default;
};

struct link_config {
  std::string name;
  std::string from; ///< stage
  std::string to;   ///< stage
  std::string transport = "zmq-tcp";
  options transport_settings;       ///< the transport's own keys
  std::string network;              ///< which of the nodes' addresses; empty: the default
  std::vector<codec_config> codecs; ///< in the order in which they encode; none: raw
  bool psnr = false;                ///< measure what the codecs cost the picture
  queue_config send_queue;
  std::optional<impairment> impair; ///< none: the network is as it is
  bool pair = false;                ///< copy i of `from` to copy i of `to` only
  bool force = false;               ///< use the transport even when both ends are on one node
  source_place where;
  bool operator==(const link_config&) const = default;
};

/// A comparison on a figure of the run, such as "p95 < 250ms", as written; expectations.hpp finds
/// out what it means.
struct expectation {
  std::string metric;    ///< "camera->actuator.end-to-end", "uplink.loss"
  std::string condition; ///< "p95 < 250ms"
  origin metric_at;
  origin condition_at;
  bool operator==(const expectation&) const = default;
};

/// A whole scenario. Entries keep the order of the file.
struct scenario {
  std::string name;
  std::string description;
  std::string file;                     ///< as given by the user; for messages
  std::string directory;                ///< relative paths in the scenario begin here
  std::optional<duration> run_for;      ///< `duration`
  std::optional<std::uint64_t> samples; ///< per sensor
  duration warmup{0};
  duration drain = std::chrono::seconds{2}; ///< at most this long for samples in flight at the end
  std::uint64_t seed = 1;
  clock_settings clocks; ///< [clock]

  std::vector<node_config> nodes;
  std::vector<sensor_config> sensors;
  std::vector<inference_config> inference;
  std::vector<sink_config> sinks;
  std::vector<link_config> links;
  std::vector<expectation> expectations;

  bool operator==(const scenario&) const = default;
};

} // namespace peernet
