// SPDX-License-Identifier: MIT
#include "actors/remote/control_pump.hpp"

#include "actors/remote/raw_socket.hpp"
#include "actors/remote/ready.hpp"
#include "runtime/core/thread.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

constexpr std::size_t largest_read = most_piece;

/// Bytes that wait to be taken from the front.
struct byte_queue {
  std::string bytes;
  std::size_t begin = 0;

  [[nodiscard]] std::size_t size() const { return bytes.size() - begin; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::span<const std::byte> front() const {
    return std::as_bytes(std::span(bytes)).subspan(begin);
  }
  void pop(std::size_t count) {
    begin += count;
    if (begin == bytes.size())
      clear();
    else if (begin > control_pump::most_held) { // else it would grow as long as it is never empty
      bytes.erase(0, begin);
      begin = 0;
    }
  }
  void clear() {
    bytes.clear();
    begin = 0;
  }
};

/// Nothing is later than this.
constexpr stamp never = stamp::max();

} // namespace

struct control_pump::inside {
  settings set;
  std::optional<framed_stream> remote;
  int local;
  int waker = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

  std::mutex mutex; ///< of these five
  std::deque<std::string> said = {};
  std::uint64_t dropped = 0;
  stamp finish_at = never;
  std::string finish_reason = "finished here";
  stamp give_back_at = never;

  byte_queue to_remote = {}, to_local = {};
  stream_status read_wants = stream_status::wants_read;
  stream_status write_wants = stream_status::wants_write;
  bool finishing = false;   ///< nothing more is read from the local side
  bool goodbye = false;     ///< said: nothing more is written to the peer
  bool remote_deaf = false; ///< nothing can be written to it any more
  bool local_deaf = false;
  bool local_served = false; ///< it was told that nothing more comes
  bool remote_over = false;
  bool given_back = false;  ///< the thread has ended and left the stream
  std::string reason = {};  ///< of the end
  stamp give_up_at = never; ///< the peer has ended; the local side has until then to take the rest

  inside(framed_stream r, int l, settings s) : set(std::move(s)), remote(std::move(r)), local(l) {
    to_remote.bytes = std::exchange(remote->unsent(), {});
  }
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;
  ~inside() {
    close_local();
    if (waker >= 0)
      ::close(waker);
  }

  void poke() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(waker, &one, sizeof one); // full: it is awake anyway
  }
  void close_local() {
    if (local >= 0)
      ::close(std::exchange(local, -1));
    to_local.clear();
  }
  [[nodiscard]] bool local_has_room() const { return to_local.size() + most_piece <= most_held; }
  [[nodiscard]] bool remote_has_room() const {
    return to_remote.size() + frame_head + largest_read <= most_held;
  }
  [[nodiscard]] bool reads_remote() const { return !remote_over && (goodbye || local_has_room()); }
  [[nodiscard]] bool reads_local() const {
    return local >= 0 && !finishing && !remote_over && (remote_deaf || remote_has_room());
  }

  void run(const std::stop_token& stop);
  bool take_orders();
  bool write_remote();
  bool read_remote();
  bool hand_on(remote_frame frame);
  bool write_local();
  bool read_local();
  void end_local(const std::string& why);
  bool end_remote(const std::string& why);
  [[nodiscard]] bool is_over();
  void wait();
};

void control_pump::inside::run(const std::stop_token& stop) {
  if (waker < 0)
    end_remote("no descriptor was left for it on this machine");
  while (!stop.stop_requested() && !is_over()) {
    bool moved = take_orders();
    moved = write_remote() || moved;
    moved = read_remote() || moved;
    moved = write_local() || moved;
    moved = read_local() || moved;
    if (!moved)
      wait();
  }
  close_local();
  if (given_back) {
    remote->unsent().assign(to_remote.bytes, to_remote.begin);
    return;
  }
  remote.reset();
  if (!stop.stop_requested() && set.on_end)
    set.on_end(reason);
}

/// What others asked for in the meantime.
bool control_pump::inside::take_orders() {
  const std::lock_guard lock(mutex);
  bool took = false;
  while (!said.empty() && to_remote.size() < most_held) {
    append_frame(to_remote.bytes, frame_type::message, said.front());
    said.pop_front();
    took = true;
  }
  finishing = finish_at != never;
  return took;
}

bool control_pump::inside::write_remote() {
  if (remote_over || goodbye)
    return false;
  if (remote_deaf)
    to_remote.clear();
  if (to_remote.empty()) {
    const std::lock_guard lock(mutex);
    if (!finishing || !said.empty())
      return false;
    remote->stream().say_goodbye();
    return goodbye = true;
  }
  std::size_t sent = 0;
  const auto status = remote->stream().write(to_remote.front(), sent);
  if (status == stream_status::done)
    to_remote.pop(sent);
  else if (status == stream_status::closed)
    remote_deaf = true; // what it sent before, its last message above all, is still to be read
  else
    write_wants = status;
  return status == stream_status::done || status == stream_status::closed;
}

bool control_pump::inside::read_remote() {
  if (!reads_remote())
    return false;
  std::array<std::byte, 4096> ignored;
  std::size_t got = 0;
  if (!goodbye)
    for (;;) {
      auto frame = remote->parser().next();
      if (!frame)
        return end_remote(frame.error().message);
      if (!*frame)
        break;
      if (!hand_on(**std::move(frame)))
        return true;
      if (!local_has_room())
        return true;
    }
  const auto status =
      remote->stream().read(goodbye ? std::span<std::byte>(ignored) : remote->parser().room(), got);
  if (status == stream_status::closed)
    return end_remote(remote->stream().problem());
  if (status != stream_status::done) {
    read_wants = status;
    return false;
  }
  if (!goodbye)
    remote->parser().filled(got);
  return true;
}

/// False: it was none that may come.
bool control_pump::inside::hand_on(remote_frame frame) {
  if (frame.type == frame_type::file && !set.on_piece)
    return end_remote("the peer sent a piece of a file that nobody asked for"), false;
  if (frame.type == frame_type::file) {
    set.on_piece(std::as_bytes(std::span(frame.body)));
  } else if (frame.type == frame_type::message) {
    if (set.on_message)
      set.on_message(std::move(frame.body));
  } else if (local >= 0 && !local_deaf) {
    to_local.bytes += frame.body;
  }
  return true;
}

bool control_pump::inside::write_local() {
  if (local_deaf)
    to_local.clear();
  if (to_local.empty()) {
    if (local < 0 || local_served || !set.local_is_served || !set.local_is_served())
      return false;
    ::shutdown(local, SHUT_WR);
    return local_served = true;
  }
  const auto bytes = to_local.front();
  const auto n = send_some(local, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && is_wait(errno))
    return false;
  if (n <= 0) {
    local_deaf = true; // what it sent before is still to be read
    return true;
  }
  to_local.pop(static_cast<std::size_t>(n));
  if (give_up_at != never)
    give_up_at = clock::machine_now() + set.patience; // it takes, however slowly
  return true;
}

bool control_pump::inside::read_local() {
  if (!reads_local())
    return false;
  std::array<char, largest_read> bytes;
  const auto n = receive_some(local, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && is_wait(errno))
    return false;
  if (n <= 0)
    end_local(n == 0 ? "it closed its end" : std::strerror(errno));
  else if (!remote_deaf)
    append_frame(to_remote.bytes, frame_type::control, {bytes.data(), static_cast<std::size_t>(n)});
  return true;
}

void control_pump::inside::end_local(const std::string& why) {
  close_local();
  if (set.on_local_end)
    return set.on_local_end(why);
  const std::lock_guard lock(mutex);
  if (finish_at == never)
    finish_reason = "the local side ended";
  finish_at = std::min(finish_at, clock::machine_now() + set.patience);
}

bool control_pump::inside::end_remote(const std::string& why) {
  remote_over = true;
  const std::lock_guard lock(mutex);
  reason = goodbye ? finish_reason : why;
  give_up_at = std::min(give_up_at, clock::machine_now() + set.patience);
  return true;
}

bool control_pump::inside::is_over() {
  if (remote_over && (to_local.empty() || local_deaf))
    return true;
  const auto now = clock::machine_now();
  if (now >= give_up_at) {
    if (!remote_over)
      reason = "the peer closed the connection";
    reason += "; what it sent last was not taken here";
    return true;
  }
  const std::lock_guard lock(mutex);
  const bool all_left = local < 0 && said.empty() && to_remote.empty();
  if (now >= give_back_at || (give_back_at != never && all_left)) {
    given_back = !remote_over && !goodbye && !remote_deaf;
    if (!given_back && reason.empty())
      reason = remote->stream().problem();
    return true;
  }
  if (now < finish_at)
    return false;
  if (!remote_over)
    reason = goodbye ? finish_reason : finish_reason + "; what was said last did not leave in time";
  return true;
}

void control_pump::inside::wait() {
  const auto bit = [](stream_status wants) {
    return static_cast<short>(wants == stream_status::wants_write ? POLLOUT : POLLIN);
  };
  pollfd polled[] = {{waker, POLLIN, 0}, {-1, 0, 0}, {-1, 0, 0}};
  auto& [awake, far, near] = polled;
  // A descriptor that nothing is wanted of stays out: its end would wake us again and again.
  if (reads_remote())
    far.events = bit(read_wants);
  else if (!remote_over && give_up_at == never)
    far.events = POLLRDHUP; // seen although nothing is read
  if (!remote_over && !goodbye && !remote_deaf && !to_remote.empty() &&
      (reads_remote() || give_up_at == never))
    far.events = static_cast<short>(far.events | bit(write_wants));
  if (far.events != 0)
    far.fd = remote->stream().fd();
  if (reads_local())
    near.events = POLLIN;
  if (!to_local.empty())
    near.events = static_cast<short>(near.events | POLLOUT);
  if (near.events != 0)
    near.fd = local;

  auto until = give_up_at;
  {
    const std::lock_guard lock(mutex);
    until = std::min({until, finish_at, give_back_at});
  }
  const auto left = time_left(until);
  if (::ppoll(polled, std::size(polled), until == never ? nullptr : &left, nullptr) <= 0)
    return;
  if (awake.revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(waker, &count, sizeof count);
  }
  if (!reads_remote() && (far.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
    give_up_at = clock::machine_now() + set.patience;
}

// -- the pump -------------------------------------------------------------------------------------

control_pump::control_pump(framed_stream remote, int local, settings s)
    : in_(std::make_shared<inside>(std::move(remote), local, std::move(s))),
      thread_(start_thread(in_->set.name,
                           [in = in_](const std::stop_token& stop) { in->run(stop); })) {}

control_pump::~control_pump() {
  thread_.request_stop();
  in_->poke();
}

void control_pump::say(std::string message) {
  {
    const std::lock_guard lock(in_->mutex);
    if (in_->finish_at != never)
      return;
    if (message.size() > most_message || in_->said.size() >= most_said) {
      ++in_->dropped;
      return;
    }
    in_->said.push_back(std::move(message));
  }
  in_->poke();
}

std::uint64_t control_pump::dropped() const {
  const std::lock_guard lock(in_->mutex);
  return in_->dropped;
}

std::optional<framed_stream> control_pump::take_back(stamp deadline) {
  {
    const std::lock_guard lock(in_->mutex);
    in_->give_back_at = std::min(in_->give_back_at, deadline);
  }
  in_->poke();
  if (thread_.joinable())
    thread_.join();
  return std::exchange(in_->given_back, false) ? std::move(in_->remote) : std::nullopt;
}

void control_pump::finish(stamp deadline) {
  {
    const std::lock_guard lock(in_->mutex);
    in_->finish_at = std::min(in_->finish_at, deadline);
  }
  in_->poke();
}

} // namespace peernet
