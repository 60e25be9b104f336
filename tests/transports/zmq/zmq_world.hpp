// SPDX-License-Identifier: MIT
// The ZeroMQ transports as the channel contract takes them.
#pragma once

#include "runtime/plugin/registry.hpp"
#include "tests/transports/channel_world.hpp"
#include "transports/zmq/zmq_channel.hpp"

namespace peernet::contract {

/// A node's ZeroMQ: its own registry, and so its own context and I/O thread.
inline std::shared_ptr<channel_kind> zmq_node(const std::string& type) {
  const auto types = std::make_shared<registry>(std::vector<std::filesystem::path>{});
  register_zmq_channels(*types);
  const auto kind = types->find_channel(type);
  BOOST_REQUIRE(kind.ok());
  return {types, *kind};
}

inline subject zmq(const std::string& type, reach reached_by) {
  return {.name = type,
          .open =
              [type] {
                return transport{zmq_node(type), zmq_node(type)};
              },
          .reached_by = reached_by};
}

/// zmq-tcp with frames encrypted by `key`.
inline subject zmq_curve(std::string name, std::string key) {
  auto s = zmq("zmq-tcp", reach::address);
  s.name = std::move(name);
  s.key = std::move(key);
  return s;
}

} // namespace peernet::contract
