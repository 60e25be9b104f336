// SPDX-License-Identifier: MIT
#include "actors/remote/join_door.hpp"

#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"

namespace peernet {

namespace {

constexpr duration greeting_patience = std::chrono::seconds{5};

} // namespace

result<std::unique_ptr<join_door>> join_door::open(const std::string& address, std::uint16_t port,
                                                   const stream_security& security) {
  std::unique_ptr<join_door> door(new join_door);
  auto gate =
      gatekeeper::open({.address = address,
                        .port = port,
                        .security = security,
                        .on_peer = [&d = *door](auto stream) { d.let_in(std::move(stream)); }});
  if (!gate)
    return std::move(gate).error();
  door->gate_ = std::move(*gate);
  return door;
}

join_door::~join_door() {
  gate_.reset();
  greeters_.clear();
}

/// Thread: the gate's.
void join_door::let_in(secure_stream stream) {
  const std::lock_guard lock(mutex_);
  greeters_.push_back(start_thread(
      "greeter",
      [this, moved = std::make_shared<framed_stream>(std::move(stream))](const std::stop_token&) {
        const auto frame = moved->receive(clock::machine_now() + greeting_patience);
        if (!frame || frame->type != frame_type::message)
          return;
        auto said = decode(frame->body);
        auto* greeted = said ? std::get_if<greeting>(&*said) : nullptr;
        if (!greeted)
          return turn_away(*moved, "it did not greet first");
        const std::lock_guard inner(mutex_);
        waiting_.push_back({std::move(*moved), std::move(*greeted)});
        changed_.notify_all();
      }));
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
