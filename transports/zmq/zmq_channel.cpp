// SPDX-License-Identifier: MIT
#include "transports/zmq/zmq_channel.hpp"

#include "runtime/core/address.hpp"
#include "runtime/core/recycled.hpp"
#include "transports/wire.hpp"
#include "transports/zmq/zmq_curve.hpp"
#include "transports/zmq/zmq_socket.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

/// Bodies up to this size are copied behind the header into one message: cheaper than a second
/// part.
constexpr std::size_t copied_body = 8192;

/// Connections that may wait for a receiving end to accept them. All lanes to a stage come at once;
/// one that finds no room tries again only after a second. The kernel has a limit of its own.
constexpr int most_waiting = 4096;

/// A received frame's message parts, alive as long as the sample made of them.
class received_frame final : public recycled<received_frame> {
public:
  zmq_message header, body;
  void clear() noexcept {
    header.reset();
    body.reset();
  }
};

class zmq_send_end final : public send_end {
public:
  zmq_send_end(zmq_context context, const channel_settings& settings)
      : socket_(std::move(context), ZMQ_PUSH) {
    socket_.set(ZMQ_SNDHWM, static_cast<int>(settings.queue));
    socket_.set(ZMQ_IMMEDIATE, 1); // never queue for a peer that is not there
    socket_.set(ZMQ_IPV6, 1);      // takes IPv4 addresses too
    socket_.set(ZMQ_RECONNECT_IVL, 20);
    socket_.set(ZMQ_RECONNECT_IVL_MAX, 500);
  }

  /// Encrypts with `key`, if there is one.
  result<void> connect(const std::string& address, const std::string& key = {}) {
    if (!socket_.raw())
      return zmq_error("cannot open a socket towards " + address);
    if (!key.empty())
      if (auto encrypted = use_curve(socket_.raw(), curve_side::client, key); !encrypted)
        return encrypted;
    if (::zmq_connect(socket_.raw(), address.c_str()) != 0)
      return zmq_error("cannot connect to " + address);
    return {};
  }

  send_status try_send(const outgoing_frame& frame) override {
    const auto& body = *frame.body;
    if (body.size() <= copied_body) {
      zmq_message whole;
      if (!whole.allocate(frame.header.size() + body.size()))
        return send_status::would_block;
      std::memcpy(whole.bytes().data(), frame.header.data(), frame.header.size());
      if (body.size() > 0)
        std::memcpy(whole.bytes().data() + frame.header.size(), body.data(), body.size());
      return hand_over(whole, 0);
    }
    zmq_message header, lent;
    if (!header.allocate(frame.header.size()) || !lent.lend(body))
      return send_status::would_block;
    std::memcpy(header.bytes().data(), frame.header.data(), frame.header.size());
    const auto first = hand_over(header, ZMQ_SNDMORE);
    // Once the first part is taken, the rest goes the same way and cannot block. Should the
    // connection break in between, ZeroMQ takes the first part back: the body alone must not
    // follow.
    return first == send_status::sent ? offer(lent, 0) : first;
  }

  bool wait_writable(duration patience) override {
    if (!socket_.raw())
      return false;
    zmq_pollitem_t item{socket_.raw(), 0, ZMQ_POLLOUT, 0};
    return ::zmq_poll(&item, 1, zmq_milliseconds(patience)) > 0;
  }

  bool connected() override { return wait_writable(duration{0}); }

  void close(duration patience) noexcept override { socket_.close(patience); }

private:
  send_status hand_over(zmq_message& part, int flags) noexcept {
    // ZeroMQ looks for returned credit at most once a millisecond, unless it is asked: a first "no"
    // may be stale.
    const auto first = offer(part, flags);
    return first == send_status::would_block && connected() ? offer(part, flags) : first;
  }

  send_status offer(zmq_message& part, int flags) noexcept {
    while (::zmq_msg_send(part.raw(), socket_.raw(), flags | ZMQ_DONTWAIT) < 0) {
      if (::zmq_errno() == EAGAIN)
        return send_status::would_block;
      if (::zmq_errno() != EINTR)
        return send_status::closed;
    }
    return send_status::sent;
  }

  zmq_handle socket_;
};

class zmq_receive_end final : public receive_end {
public:
  zmq_receive_end(zmq_context context, const channel_settings& settings)
      : context_(std::move(context)), socket_(context_, ZMQ_PULL), max_body_(settings.max_frame) {
    socket_.set(ZMQ_RCVHWM, static_cast<int>(settings.queue));
    socket_.set(ZMQ_BACKLOG, most_waiting);
    const auto extra = settings.key.empty() ? 0 : curve_overhead; // ZeroMQ counts sealed bytes
    socket_.set(ZMQ_MAXMSGSIZE,
                static_cast<std::int64_t>(settings.max_frame + sizeof(wire_header) + extra));
    socket_.set(ZMQ_IPV6, settings.bind_address.find(':') != std::string::npos ? 1 : 0);
  }
  ~zmq_receive_end() override {
    if (frame_)
      frame_->release();
    if (!path_.empty())
      ::unlink(path_.c_str());
  }

  /// Encrypts with `key`, if there is one.
  result<void> bind_tcp(const std::string& address, const port_range& ports,
                        const std::string& key) {
    if (!usable())
      return zmq_error("cannot open a socket for " + address);
    if (!key.empty())
      if (auto encrypted = use_curve(socket_.raw(), curve_side::server, key); !encrypted)
        return encrypted;
    auto done = first_free(ports, [&](std::uint16_t port) -> result<void> {
      const auto name = port == 0 ? "*" : std::to_string(port);
      if (::zmq_bind(socket_.raw(), ("tcp://" + bracketed(address) + ":" + name).c_str()) == 0)
        return {};
      return zmq_error("cannot bind TCP port " + name + " on " + address);
    });
    if (!done)
      return done;
    char bound[256];
    std::size_t size = sizeof bound;
    if (::zmq_getsockopt(socket_.raw(), ZMQ_LAST_ENDPOINT, bound, &size) != 0)
      return zmq_error("cannot learn the port bound on " + address);
    const std::string text(bound);
    where_ = {.address = address,
              .port = static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)))};
    return {};
  }

  result<void> bind_ipc(const std::string& path) {
    if (!usable())
      return zmq_error("cannot open a socket for " + path);
    if (::zmq_bind(socket_.raw(), ("ipc://" + path).c_str()) != 0)
      return zmq_error("cannot bind the socket " + path);
    path_ = path;
    where_ = {.address = path};
    return {};
  }

  [[nodiscard]] endpoint where() const override { return where_; }

  result<std::optional<incoming_frame>> receive(const clock& clock, duration patience) override {
    if (!frame_)
      frame_ = received_frame::make();
    const bool taken = !stopped_ && take_within(patience, frame_->header);
    if (stopped_)
      return error{errc::closed, "the receiving end was stopped"};
    if (!taken)
      return std::optional<incoming_frame>{};
    const auto now = clock.now();
    if (frame_->header.more() && !take(frame_->body))
      return refuse();
    if (frame_->body.more()) { // three parts or more: nothing of ours
      while (frame_->body.more() && take(frame_->body)) {
      }
      return refuse();
    }
    const auto first = frame_->header.bytes();
    const auto second = frame_->body.bytes();
    if (first.size() < sizeof(wire_header) ||
        (first.size() > sizeof(wire_header) && !second.empty()))
      return refuse();
    const auto body = second.empty() ? first.subspan(sizeof(wire_header)) : second;
    if (body.size() > max_body_) // ZeroMQ's own limit is one for both parts
      return refuse();
    incoming_frame frame{.header = first.first(sizeof(wire_header)),
                         .body = body,
                         .owner = storage_ref::adopt(std::exchange(frame_, nullptr)),
                         .received = now,
                         .in_kernel = std::nullopt};
    return std::optional{std::move(frame)};
  }

  void stop() noexcept override {
    stopped_ = true;
    // A blocking receive is the quickest, and only a message ends it.
    auto* waker = ::zmq_socket(context_.get(), ZMQ_PUSH);
    if (!waker)
      return; // it ends at its next time-out
    ::zmq_connect(waker, wake_address().c_str());
    ::zmq_send(waker, "", 0, ZMQ_DONTWAIT);
    const int linger = 100;
    ::zmq_setsockopt(waker, ZMQ_LINGER, &linger, sizeof linger);
    ::zmq_close(waker);
  }

private:
  [[nodiscard]] std::string wake_address() const {
    return "inproc://stop-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
  }
  [[nodiscard]] bool usable() const {
    return socket_.raw() && ::zmq_bind(socket_.raw(), wake_address().c_str()) == 0;
  }

  bool take(zmq_message& part, int flags = ZMQ_DONTWAIT) noexcept {
    while (::zmq_msg_recv(part.raw(), socket_.raw(), flags) < 0)
      if (::zmq_errno() != EINTR || flags == 0)
        return false;
    return true;
  }

  /// Blocks in ZeroMQ itself: polling first would cost two further system calls for each frame.
  bool take_within(duration patience, zmq_message& part) noexcept {
    if (const auto ms = static_cast<int>(zmq_milliseconds(patience));
        std::exchange(timeout_ms_, ms) != ms)
      socket_.set(ZMQ_RCVTIMEO, ms);
    return take(part, 0);
  }

  error refuse() noexcept {
    frame_->clear();
    return {errc::corrupt, "a message that is no frame"};
  }

  const zmq_context context_;
  zmq_handle socket_;
  const std::size_t max_body_;
  int timeout_ms_ = -1;
  std::atomic<bool> stopped_{false};
  endpoint where_;
  std::string path_;
  received_frame* frame_ = nullptr; ///< being filled; becomes a sample's owner once whole
};

class zmq_tcp final : public channel_kind {
public:
  explicit zmq_tcp(zmq_context context) : context_(std::move(context)) {}

  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    auto end = std::make_unique<zmq_receive_end>(context_, settings);
    if (auto bound = end->bind_tcp(settings.bind_address, settings.ports, settings.key); !bound)
      return std::move(bound).error();
    return std::unique_ptr<receive_end>{std::move(end)};
  }

  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    auto end = std::make_unique<zmq_send_end>(context_, settings);
    const auto where = "tcp://" + bracketed(to.address) + ":" + std::to_string(to.port);
    if (auto done = end->connect(where, settings.key); !done)
      return std::move(done).error();
    return std::unique_ptr<send_end>{std::move(end)};
  }

private:
  zmq_context context_;
};

class zmq_ipc final : public channel_kind {
public:
  explicit zmq_ipc(zmq_context context) : context_(std::move(context)) {}

  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    auto end = std::make_unique<zmq_receive_end>(context_, settings);
    const auto path = settings.socket_folder + "/" + std::to_string(::getpid()) + "-" +
                      std::to_string(next_.fetch_add(1)) + ".zmq";
    if (auto bound = end->bind_ipc(path); !bound)
      return std::move(bound).error();
    return std::unique_ptr<receive_end>{std::move(end)};
  }

  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    auto end = std::make_unique<zmq_send_end>(context_, settings);
    if (auto done = end->connect("ipc://" + to.address); !done)
      return std::move(done).error();
    return std::unique_ptr<send_end>{std::move(end)};
  }

private:
  zmq_context context_;
  std::atomic<unsigned> next_{0};
};

} // namespace

void register_zmq_channels(registrar& r) {
  const zmq_context context(::zmq_ctx_new(), [](void* c) { ::zmq_ctx_term(c); });
  // Every lane has a socket; ZeroMQ's default of 1023 is less than a plan may have lanes.
  ::zmq_ctx_set(context.get(), ZMQ_MAX_SOCKETS, ::zmq_ctx_get(context.get(), ZMQ_SOCKET_LIMIT));
  r.add_channel("zmq-tcp", std::make_unique<zmq_tcp>(context));
  r.add_channel("zmq-ipc", std::make_unique<zmq_ipc>(context));
}

} // namespace peernet
