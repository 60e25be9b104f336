// SPDX-License-Identifier: MIT
#include "transports/zmq/zmq_curve.hpp"

#include "runtime/plugin/channel.hpp"
#include "transports/security.hpp"

#include <zmq.h>

namespace peernet {

namespace {

bool set(void* socket, int option, const key_pair::key& key) {
  return ::zmq_setsockopt(socket, option, key.data(), key.size()) == 0;
}

} // namespace

result<void> use_curve(void* socket, curve_side side, std::string_view key) {
  if (::zmq_has("curve") == 0)
    return error{errc::unsupported,
                 "libzmq on this machine was built without CURVE, so nothing that leaves the "
                 "machine can be encrypted; install one that has it, such as Debian's libzmq5"};
  if (key.size() != channel_key_bytes)
    return error{errc::internal, "a channel's key of " + std::to_string(key.size()) + " bytes"};
  const auto server = derive_key_pair(key, "peernet curve server");
  bool done = false;
  if (side == curve_side::server) {
    const int yes = 1;
    done = ::zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0 &&
           set(socket, ZMQ_CURVE_SECRETKEY, server.secret);
  } else {
    const auto client = derive_key_pair(key, "peernet curve client");
    done = set(socket, ZMQ_CURVE_SERVERKEY, server.open) &&
           set(socket, ZMQ_CURVE_PUBLICKEY, client.open) &&
           set(socket, ZMQ_CURVE_SECRETKEY, client.secret);
  }
  if (!done) // going on would send in the clear
    return error{errc::io, std::string("cannot encrypt: ") + ::zmq_strerror(::zmq_errno())};
  return {};
}

} // namespace peernet
