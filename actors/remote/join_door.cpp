// SPDX-License-Identifier: MIT
#include "actors/remote/join_door.hpp"

#include "runtime/core/clock.hpp"

#include <utility>

namespace peernet {

namespace {

constexpr duration greeting_patience = std::chrono::seconds{5};

} // namespace

result<std::unique_ptr<join_door>> join_door::open(const std::string& address, std::uint16_t port,
                                                   const stream_security& security) {
  std::unique_ptr<join_door> door(new join_door);
  auto gate = gatekeeper::open(
      {.address = address,
       .port = port,
       .security = security,
       .on_peer = [&d = *door](auto stream) { d.silent_.enter(std::move(stream)); }});
  if (!gate)
    return std::move(gate).error();
  door->gate_ = std::move(*gate);
  return door;
}

join_door::join_door()
    : silent_("greeter", greeting_patience,
              [this](framed_stream stream, const remote_frame& first) {
                hear(std::move(stream), first);
              }) {}

/// Thread: the guest's.
void join_door::hear(framed_stream stream, const remote_frame& first) {
  auto said = first.type == frame_type::message
                  ? decode(first.body)
                  : result<remote_message>{error{errc::corrupt, "bytes"}};
  auto* greeted = said ? std::get_if<greeting>(&*said) : nullptr;
  if (!greeted)
    return turn_away(stream, "it did not greet first");
  const std::lock_guard lock(mutex_);
  waiting_.push_back({std::move(stream), std::move(*greeted)});
  changed_.notify_all();
}

std::optional<join_door::comer> join_door::next(stamp deadline) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline - clock::machine_now(), [&] { return !waiting_.empty(); }))
    return {};
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

void turn_away(framed_stream& stream, const std::string& why) {
  (void)stream.send(frame_type::message, encode(refusal{why}),
                    clock::machine_now() + greeting_patience);
}

} // namespace peernet
