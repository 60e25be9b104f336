// SPDX-License-Identifier: MIT
#include "actors/remote/frames.hpp"

#include "actors/remote/dial.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace peernet {

namespace {

constexpr std::size_t longest_frame = frame_head + most_message;
constexpr std::size_t least_room = 4 << 10;

/// The longest body of a type; nothing for what is no type.
std::optional<std::size_t> most_of(std::uint8_t type) {
  switch (static_cast<frame_type>(type)) {
  case frame_type::message:
    return most_message;
  case frame_type::file:
  case frame_type::control:
    return most_piece;
  }
  return std::nullopt;
}

short events_for(stream_status status) {
  return status == stream_status::wants_write ? POLLOUT : POLLIN;
}

error over(const wait_limit& limit, const char* late) {
  return limit.interrupted() ? error{errc::closed, "interrupted"} : error{errc::timeout, late};
}

} // namespace

void append_frame(std::string& to, frame_type type, std::string_view body) {
  assert(body.size() <= most_of(static_cast<std::uint8_t>(type)).value_or(0));
  const auto size = static_cast<std::uint32_t>(body.size());
  const char head[frame_head] = {static_cast<char>(type),
                                 0,
                                 0,
                                 0,
                                 static_cast<char>(size),
                                 static_cast<char>(size >> 8),
                                 static_cast<char>(size >> 16),
                                 static_cast<char>(size >> 24)};
  to.append(head, frame_head).append(body);
}

// -- frame_parser ---------------------------------------------------------------------------------

std::span<std::byte> frame_parser::room() {
  const auto held = end_ - begin_;
  assert(held < longest_frame); // else next() had one to give
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, held);
    begin_ = 0;
    end_ = held;
  }
  // Grows with what has come, not with what a head announces.
  if (buffer_.size() - end_ < least_room)
    buffer_.resize(std::min(longest_frame, std::max(2 * end_, 4 * least_room)));
  return std::span(buffer_).subspan(end_);
}

void frame_parser::filled(std::size_t bytes) {
  assert(bytes <= buffer_.size() - end_);
  end_ += bytes;
}

result<std::optional<remote_frame>> frame_parser::next() {
  if (end_ - begin_ < frame_head)
    return std::optional<remote_frame>{};
  const auto* head = reinterpret_cast<const std::uint8_t*>(buffer_.data() + begin_);
  const auto most = most_of(head[0]);
  const std::size_t size = head[4] | head[5] << 8 | head[6] << 16 | std::size_t{head[7]} << 24;
  // Nothing is taken away then, so that it stays an error for good.
  if (!most || head[1] != 0 || head[2] != 0 || head[3] != 0)
    return error{errc::corrupt, "what came is no frame of PeerNet's (is the peer one?)"};
  if (size > *most)
    return error{errc::corrupt, "a frame of " + std::to_string(size) + " bytes was announced, " +
                                    std::to_string(*most) + " are allowed"};
  if (end_ - begin_ - frame_head < size)
    return std::optional<remote_frame>{};
  remote_frame frame{static_cast<frame_type>(head[0]),
                     {reinterpret_cast<const char*>(head) + frame_head, size}};
  begin_ += frame_head + size;
  return std::optional(std::move(frame));
}

// -- framed_stream --------------------------------------------------------------------------------

result<framed_stream> framed_stream::connect(const std::string& host, std::uint16_t port,
                                             const stream_security& security,
                                             const wait_limit& limit) {
  auto fd = dial(host, port, limit);
  if (!fd)
    return std::move(fd).error();
  auto over = secure_stream::over(*fd, security, stream_side::client);
  if (!over)
    return std::move(over).error();
  framed_stream stream(std::move(*over));
  if (auto done = stream.handshake(limit); !done)
    return std::move(done).error();
  return stream;
}

error framed_stream::problem(errc usual) const {
  const auto kind = stream_.kind_of_problem();
  return {kind == errc::closed ? usual : kind, stream_.problem()};
}

result<void> framed_stream::handshake(const wait_limit& limit) {
  for (;;) {
    const auto status = stream_.handshake();
    if (status == stream_status::done)
      return {};
    if (status == stream_status::closed)
      return problem(errc::refused);
    if (!wait_until_ready(stream_.fd(), events_for(status), limit))
      return over(limit, "the peer did not finish the handshake in time");
  }
}

result<void> framed_stream::send(frame_type type, std::string_view body, const wait_limit& limit) {
  if (body.size() > most_of(static_cast<std::uint8_t>(type)).value_or(0))
    return error{errc::too_large, "a frame of " + std::to_string(body.size()) +
                                      " bytes is longer than frames may be"};
  append_frame(unsent_, type, body);
  std::size_t done = 0;
  while (done < unsent_.size()) {
    std::size_t sent = 0;
    const auto status = stream_.write(std::as_bytes(std::span(unsent_)).subspan(done), sent);
    done += sent;
    if (status == stream_status::done)
      continue;
    if (status == stream_status::closed) {
      unsent_.clear();
      return problem(errc::closed);
    }
    if (!wait_until_ready(stream_.fd(), events_for(status), limit)) {
      unsent_.erase(0, done); // a frame once begun must be ended before the next
      return over(limit, "the peer took nothing until the deadline");
    }
  }
  unsent_.clear();
  return {};
}

result<remote_frame> framed_stream::receive(const wait_limit& limit) {
  for (;;) {
    auto frame = parser_.next();
    if (!frame)
      return frame.error();
    if (*frame)
      return **std::move(frame);
    std::size_t got = 0;
    const auto status = stream_.read(parser_.room(), got);
    if (status == stream_status::closed)
      return problem(errc::closed);
    if (status == stream_status::done)
      parser_.filled(got);
    else if (!wait_until_ready(stream_.fd(), events_for(status), limit))
      return over(limit, "the peer sent nothing until the deadline");
  }
}

} // namespace peernet
