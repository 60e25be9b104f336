// SPDX-License-Identifier: MIT
#include "transports/shm/shm_sender.hpp"

#include "runtime/core/clock.hpp"
#include "runtime/core/units.hpp"
#include "transports/shm/shm_socket.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

namespace peernet {

namespace {

/// How long a greeting may take before another attempt begins.
constexpr std::chrono::seconds attempt_patience{5};

} // namespace

shm_sender::shm_sender(const channel_settings& settings, const endpoint& to, std::size_t ring)
    : path_(to.address),
      ring_size_(ring),
      most_frames_(2 * std::max<std::size_t>(settings.queue, 1)), // ours, and the receiver's
      keeper_({.thread = "shm " + settings.name,
               .to = to.address,
               .make = [this] { return make(); },
               .hold = [this] { return hold(); }}) {
  keeper_.start();
}

shm_sender::~shm_sender() {
  close(duration{0});
}

send_status shm_sender::try_send(const outgoing_frame& frame) {
  if (!take())
    return send_status::closed;
  using enum ring_writer::verdict;
  const auto how = ring_.write(frame);
  const bool wake = how == written && ring_.reader_sleeps();
  phase_.store(how == broken ? phase::broken : phase::ready, std::memory_order_release);
  switch (how) {
  case written:
    if (wake)
      work_.ring();
    bytes_.fetch_add(ring_record(frame.body->size()), std::memory_order_relaxed);
    return send_status::sent;
  case full:
    return send_status::would_block;
  case too_large:
    return send_status::too_large;
  case broken:
    break;
  }
  keeper_.wake();
  return send_status::closed;
}

bool shm_sender::wait_writable(duration patience) {
  const auto until = clock::machine_now() + patience;
  for (;;) {
    if (take()) {
      const bool room = ring_.has_room_or_waits();
      phase_.store(phase::ready, std::memory_order_release);
      if (room)
        return true;
    } else if (phase_.load() == phase::closed) {
      return false;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::machine_now());
    if (left.count() <= 0)
      return false;
    pollfd bell{room_.fd(), POLLIN, 0};
    ::poll(&bell, 1, static_cast<int>(left.count()));
    room_.silence();
  }
}

bool shm_sender::connected() {
  const auto p = phase_.load(std::memory_order_acquire);
  return p == phase::ready || p == phase::taken;
}

std::string shm_sender::limit() const {
  return "a ring of " + print_size(ring_size_) + ": make the transport's key ring larger";
}

void shm_sender::close(duration /*patience*/) noexcept {
  // What was written is the receiver's, too: it lies in the ring until it is read.
  keeper_.stop();
  phase_.store(phase::closed);
  ring_ = {};
  memory_ = {};
  socket_.reset();
}

channel_report shm_sender::report() const {
  return {.bytes = bytes_.load(std::memory_order_relaxed),
          .counts = {{"reconnects", keeper_.reconnects()}}};
}

// -- the end's thread
// -------------------------------------------------------------------------------

result<void> shm_sender::make() {
  auto socket = unix_connect(path_);
  if (!socket)
    return std::move(socket).error();
  if (!peer_is_ours(socket->get()))
    return error{errc::refused, "the receiver is another user's"};
  auto memory = shm_memory::make(ring_size_);
  if (!memory)
    return std::move(memory).error();
  const std::array<int, shm_handed> files{memory->file(), work_.fd(), room_.fd()};
  if (auto greeted = hand_over(socket->get(), {}, files); !greeted)
    return greeted;
  if (auto answered =
          keeper_.wait_for(socket->get(), POLLIN, clock::machine_now() + attempt_patience);
      !answered)
    return answered;
  shm_greeting answer;
  if (::recv(socket->get(), &answer, sizeof answer, MSG_DONTWAIT) !=
          static_cast<ssize_t>(sizeof answer) ||
      answer != shm_greeting{})
    return error{errc::refused, "the receiver does not take the ring"};
  socket_ = *std::move(socket);
  memory_ = *std::move(memory);
  ring_ = ring_writer(memory_, most_frames_);
  return {};
}

std::string shm_sender::hold() {
  phase_.store(phase::ready, std::memory_order_release);
  room_.ring(); // whoever waits for room
  for (;;) {
    std::array<pollfd, 2> both{
        {{keeper_.bell().fd(), POLLIN, 0}, {socket_.get(), POLLIN | POLLRDHUP, 0}}};
    ::poll(both.data(), both.size(), -1);
    if (keeper_.stopping())
      return "the end was closed"; // `close` does the rest
    if (both[0].revents != 0)
      keeper_.bell().silence();
    const bool spoilt = phase_.load(std::memory_order_acquire) == phase::broken;
    if (spoilt || both[1].revents != 0) {
      let_go();
      return spoilt ? "the receiver has spoilt the ring" : "the receiver is gone";
    }
  }
}

/// Takes the ring from whoever has it, and ends it.
void shm_sender::let_go() noexcept {
  for (auto p = phase_.load(); p == phase::taken || !phase_.compare_exchange_weak(p, phase::down);
       p = phase_.load())
    std::this_thread::yield(); // who has it does not wait: this is over in microseconds
  ring_ = {};
  memory_ = {};
  socket_.reset();
}

} // namespace peernet
