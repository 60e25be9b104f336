// SPDX-License-Identifier: MIT
#include "transports/tcp/tcp_frame_writer.hpp"

#include "transports/tcp/tcp_socket.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace peernet {

namespace {

iovec part(std::span<const std::byte> bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

/// Takes up to `n` bytes off the front; returns how many.
std::size_t advance(std::span<const std::byte>& bytes, std::size_t n) noexcept {
  n = std::min(n, bytes.size());
  bytes = bytes.subspan(n);
  return n;
}

} // namespace

void frame_writer::open(int socket, std::string_view record_key) {
  drop();
  socket_ = socket;
  error_code_ = 0;
  cipher_.reset();
  if (record_key.empty())
    return;
  cipher_.emplace(record_key);
  if (record_.size() == 0)
    record_ = buffer::acquire(longest_record);
}

void frame_writer::drop() noexcept {
  front_left_ = body_left_ = record_left_ = {};
  owner_ = {};
}

frame_writer::progress frame_writer::begin(const outgoing_frame& frame) noexcept {
  assert(frame.header.size() == sizeof(wire_header));
  const auto length = static_cast<frame_length>(frame.header.size() + frame.body->size());
  std::memcpy(front_.data(), &length, sizeof length);
  std::memcpy(front_.data() + sizeof length, frame.header.data(), frame.header.size());
  front_left_ = front_;
  body_left_ = frame.body->bytes();
  const auto how = go_on();
  if (how == progress::pending) {
    if (!cipher_ && front_left_.size() == front_.size()) {
      drop();
      return progress::refused;
    }
    owner_ = frame.body->owner();
  }
  return how;
}

frame_writer::progress frame_writer::go_on() noexcept {
  const auto how = cipher_ ? push_sealed() : push();
  if (how == progress::done || how == progress::broken)
    drop();
  return how;
}

/// False if the socket did not take all `size` bytes of the parts: it has no room, or is broken.
bool frame_writer::send(std::span<iovec> parts, std::size_t size) noexcept {
  const auto n = send_some(socket_, parts);
  if (n < 0) {
    error_code_ = would_wait(errno) ? 0 : errno;
    return false;
  }
  bytes_.fetch_add(static_cast<std::uint64_t>(n), std::memory_order_relaxed);
  auto sent = static_cast<std::size_t>(n);
  if (!record_left_.empty()) {
    advance(record_left_, sent);
  } else {
    sent -= advance(front_left_, sent);
    advance(body_left_, sent);
  }
  return static_cast<std::size_t>(n) == size;
}

frame_writer::progress frame_writer::push() noexcept {
  if (front_left_.empty() && body_left_.empty())
    return progress::done;
  std::array parts{part(front_left_), part(body_left_)};
  if (send(parts, front_left_.size() + body_left_.size()))
    return progress::done;
  return error_code_ != 0 ? progress::broken : progress::pending;
}

frame_writer::progress frame_writer::push_sealed() noexcept {
  for (;;) {
    if (record_left_.empty()) {
      if (front_left_.empty() && body_left_.empty())
        return progress::done;
      seal_next();
    }
    std::array parts{part(record_left_)};
    if (!send(parts, record_left_.size()))
      return error_code_ != 0 ? progress::broken : progress::pending;
  }
}

void frame_writer::seal_next() noexcept {
  auto* const text = record_.data() + record_head;
  const auto front = front_left_.size();
  const auto body = std::min(body_left_.size(), most_sealed - front);
  if (front > 0) // only a frame's first record has it
    std::memcpy(text, front_left_.data(), front);
  if (body > 0)
    std::memcpy(text + front, body_left_.data(), body);
  front_left_ = {};
  advance(body_left_, body);
  const auto whole = record_.bytes().first(front + body + record_overhead);
  cipher_->seal(whole);
  record_left_ = whole;
}

} // namespace peernet
