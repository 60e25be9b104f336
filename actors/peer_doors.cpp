// SPDX-License-Identifier: MIT
#include "actors/peer_doors.hpp"

#include "actors/attach.hpp"
#include "actors/child_process.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "transports/security.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

/// For a peer to prove that it is of this run, once it is in.
constexpr duration proof_patience = std::chrono::seconds{5};

} // namespace

result<void> peer_doors::begin(node_id self, caf::strong_actor_ptr root, std::string secret,
                               bool insecure) {
  self_ = self;
  root_ = std::move(root);
  secret_ = std::move(secret);
  if (insecure)
    return {};
  auto made = identity::make("peernet node " + std::to_string(self));
  if (!made)
    return std::move(made).error();
  identity_ = std::move(*made);
  return {};
}

std::string peer_doors::certificate() const {
  return identity_ ? to_string(identity_->print()) : "";
}

std::string peer_doors::proof(std::string_view side) const {
  return derive(secret_, "peer door " + std::string(side), 32);
}

result<std::uint16_t> peer_doors::open(const std::string& address, port_range ports,
                                       const std::vector<peer_order>& expected) {
  for (const auto& e : expected) {
    if (!identity_)
      break;
    auto print = parse_fingerprint(e.certificate);
    if (!print)
      return std::move(print).error();
    const std::lock_guard lock(mutex_);
    expected_.insert(*print);
  }
  auto strangers = std::make_unique<anteroom>(
      "peer door", proof_patience,
      [this](framed_stream stream, const remote_frame& first) { hear(std::move(stream), first); });
  gatekeeper::settings s{
      .address = address,
      .security = {.self = identity_ ? &*identity_ : nullptr,
                   .welcome =
                       [this](const fingerprint& f) {
                         const std::lock_guard lock(mutex_);
                         return expected_.contains(f);
                       }},
      .on_peer = [&room = *strangers](secure_stream stream) { room.enter(std::move(stream)); }};
  auto gate = first_free(ports, [&](std::uint16_t port) {
    s.port = port;
    return gatekeeper::open(s);
  });
  if (!gate)
    return std::move(gate).error();
  const auto port = (*gate)->at().port;
  const std::lock_guard lock(mutex_);
  entrances_.push_back({std::move(strangers), std::move(*gate)});
  return port;
}

/// Thread: the guest's.
void peer_doors::hear(framed_stream stream, const remote_frame& first) {
  if (first.type != frame_type::message || first.body != proof("knocks") ||
      !stream.send(frame_type::message, proof("opens"), clock::machine_now() + proof_patience))
    return;
  // A peer that does not come to attach is missed by the coordinator, which says so.
  if (auto fd = join(std::move(stream)))
    (void)attach_as(system_, *fd, root_, network_handshake, proof_patience);
}

result<void> peer_doors::knock(const peer_order& at, const door_line& door, duration patience) {
  const auto deadline = clock::machine_now() + patience;
  std::optional<fingerprint> print;
  if (identity_) {
    auto parsed = parse_fingerprint(at.certificate);
    if (!parsed)
      return std::move(parsed).error();
    print = *parsed;
  }
  const stream_security security{.self = identity_ ? &*identity_ : nullptr,
                                 .welcome = [print](const fingerprint& f) { return f == print; }};
  auto connected = framed_stream::connect(door.address, door.port, security, deadline);
  if (!connected)
    return std::move(connected).error();
  auto& stream = *connected;
  if (auto done = stream.send(frame_type::message, proof("knocks"), deadline); !done)
    return std::move(done).error();
  const auto said = stream.receive(deadline);
  if (!said)
    return said.error();
  if (said->type != frame_type::message || said->body != proof("opens"))
    return error{errc::refused, "it is not of this run"};
  auto joined = join(std::move(stream));
  if (!joined)
    return std::move(joined).error();
  announce(*joined);
  const auto peer =
      attach_to(system_, *joined, std::max(duration{0}, deadline - clock::machine_now()));
  if (!peer)
    return peer.error();
  caf::anon_send(caf::actor_cast<caf::actor>(root_), peer_atom::value, at.peer, *peer);
  caf::anon_send(caf::actor_cast<caf::actor>(*peer), peer_atom::value, self_, root_);
  return {};
}

result<int> peer_doors::join(framed_stream stream) {
  auto pair = make_socket_pair();
  if (!pair)
    return std::move(pair).error();
  const std::lock_guard lock(mutex_);
  pumps_.push_back(
      std::make_unique<control_pump>(std::move(stream), pair->theirs,
                                     control_pump::settings{.name = "peer pump",
                                                            .on_message = [](const std::string&) {},
                                                            .on_end = [](const std::string&) {}}));
  return pair->ours;
}

void peer_doors::close() {
  decltype(entrances_) entrances;
  {
    const std::lock_guard lock(mutex_);
    entrances.swap(entrances_);
  }
  entrances.clear(); // nobody comes in any more, and nobody is on the way
  const std::lock_guard lock(mutex_);
  pumps_.clear();
  root_ = nullptr;
}

} // namespace peernet
