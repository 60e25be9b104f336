// SPDX-License-Identifier: MIT
#include "transports/tcp/tcp_connection.hpp"

#include "transports/tcp/tcp_socket.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace peernet {

namespace {

/// Read at once at most; of a large body the rest goes straight to its place.
constexpr std::size_t clear_memory = 64 << 10;
constexpr std::size_t sealed_memory = 2 * longest_record; ///< a whole record always fits in

error refused(const char* why) {
  return {errc::refused, why};
}

} // namespace

tcp_connection::tcp_connection(descriptor socket, connection_place& place, stamp since)
    : socket_(std::move(socket)),
      place_(place),
      since_(since),
      challenge_(fresh_challenge()),
      frames_(place.max_body) {
  tune_connection(socket_.get(), false);
  place_.watch(socket_.get(), EPOLLIN, this);
  (void)say(make_greeting(tcp_word::hello, !place_.key.empty(), challenge_));
}

result<void> tcp_connection::read(const clock& clock, std::uint32_t /*events*/) {
  if (!greeted_)
    return read_greeting_part();
  if (!cipher_) {
    const auto rest = frames_.missing();
    std::array parts{iovec{rest.data(), rest.size()}, iovec{memory_.data(), memory_.size()}};
    const auto n = take(parts);
    read_at_ = clock.now();
    if (!n)
      return n.error();
    const auto direct = std::min(*n, rest.size());
    whole_ = direct > 0 && frames_.filled(direct);
    plain_ = memory_.bytes().first(*n - direct);
    return {};
  }
  if (begin_ > 0 && memory_.size() - begin_ < longest_record) {
    std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  std::array parts{iovec{memory_.data() + end_, memory_.size() - end_}};
  const auto n = take(parts);
  read_at_ = clock.now();
  if (!n)
    return n.error();
  end_ += *n;
  return {};
}

result<bool> tcp_connection::await(const clock& clock) {
  waits_ = true;
  auto done = read(clock, EPOLLIN);
  waits_ = false;
  if (!done)
    return std::move(done).error();
  return taken_ > 0;
}

result<bool> tcp_connection::advance(const clock& /*clock*/) {
  if (std::exchange(whole_, false))
    return true;
  auto whole = cut();
  count_unfinished();
  return whole;
}

incoming_frame tcp_connection::release() noexcept {
  proven_ = true;
  auto frame = frames_.release(read_at_);
  count_unfinished();
  return frame;
}

result<bool> tcp_connection::cut() {
  for (;;) {
    if (!plain_.empty()) {
      auto taken = frames_.take(plain_);
      if (!taken || *taken)
        return taken;
    }
    const auto sealed = memory_.bytes().subspan(begin_, end_ - begin_);
    if (sealed.size() < record_head) {
      if (sealed.empty())
        begin_ = end_ = 0;
      return false;
    }
    const auto size = record_cipher::announced(sealed.first<record_head>());
    if (!size)
      return error{errc::corrupt, "a record of an impossible length"};
    if (sealed.size() < *size)
      return false;
    const auto record = sealed.first(*size);
    const auto inside = *size - record_overhead;
    begin_ += *size;
    // Opened straight into the body it belongs to, if it is all body; in its place otherwise.
    const auto rest = frames_.missing();
    const bool direct = rest.size() >= inside;
    const auto plain = direct ? rest.first(inside) : record.subspan(record_head, inside);
    if (!cipher_->open(record, plain))
      return error{errc::corrupt, "a record that does not open"};
    if (!direct)
      plain_ = plain;
    else if (frames_.filled(inside))
      return true;
  }
}

result<void> tcp_connection::read_greeting_part() {
  const auto wanted = tcp_greeting_bytes + (place_.key.empty() ? 0 : sizeof(tcp_proof));
  std::array parts{iovec{answer_.data() + answer_size_, wanted - answer_size_}};
  const auto n = take(parts);
  if (!n)
    return n.error();
  answer_size_ += *n;
  if (answer_size_ < tcp_greeting_bytes)
    return {};
  // Whoever speaks something else is told by hanging up, before it has said all it wants to.
  const auto theirs = read_greeting(std::span(answer_).first<tcp_greeting_bytes>(),
                                    tcp_word::answer, !place_.key.empty());
  if (!theirs)
    return theirs.error();
  if (answer_size_ < wanted)
    return {};
  if (!place_.key.empty()) {
    const tcp_agreement agreed(place_.key, challenge_, *theirs);
    tcp_proof proof;
    std::memcpy(proof.data(), answer_.data() + tcp_greeting_bytes, proof.size());
    if (!agreed.proves(proof, tcp_word::answer))
      return refused("the other side does not have this run's key");
    if (!say(agreed.proof(tcp_word::hello)))
      return refused("the other side does not listen");
    cipher_.emplace(agreed.record_key());
    proven_ = true;
  }
  memory_ = buffer::acquire(cipher_ ? sealed_memory : clear_memory);
  allow_waiting(socket_.get(), longest_wait);
  greeted_ = true;
  return {};
}

/// How much was read; 0 if there is nothing just now.
result<std::size_t> tcp_connection::take(std::span<iovec> parts) {
  const auto n = receive_some(socket_.get(), parts, waits_);
  taken_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (n > 0) {
    place_.tally.bytes.fetch_add(static_cast<std::uint64_t>(n), std::memory_order_relaxed);
    return static_cast<std::size_t>(n);
  }
  if (n == 0)
    return error{errc::closed, "the other side closed the connection"};
  if (would_wait(errno))
    return std::size_t{0};
  return error{errc::io, errno_text(errno)};
}

void tcp_connection::count_unfinished() noexcept {
  const auto now = frames_.unfinished();
  place_.tally.unfinished += now - std::exchange(unfinished_, now);
}

/// A new connection has room for a greeting.
bool tcp_connection::say(std::span<const std::byte> bytes) noexcept {
  std::array part{iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
  const auto n = send_some(socket_.get(), part);
  place_.tally.bytes.fetch_add(n > 0 ? static_cast<std::uint64_t>(n) : 0,
                               std::memory_order_relaxed);
  return n == static_cast<ssize_t>(bytes.size());
}

} // namespace peernet
