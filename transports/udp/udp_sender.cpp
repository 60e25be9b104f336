// SPDX-License-Identifier: MIT
#include "transports/udp/udp_sender.hpp"

#include "runtime/core/address.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/core/units.hpp"

#include <algorithm>
#include <cstring>

namespace peernet {

namespace {

using namespace std::chrono_literals;

/// Between two questions whether somebody is there.
constexpr duration ask_period = 20ms;
/// From this question on every other one is small: do only the large ones get lost?
constexpr std::uint64_t patient_questions = 5;
/// The kernel has buffers for so many frames at most, whatever the queue: they are memory, too.
constexpr std::size_t most_buffered = 8;
/// A thread that was late makes up for this much at most; more would be a burst.
constexpr duration most_catch_up = 1ms;
/// How long the thread waits for room before it looks whether it shall end.
constexpr duration glance = 20ms;

std::chrono::steady_clock::time_point on_steady_clock(stamp t) {
  return std::chrono::steady_clock::time_point(t.time_since_epoch()); // both CLOCK_MONOTONIC
}

} // namespace

result<std::unique_ptr<udp_send_end>> udp_send_end::connect(const channel_settings& settings,
                                                            const endpoint& to) {
  const auto options = udp_options::of(settings);
  const udp_cut cut{options.datagram, !settings.key.empty()};
  const auto frames = std::clamp<std::size_t>(settings.queue, 1, most_buffered);
  auto socket = udp_send_socket::connect(to.address, to.port, options.datagram,
                                         udp_buffer(cut, options.max_sample, frames));
  if (!socket)
    return std::move(socket).error();
  std::unique_ptr<udp_send_end> end(new udp_send_end(settings, to, *std::move(socket)));
  end->ask();
  if (end->closed_)
    return error{errc::too_large, end->report().trouble};
  return end;
}

udp_send_end::udp_send_end(const channel_settings& settings, const endpoint& to,
                           udp_send_socket socket)
    : name_(settings.name),
      where_(bracketed(to.address) + ":" + std::to_string(to.port)),
      options_(udp_options::of(settings)),
      run_(settings.run),
      cut_{options_.datagram, !settings.key.empty()},
      socket_(std::move(socket)) {
  if (cut_.sealed)
    sealer_.emplace(settings.key);
  sizes_.reserve(socket_.batch_size());
  if (options_.pace)
    start_thread_once();
}

udp_send_end::~udp_send_end() {
  close(duration{0});
}

// -- frames ---------------------------------------------------------------------------------------

send_status udp_send_end::try_send(const outgoing_frame& frame) {
  const auto& body = *frame.body;
  if (closed_)
    return send_status::closed;
  if (body.size() > options_.max_sample || frame.header.size() != sizeof(wire_header)) {
    say("a frame of " + std::to_string(body.size()) + " bytes was refused: at most " +
        std::to_string(options_.max_sample) + " are sent");
    return send_status::closed;
  }
  if (thread_.joinable()) {
    const std::lock_guard lock(mutex_);
    if (busy_)
      return send_status::would_block;
  }
  if (!connected_ && !connected())
    return send_status::would_block;
  std::memcpy(&left_.header, frame.header.data(), sizeof(wire_header));
  left_.body = body.bytes();
  left_.next = 0;
  left_.parts = cut_.parts(body.size());
  left_.header.fragments = static_cast<std::uint16_t>(left_.parts);
  while (!left_.done() && (!options_.pace || is_due())) {
    const auto how = send_some(options_.pace ? 1 : socket_.batch_size());
    if (how == udp_send_socket::status::too_long)
      return send_status::closed;
    if (how == udp_send_socket::status::no_room) {
      if (left_.next == 0)
        return send_status::would_block;
      break;
    }
  }
  if (!left_.done()) {
    start_thread_once();
    hand_to_thread(body);
  }
  return send_status::sent;
}

/// With a pace: whether the frame's next datagram may leave now; then the one after it has to wait.
bool udp_send_end::is_due() noexcept {
  const auto now = clock::machine_now();
  if (due_ > now)
    return false;
  due_ = now + time_of(left_.next);
  return true;
}

/// Sends the frame's next datagrams, at most `most`.
udp_send_socket::status udp_send_end::send_some(std::size_t most) {
  sizes_.clear();
  for (std::size_t i = 0; i < std::min(most, left_.parts - left_.next); ++i) {
    const auto size = make_part(i, left_.next + i);
    if (!size) {
      say("all numbers of this end's session are used up: no further datagram can be sealed");
      closed_ = true;
      return udp_send_socket::status::too_long;
    }
    sizes_.push_back(*size);
  }
  const auto sent = socket_.send(sizes_);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < sent.accepted; ++i)
    bytes += sizes_[i];
  packets_.fetch_add(sent.accepted - sent.refused, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  refused_.fetch_add(sent.refused, std::memory_order_relaxed);
  left_.next += sent.accepted;
  if (sent.how == udp_send_socket::status::too_long)
    fail_too_long(sizes_[sent.accepted]);
  return sent.how;
}

/// Writes part `number` of the frame as datagram `slot` of the batch; its size, or nothing if it
/// cannot be sealed any more.
std::optional<std::size_t> udp_send_end::make_part(std::size_t slot, std::size_t number) noexcept {
  const auto begin = number * cut_.part();
  const auto part = left_.body.subspan(begin, std::min(cut_.part(), left_.body.size() - begin));
  const auto datagram = socket_.room(slot).first(cut_.overhead() + part.size());
  left_.header.fragment = static_cast<std::uint16_t>(number);
  auto* content = datagram.data() + cut_.front();
  std::memcpy(content, &left_.header, sizeof(wire_header));
  if (!part.empty())
    std::memcpy(content + sizeof(wire_header), part.data(), part.size());
  if (!put_around(datagram))
    return std::nullopt;
  return datagram.size();
}

bool udp_send_end::put_around(std::span<std::byte> datagram) noexcept {
  if (sealer_)
    return sealer_->seal(datagram);
  put_checksum(datagram);
  return true;
}

// -- greeting -------------------------------------------------------------------------------------

bool udp_send_end::connected() {
  if (closed_)
    return false;
  if (connected_)
    return true;
  hear();
  if (!connected_ && clock::machine_now() >= ask_again_)
    ask();
  return connected_ && !closed_;
}

void udp_send_end::ask() {
  const bool small = asked_ >= patient_questions && asked_ % 2 == 1;
  const auto smallest = cut_.front() + sizeof(udp_greeting) + cut_.back();
  const auto datagram = socket_.room(0).first(small ? smallest : cut_.datagram);
  const udp_greeting question{.kind = greeting_kind::question,
                              .size = static_cast<std::uint32_t>(datagram.size()),
                              .run = run_,
                              .number = asked_++};
  std::memset(datagram.data(), 0, datagram.size());
  std::memcpy(datagram.data() + cut_.front(), &question, sizeof question);
  ask_again_ = clock::machine_now() + ask_period;
  if (!put_around(datagram))
    return;
  const std::size_t size = datagram.size();
  if (socket_.send({&size, 1}).how == udp_send_socket::status::too_long)
    fail_too_long(size);
}

void udp_send_end::hear() {
  std::array<std::byte, seal_bytes + sizeof(udp_greeting)> room;
  while (const auto size = socket_.take_answer(room)) {
    const auto datagram = std::span(room).first(*size);
    std::optional<std::span<std::byte>> content;
    if (!sealer_)
      content = checked_content(datagram);
    else if (sealer_->open_answer(datagram))
      content = sealed_part(datagram);
    const auto heard =
        content ? read_greeting(*content, greeting_kind::answer, run_) : std::nullopt;
    if (heard && heard->size == cut_.datagram)
      connected_ = true;
    else if (heard && !std::exchange(small_heard_, true))
      say("small datagrams reach " + where_ + " and are answered, those of " +
          std::to_string(cut_.datagram) + " bytes are not: set links." + name_ +
          ".transport.datagram lower, or see what on the way swallows them");
  }
  if (connected_ && small_heard_)
    say("");
}

void udp_send_end::fail_too_long(std::size_t datagram) {
  const auto most = socket_.largest_payload();
  say("datagrams of " + std::to_string(datagram) + " bytes do not fit the way to " + where_ +
      (most > 0 ? ", which takes " + std::to_string(most) + " at most" : "") + ": set links." +
      name_ + ".transport.datagram" +
      (most > 0 ? " = \"" + std::to_string(most) + "B\"" : " lower"));
  closed_ = true;
}

// -- the thread -----------------------------------------------------------------------------------

void udp_send_end::start_thread_once() {
  if (!thread_.joinable())
    thread_ = start_thread("udp " + name_, [this](const std::stop_token& stop) { run(stop); });
}

void udp_send_end::hand_to_thread(const payload& body) {
  left_.owner = body.owner();
  {
    const std::lock_guard lock(mutex_);
    busy_ = true;
  }
  changed_.notify_all();
}

void udp_send_end::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return busy_; })) {
    finish_frame(lock, stop);
    left_.owner = {};
    busy_ = false;
    changed_.notify_all();
  }
}

/// Sends what is left of a frame, each datagram when it is due; `lock` is open while it does.
void udp_send_end::finish_frame(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  due_ = std::max(due_, clock::machine_now()); // what was not used before is not saved up
  while (!left_.done() && !closed_ && !stop.stop_requested()) {
    std::size_t most = socket_.batch_size();
    if (options_.pace) {
      if (changed_.wait_until(lock, stop, on_steady_clock(due_), [] { return false; });
          stop.stop_requested())
        return;
      // All that is due by now leaves together: at high rates that is several.
      const auto now = clock::machine_now();
      due_ = std::max(due_, now - most_catch_up);
      std::size_t number = 0;
      for (; number < most && left_.next + number < left_.parts && due_ <= now; ++number)
        due_ += time_of(left_.next + number);
      most = std::max<std::size_t>(number, 1);
    }
    lock.unlock();
    for (const auto end = left_.next + most; left_.next < std::min(end, left_.parts);) {
      const auto how = send_some(std::min(end, left_.parts) - left_.next);
      if (closed_ || stop.stop_requested())
        break;
      if (how == udp_send_socket::status::no_room)
        (void)socket_.wait_room(glance);
    }
    lock.lock();
  }
}

/// How long a part occupies a line of the stated rate, headers of IP and UDP included.
duration udp_send_end::time_of(std::size_t part) const noexcept {
  const auto body = std::min(cut_.part(), left_.body.size() - part * cut_.part());
  const auto bits = 8.0 * static_cast<double>(socket_.header_bytes() + cut_.overhead() + body);
  return from_seconds(bits / *options_.pace);
}

// -- waiting, ending, telling ---------------------------------------------------------------------

bool udp_send_end::wait_writable(duration patience) {
  if (closed_)
    return false;
  if (!connected_) {
    (void)socket_.wait_answer(std::min(patience, ask_period));
    return connected();
  }
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    if (busy_)
      return changed_.wait_for(lock, patience, [&] { return !busy_; }) && !closed_;
  }
  return socket_.wait_room(patience);
}

void udp_send_end::close(duration patience) noexcept {
  if (thread_.joinable()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, patience, [&] { return !busy_; });
    }
    thread_.request_stop();
    thread_.join();
  }
  closed_ = true;
}

channel_report udp_send_end::report() const {
  channel_report r;
  r.bytes = bytes_.load(std::memory_order_relaxed);
  r.counts = {{"packets", packets_.load(std::memory_order_relaxed)},
              {"refused", refused_.load(std::memory_order_relaxed)}};
  const std::lock_guard lock(mutex_);
  r.trouble = trouble_;
  return r;
}

void udp_send_end::say(std::string trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
}

} // namespace peernet
