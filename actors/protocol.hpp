// SPDX-License-Identifier: MIT
// The map of the system: every message that crosses a node's border and every typed actor
// interface. Nothing here is measured data in flight: samples travel on channels, records in opaque
// batches.
#pragma once

#include "actors/engine/load_errors.hpp"
#include "actors/engine/networks.hpp"
#include "runtime/clocks/clock_news.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/port_range.hpp"
#include "runtime/trace/link_end.hpp"
#include "runtime/trace/run_fact.hpp"
#include "transports/probes/probe_service.hpp"

#include <caf/actor.hpp>
#include <caf/atom.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

/// Bumped whenever nodes of different builds would misunderstand each other.
inline constexpr std::uint32_t protocol_version = 4;

using hello_atom = caf::atom_constant<caf::atom("hello")>;
using load_atom = caf::atom_constant<caf::atom("load")>;
using bind_atom = caf::atom_constant<caf::atom("bind")>;
using link_atom = caf::atom_constant<caf::atom("link")>;
using meet_atom = caf::atom_constant<caf::atom("meet")>;
using linked_atom = caf::atom_constant<caf::atom("linked")>;
using probe_atom = caf::atom_constant<caf::atom("probe")>;
using start_atom = caf::atom_constant<caf::atom("start")>;
using report_atom = caf::atom_constant<caf::atom("report")>;
using halt_atom = caf::atom_constant<caf::atom("halt")>;
using finish_atom = caf::atom_constant<caf::atom("finish")>;
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using quit_atom = caf::atom_constant<caf::atom("quit")>;
using batch_atom = caf::atom_constant<caf::atom("batch")>;
using event_atom = caf::atom_constant<caf::atom("event")>;
using notice_atom = caf::atom_constant<caf::atom("notice")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using wake_atom = caf::atom_constant<caf::atom("wake")>;
using peer_atom = caf::atom_constant<caf::atom("peer")>;
using frame_atom = caf::atom_constant<caf::atom("frame")>;
using credit_atom = caf::atom_constant<caf::atom("credit")>;
using signal_atom = caf::atom_constant<caf::atom("signal")>;

/// Everything a node must know to play its part.
struct deployment {
  std::string scenario;               ///< the scenario as resolved, TOML
  std::string file;                   ///< its name, for messages
  std::string directory;              ///< relative paths begin here
  std::string node;                   ///< which of its nodes to be
  std::string output;                 ///< folder that sinks may write to
  std::string sockets;                ///< folder, mode 0700, for channels reached by a path
  std::string secret;                 ///< 32 random bytes of this run; never stored, never printed
  std::vector<node_network> networks; ///< where it may bind, and on which network that is
  port_range ports;                   ///< for what it binds
  bool insecure = false;              ///< the user wants nothing encrypted
  bool rehearsal = false;             ///< nothing will run: go on without what cannot be had
};

/// A node that has loaded all it needs, but for its faults.
struct node_ready {
  std::string host;
  std::int64_t pid = 0;
  std::string clock_domain;
  std::vector<std::string> values; ///< names of the values its models report
  std::string certificate;         ///< fingerprint of the one it made for this run; empty: insecure
  std::vector<fault> faults;       ///< what cannot be loaded; then only a rehearsal goes on
};

/// Another node to connect with directly, over the network.
struct peer_order {
  node_id peer = 0;
  std::string certificate; ///< of the peer
  std::string network;     ///< of the one that listens
  bool listen = false;     ///< we do; else the peer does
};

/// The numbers a run gives to a node.
struct run_terms {
  clock_id clock = 0;
  std::vector<std::string> values; ///< all names of values, by number
  std::vector<clock_id> clocks;    ///< by node
  std::vector<peer_order> peers;
};

/// One receiving end; the endpoint map is a list of these.
struct end_line {
  place_id link = 0;
  std::uint32_t instance = 0;
  node_id node = 0;
  std::string network;
  std::string address;
  std::uint16_t port = 0;
};

/// Where a node waits for another one to connect with it directly.
struct door_line {
  node_id node = 0;
  std::string network;
  std::string address;
  std::uint16_t port = 0;
};

/// What nodes bind, one or all of them.
struct endpoint_map {
  std::vector<end_line> ends;
  std::vector<probe_point> probes; ///< where clock probes are answered
  std::vector<door_line> doors;
  std::vector<fault> faults; ///< in a rehearsal: what cannot be bound
};

/// When to run, on the node's own clock.
struct start_order {
  std::int64_t start_ns = 0;
  std::int64_t measured_ns = 0;       ///< end of the warm-up
  std::int64_t end_ns = INT64_MAX;    ///< no slots from here on
  std::uint64_t samples = UINT64_MAX; ///< per sensor copy
};

/// Exchanges of a burst: to every target so many, so far apart.
struct burst_order {
  std::uint32_t exchanges = 0;
  std::int64_t spacing_ns = 0;
  probe_phase phase = probe_phase::before;
};

/// What a node counted so far; after `finish`, for good.
struct node_report {
  std::vector<reported_count> counts;
  std::vector<link_end> ends;
  std::uint64_t under_way = 0;
  std::uint64_t emitted = 0;    ///< records
  std::uint64_t overflowed = 0; ///< records
  bool sensors_finished = false;
  clock_news clocks; ///< since the last report
};

/// The end of a sample, on its way to the closed-loop sensor that waits for it.
struct notice_line {
  std::uint64_t trace = 0;
  std::uint32_t route = 0;
  std::int64_t when_ns = 0;
  node_id node = 0;
  clock_id clock = 0;
  bool lost = false; ///< it ended before it had come to its goal
};

template <class Inspector>
auto inspect(Inspector& f, node_network& x) {
  return f(caf::meta::type_name("node_network"), x.network, x.address);
}
template <class Inspector>
auto inspect(Inspector& f, port_range& x) {
  return f(caf::meta::type_name("port_range"), x.first, x.last);
}
template <class Inspector>
auto inspect(Inspector& f, fault& x) {
  return f(caf::meta::type_name("fault"), x.key, x.why.code, x.why.message);
}
template <class Inspector>
auto inspect(Inspector& f, deployment& x) {
  return f(caf::meta::type_name("deployment"), x.scenario, x.file, x.directory, x.node, x.output,
           x.sockets, x.secret, x.networks, x.ports, x.insecure, x.rehearsal);
}
template <class Inspector>
auto inspect(Inspector& f, node_ready& x) {
  return f(caf::meta::type_name("node_ready"), x.host, x.pid, x.clock_domain, x.values,
           x.certificate, x.faults);
}
template <class Inspector>
auto inspect(Inspector& f, run_terms& x) {
  return f(caf::meta::type_name("run_terms"), x.clock, x.values, x.clocks, x.peers);
}
template <class Inspector>
auto inspect(Inspector& f, peer_order& x) {
  return f(caf::meta::type_name("peer_order"), x.peer, x.certificate, x.network, x.listen);
}
template <class Inspector>
auto inspect(Inspector& f, door_line& x) {
  return f(caf::meta::type_name("door_line"), x.node, x.network, x.address, x.port);
}
template <class Inspector>
auto inspect(Inspector& f, endpoint_map& x) {
  return f(caf::meta::type_name("endpoint_map"), x.ends, x.probes, x.doors, x.faults);
}
template <class Inspector>
auto inspect(Inspector& f, end_line& x) {
  return f(caf::meta::type_name("end_line"), x.link, x.instance, x.node, x.network, x.address,
           x.port);
}
template <class Inspector>
auto inspect(Inspector& f, start_order& x) {
  return f(caf::meta::type_name("start_order"), x.start_ns, x.measured_ns, x.end_ns, x.samples);
}
template <class Inspector>
auto inspect(Inspector& f, burst_order& x) {
  return f(caf::meta::type_name("burst_order"), x.exchanges, x.spacing_ns, x.phase);
}
template <class Inspector>
auto inspect(Inspector& f, probe_point& x) {
  return f(caf::meta::type_name("probe_point"), x.node, x.network, x.address, x.port);
}
template <class Inspector>
auto inspect(Inspector& f, probe& x) {
  return f(caf::meta::type_name("probe"), x.local, x.remote, x.asker, x.answerer, x.t1, x.t2, x.t3,
           x.t4, x.phase, x.network, x.method);
}
template <class Inspector>
auto inspect(Inspector& f, clock_discipline& x) {
  return f(caf::meta::type_name("clock_discipline"), x.clock, x.node, x.time_ns, x.wall_ns,
           x.synchronised, x.max_error_ns, x.estimated_error_ns, x.rate_ppb);
}
template <class Inspector>
auto inspect(Inspector& f, clock_news& x) {
  return f(caf::meta::type_name("clock_news"), x.probes, x.looks, x.bytes_sent, x.cpu_ns,
           x.mishaps.foreign, x.mishaps.unexpected, x.mishaps.late, x.mishaps.overflowed,
           x.mishaps.own_stamps);
}
template <class Inspector>
auto inspect(Inspector& f, reported_count& x) {
  return f(caf::meta::type_name("reported_count"), x.kind, x.node, x.place, x.copy, x.count);
}
template <class Inspector>
auto inspect(Inspector& f, link_count& x) {
  return f(caf::meta::type_name("link_count"), x.name, x.count);
}
template <class Inspector>
auto inspect(Inspector& f, link_end& x) {
  return f(caf::meta::type_name("link_end"), x.link, x.lane, x.node, x.side, x.final, x.sent,
           x.dropped, x.received, x.unique, x.duplicated, x.reordered, x.corrupt, x.foreign,
           x.bytes, x.highest, x.counts);
}
template <class Inspector>
auto inspect(Inspector& f, node_report& x) {
  return f(caf::meta::type_name("node_report"), x.counts, x.ends, x.under_way, x.emitted,
           x.overflowed, x.sensors_finished, x.clocks);
}
template <class Inspector>
auto inspect(Inspector& f, notice_line& x) {
  return f(caf::meta::type_name("notice_line"), x.trace, x.route, x.when_ns, x.node, x.clock,
           x.lost);
}
template <class Inspector>
auto inspect(Inspector& f, run_event& x) {
  return f(caf::meta::type_name("run_event"), x.time_ns, x.clock, x.node, x.severity, x.what,
           x.detail);
}

/// Stores what nodes measured. One per run, in the coordinator's process.
using metrics_actor = caf::typed_actor<
    // Records of one node, as they lie in memory. The answer, how many were stored, is the credit
    // for the next batch.
    caf::replies_to<batch_atom, node_id, std::vector<char>>::with<std::uint64_t>,
    // Something a person should know.
    caf::reacts_to<event_atom, run_event>>;

/// Answers clock probes of one node; does nothing else, so that it is quick.
using clock_actor = caf::typed_actor<
    // t1 → t1, t2, t3: this node's clock when the probe came and when the answer left.
    caf::replies_to<probe_atom, std::int64_t>::with<std::int64_t, std::int64_t, std::int64_t>>;

/// The root of one node's process. The coordinator asks; each request is one step of a deployment.
using node_actor = caf::typed_actor<
    // The first message, made of built-in types only: protocol version and type list of each side.
    // A node that is asked in another version answers and then refuses everything else.
    caf::replies_to<hello_atom, std::uint32_t, std::string>::with<std::uint32_t, std::string>,
    // Parse, load plugins and models. What cannot be loaded is in the answer, by its key.
    caf::replies_to<load_atom, deployment>::with<node_ready, clock_actor>,
    // Make the queues, bind the receiving ends and doors, answer clock probes; where all these are.
    caf::replies_to<bind_atom, run_terms>::with<endpoint_map>,
    // Connect directly with the nodes of the terms; answered when all of them are met.
    caf::replies_to<meet_atom, std::vector<door_line>>::with<bool>,
    // Open the senders towards everybody's receiving ends; learn whom to probe.
    caf::replies_to<link_atom, endpoint_map>::with<bool>,
    // Links that do not stand yet; empty: all do.
    caf::replies_to<linked_atom>::with<std::vector<std::string>>,
    // A burst of clock probes to all the links lead to; answered when it is over.
    caf::replies_to<probe_atom, burst_order>::with<clock_news>,
    // Run; records go to the given actor.
    caf::replies_to<start_atom, start_order, metrics_actor>::with<bool>,
    // Counters so far; also the sign of life.
    caf::replies_to<report_atom>::with<node_report>,
    // No more slots; answered when every sensor of the node has come to rest.
    caf::replies_to<halt_atom>::with<bool>,
    // Close links (nanoseconds for what still waits to be sent) and stages; the final counters.
    caf::replies_to<finish_atom, std::int64_t>::with<node_report>,
    // Answered when every record has reached the metrics actor.
    caf::replies_to<flush_atom>::with<std::uint64_t>,
    // The end of a sample that a closed-loop sensor here waits for.
    caf::reacts_to<notice_atom, notice_line>,
    // INTERNAL: the burst is over.
    caf::reacts_to<probe_atom>,
    // INTERNAL: another node, reached directly.
    caf::reacts_to<peer_atom, node_id, caf::strong_actor_ptr>,
    // The receiving end of this name of the transport `caf`, for a peer that wants to send to it.
    caf::replies_to<frame_atom, std::string>::with<caf::actor>,
    // End the process.
    caf::reacts_to<quit_atom>,
    // INTERNAL: collect records.
    caf::reacts_to<tick_atom>>;

} // namespace peernet
