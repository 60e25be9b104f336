// SPDX-License-Identifier: MIT
#include "transports/tcp/tcp_sender.hpp"

#include "runtime/core/clock.hpp"
#include "transports/tcp/tcp_greeting.hpp"
#include "transports/tcp/tcp_socket.hpp"

#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace peernet {

namespace {

/// How long connecting, and then greeting, may take before another attempt begins.
constexpr std::chrono::seconds attempt_patience{5};

} // namespace

tcp_sender::tcp_sender(const channel_settings& settings, const endpoint& to)
    : key_(settings.key),
      to_(to),
      keeper_({.thread = "tcp " + settings.name,
               .to = address_and_port(to.address, to.port),
               .make = [this] { return make(); },
               .hold = [this] { return hold(); }}) {
  keeper_.start();
}

tcp_sender::~tcp_sender() {
  close(duration{0});
}

send_status tcp_sender::try_send(const outgoing_frame& frame) {
  auto was = phase::ready;
  if (!phase_.compare_exchange_strong(was, phase::writing, std::memory_order_acquire))
    return was == phase::pending ? send_status::would_block : send_status::closed;
  const auto how = writer_.begin(frame);
  using enum frame_writer::progress;
  if (how == done) {
    phase_.store(phase::ready, std::memory_order_release);
    return send_status::sent;
  }
  phase_.store(how == broken ? phase::broken : phase::pending, std::memory_order_release);
  keeper_.wake();
  return how == pending   ? send_status::sent
         : how == refused ? send_status::would_block
                          : send_status::closed;
}

bool tcp_sender::wait_writable(duration patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] {
    const auto p = phase_.load(std::memory_order_acquire);
    return p == phase::ready || p == phase::closed;
  }) && phase_.load(std::memory_order_relaxed) == phase::ready;
}

bool tcp_sender::connected() {
  const auto p = phase_.load(std::memory_order_acquire);
  return p == phase::ready || p == phase::writing || p == phase::pending;
}

void tcp_sender::close(duration patience) noexcept {
  {
    std::unique_lock lock(mutex_);
    (void)changed_.wait_for(
        lock, patience, [&] { return phase_.load(std::memory_order_acquire) != phase::pending; });
  }
  keeper_.stop();
  // From here on there is no other thread.
  writer_.drop();
  socket_.reset(); // the kernel goes on with what it has
  enter(phase::closed);
}

channel_report tcp_sender::report() const {
  return {.bytes = writer_.bytes() + greeted_bytes_.load(std::memory_order_relaxed),
          .counts = {{"reconnects", keeper_.reconnects()}}};
}

void tcp_sender::enter(phase p) noexcept {
  phase_.store(p, std::memory_order_release);
  { const std::lock_guard lock(mutex_); } // whoever looked before us waits by now
  changed_.notify_all();
}

// -- the end's thread
// -------------------------------------------------------------------------------

result<void> tcp_sender::make() {
  auto begun = tcp_begin_connect(to_.address, to_.port);
  if (!begun)
    return std::move(begun).error();
  socket_ = std::move(*begun);
  auto stands = greet();
  if (!stands) {
    socket_.reset();
    return stands;
  }
  writer_.open(socket_.get(), record_key_);
  return {};
}

result<void> tcp_sender::greet() {
  auto until = clock::machine_now() + attempt_patience;
  if (auto decided = keeper_.wait_for(socket_.get(), POLLOUT, until); !decided)
    return decided;
  if (const auto code = tcp_error(socket_.get()); code != 0)
    return error{errc::io, errno_text(code)};
  tune_connection(socket_.get(), true);

  const bool sealed = !key_.empty();
  until = clock::machine_now() + attempt_patience;
  tcp_greeting hello;
  if (auto heard = hear(hello, until); !heard)
    return heard;
  const auto theirs = read_greeting(hello, tcp_word::hello, sealed);
  if (!theirs)
    return theirs.error();
  const auto ours = fresh_challenge();
  if (auto said = say(make_greeting(tcp_word::answer, sealed, ours), until); !said)
    return said;
  auto bytes = tcp_greeting_bytes;
  record_key_.clear();
  if (sealed) {
    const tcp_agreement agreed(key_, *theirs, ours);
    if (auto said = say(agreed.proof(tcp_word::answer), until); !said)
      return said;
    tcp_proof proof;
    if (!hear(proof, until) || !agreed.proves(proof, tcp_word::hello))
      return error{errc::refused, "the other side does not have this run's key"};
    record_key_ = agreed.record_key();
    bytes += sizeof proof;
  }
  greeted_bytes_.fetch_add(2 * bytes, std::memory_order_relaxed); // theirs, and ours
  return {};
}

result<void> tcp_sender::say(std::span<const std::byte> bytes, stamp until) const {
  while (!bytes.empty()) {
    std::array part{iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
    const auto n = send_some(socket_.get(), part);
    if (n >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    else if (!would_wait(errno))
      return error{errc::io, errno_text(errno)};
    else if (auto writable = keeper_.wait_for(socket_.get(), POLLOUT, until); !writable)
      return writable;
  }
  return {};
}

result<void> tcp_sender::hear(std::span<std::byte> bytes, stamp until) const {
  while (!bytes.empty()) {
    if (auto readable = keeper_.wait_for(socket_.get(), POLLIN, until); !readable)
      return readable;
    std::array part{iovec{bytes.data(), bytes.size()}};
    const auto n = receive_some(socket_.get(), part);
    if (n > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    else if (n == 0)
      return error{errc::closed, "the other side closed the connection"};
    else if (!would_wait(errno))
      return error{errc::io, errno_text(errno)};
  }
  return {};
}

std::string tcp_sender::hold() {
  enter(phase::ready);
  auto why = hold_until_it_ends();
  if (keeper_.stopping())
    return why; // `close` does the rest, with whatever is left over
  let_go();
  return why;
}

/// The connection stands. Sleeps until something is left over, or the other side is gone, which
/// never says anything any more.
std::string tcp_sender::hold_until_it_ends() {
  for (;;) {
    const auto pending = phase_.load(std::memory_order_acquire) == phase::pending;
    const auto events = static_cast<short>(POLLIN | POLLRDHUP | (pending ? POLLOUT : 0));
    std::array<pollfd, 2> both{{{keeper_.bell().fd(), POLLIN, 0}, {socket_.get(), events, 0}}};
    ::poll(both.data(), both.size(), -1);
    if (keeper_.stopping())
      return "the end was closed";
    if (both[0].revents != 0)
      keeper_.bell().silence();
    if (phase_.load(std::memory_order_acquire) == phase::broken)
      return errno_text(writer_.error_code());
    if ((both[1].revents & ~POLLOUT) != 0) {
      std::byte unexpected;
      std::array part{iovec{&unexpected, 1}};
      const auto n = receive_some(socket_.get(), part);
      if (n >= 0)
        return n == 0 ? "the other side closed the connection"
                      : "the other side said what it should not";
      if (!would_wait(errno))
        return errno_text(errno);
    }
    if (pending && (both[1].revents & POLLOUT) != 0) {
      const auto how = writer_.go_on();
      if (how == frame_writer::progress::broken)
        return errno_text(writer_.error_code());
      if (how == frame_writer::progress::done)
        enter(phase::ready);
    }
  }
}

/// Takes the connection from whoever has it, and ends it.
void tcp_sender::let_go() noexcept {
  for (auto p = phase_.load(); p == phase::writing || !phase_.compare_exchange_weak(p, phase::down);
       p = phase_.load())
    std::this_thread::yield(); // a write does not wait: this is over in microseconds
  writer_.drop();
  socket_.reset();
  enter(phase::down);
}

} // namespace peernet
