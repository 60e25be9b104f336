// SPDX-License-Identifier: MIT
#include "actors/system_config.hpp"

#include "actors/protocol.hpp"
#include "actors/wire_frame.hpp"
#include "runtime/core/clock.hpp"

#include <caf/io/middleman.hpp>

#include <type_traits>

namespace peernet {

namespace {

/// The one list of message types: calls `visit(std::type_identity<T>{}, "name")` for each.
template <class Visitor>
void each_message_type(Visitor&& visit) {
  visit(std::type_identity<node_network>{}, "node_network");
  visit(std::type_identity<port_range>{}, "port_range");
  visit(std::type_identity<fault>{}, "fault");
  visit(std::type_identity<deployment>{}, "deployment");
  visit(std::type_identity<node_ready>{}, "node_ready");
  visit(std::type_identity<run_terms>{}, "run_terms");
  visit(std::type_identity<end_line>{}, "end_line");
  visit(std::type_identity<peer_order>{}, "peer_order");
  visit(std::type_identity<door_line>{}, "door_line");
  visit(std::type_identity<endpoint_map>{}, "endpoint_map");
  visit(std::type_identity<start_order>{}, "start_order");
  visit(std::type_identity<reported_count>{}, "reported_count");
  visit(std::type_identity<link_count>{}, "link_count");
  visit(std::type_identity<link_end>{}, "link_end");
  visit(std::type_identity<node_report>{}, "node_report");
  visit(std::type_identity<burst_order>{}, "burst_order");
  visit(std::type_identity<probe_point>{}, "probe_point");
  visit(std::type_identity<clock_news>{}, "clock_news");
  visit(std::type_identity<notice_line>{}, "notice_line");
  visit(std::type_identity<run_event>{}, "run_event");
  visit(std::type_identity<wire_frame>{}, "wire_frame");
  visit(std::type_identity<metrics_actor>{}, "metrics_actor");
  visit(std::type_identity<clock_actor>{}, "clock_actor");
  visit(std::type_identity<node_actor>{}, "node_actor");
  visit(std::type_identity<std::vector<std::string>>{}, "strings");
}

} // namespace

system_config::system_config(scheduling how) : begun_(clock::machine_now()) {
  each_message_type(
      [this]<class T>(std::type_identity<T>, const char* name) { add_message_type<T>(name); });
  if (how == scheduling::test) {
    set("scheduler.policy", caf::atom("testing"));
    return;
  }
  load<caf::io::middleman>();
  set("scheduler.policy", caf::atom("sharing")); // "stealing" polls: 100 µs a hop
  set("scheduler.max-threads", std::size_t{2});
  set("middleman.workers", std::size_t{1});
  set("middleman.heartbeat-interval", caf::timespan{heartbeat});
  set("middleman.connection-timeout", caf::timespan{connection_timeout});
}

std::string type_list() {
  std::string names;
  each_message_type([&](auto, const char* name) { names.append(name).append("\n"); });
  return names;
}

} // namespace peernet
