// SPDX-License-Identifier: MIT
// An example of a transport that PeerNet does not bring: a frame is a packet of a unix socket,
// which keeps order and borders and loses nothing. All of the plugin is here and in
// peernet-seqpacket.toml beside it. It knows no key: no packet leaves the machine, and the run's
// socket folder is this user's alone.
#include "runtime/plugin/registrar.hpp"
#include "transports/descriptor.hpp"
#include "transports/wire.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace peernet {

namespace {

constexpr std::size_t most_senders = 1024; ///< copies of a stage, with room to spare
constexpr int kernels_own = 32;            ///< bytes of a socket's buffer that a packet cannot have

error system_error(const std::string& path) {
  return {errc::io, path + ": " + std::strerror(errno)};
}

result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un a{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof a.sun_path)
    return error{errc::io, path + ": longer than a socket's path may be; set TMPDIR to a shorter "
                                  "folder"};
  path.copy(a.sun_path, path.size());
  return a;
}

descriptor open_socket() {
  return descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

timespec as_timespec(duration d) {
  const auto s = std::chrono::floor<std::chrono::seconds>(d);
  return {.tv_sec = s.count(), .tv_nsec = (d - s).count()};
}

class sender final : public send_end {
public:
  sender(descriptor socket, const channel_settings& settings, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)), wanted_(wanted(settings)) {
    const auto bytes = static_cast<int>(wanted_);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    int granted = 0;
    socklen_t size = sizeof granted;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &granted, &size);
    granted_ = static_cast<std::size_t>(granted); // what is asked for, twice
    most_ = granted_ - kernels_own;
  }

  send_status try_send(const outgoing_frame& frame) override {
    const auto body = frame.body->bytes();
    std::array<iovec, 2> parts{
        iovec{const_cast<std::byte*>(frame.header.data()), frame.header.size()},
        iovec{const_cast<std::byte*>(body.data()), body.size()}};
    msghdr packet{};
    packet.msg_iov = parts.data();
    packet.msg_iovlen = parts.size();
    if (::sendmsg(socket_.get(), &packet, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      bytes_.fetch_add(frame.header.size() + body.size(), std::memory_order_relaxed);
      return send_status::sent;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
      return send_status::would_block;
    if (errno == EMSGSIZE)
      return send_status::too_large;
    if (socket_) {
      outage_ = system_error(path_).message;
      socket_.reset(); // it does not connect again: whoever listened there is gone
    }
    return send_status::closed;
  }

  bool wait_writable(duration patience) override {
    pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
    const auto wait = as_timespec(patience);
    return ::ppoll(&room, 1, &wait, nullptr) > 0; // a broken one, too: `try_send` finds out
  }

  /// What the kernel took has left the process.
  void close(duration) noexcept override { socket_.reset(); }

  bool connected() override { return static_cast<bool>(socket_); }

  std::string limit() const override {
    return "a packet of at most " + std::to_string(most_) +
           " bytes; raise `buffer`, and if it is not granted the kernel's net.core.wmem_max";
  }

  std::optional<std::string> outage() override { return std::exchange(outage_, std::nullopt); }

  channel_report report() const override {
    channel_report r{.bytes = bytes_.load(std::memory_order_relaxed), .counts = {}, .trouble = {}};
    if (granted_ / 2 < wanted_)
      r.trouble = "the kernel grants " + std::to_string(granted_ / 2) + " of the " +
                  std::to_string(wanted_) +
                  " bytes of `buffer`; raise net.core.wmem_max with sysctl";
    return r;
  }

private:
  static std::size_t wanted(const channel_settings& settings) {
    return static_cast<std::size_t>(settings.own.get_or("buffer", std::int64_t{200'000}));
  }

  descriptor socket_;
  const std::string path_;
  const std::size_t wanted_; ///< bytes
  std::size_t granted_ = 0, most_ = 0;
  std::optional<std::string> outage_;
  std::atomic<std::uint64_t> bytes_{0};
};

class receiver final : public receive_end {
public:
  receiver(descriptor listener, std::string path, const channel_settings& settings)
      : listener_(std::move(listener)),
        path_(std::move(path)),
        most_(sizeof(wire_header) + settings.max_frame) {
    senders_.reserve(most_senders);
    polled_.reserve(first_sender + most_senders);
  }
  ~receiver() override { ::unlink(path_.c_str()); }

  endpoint where() const override { return {.node = 0, .network = {}, .address = path_}; }

  result<std::optional<incoming_frame>> receive(const clock& clock, duration patience) override {
    const auto until = clock::machine_now() + patience;
    for (;;) {
      if (stopped_)
        return error{errc::closed, path_ + " was closed"};
      // Each has its turn: the search goes on behind the sender that was heard last.
      for (std::size_t looked = 0; looked < senders_.size(); ++looked) {
        turn_ = (turn_ + 1) % senders_.size();
        auto answer = take(turn_, clock);
        if (!answer.ok() || answer->has_value())
          return answer;
      }
      if (!wait(until) && !stopped_)
        return std::optional<incoming_frame>{};
    }
  }

  void stop() noexcept override {
    stopped_ = true;
    bell_.ring();
  }

  channel_report report() const override {
    return {.bytes = bytes_.load(std::memory_order_relaxed),
            .counts = {{"refused", refused_.load(std::memory_order_relaxed)}},
            .trouble = {}};
  }

private:
  static constexpr std::size_t first_sender = 2; ///< in `polled_`, behind bell and listener

  /// A packet of this sender, if one is there; forgets a sender that is gone.
  result<std::optional<incoming_frame>> take(std::size_t number, const clock& clock) {
    const auto fd = senders_[number].get();
    const auto size = ::recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
      return std::optional<incoming_frame>{};
    if (size <= 0) {
      senders_.erase(senders_.begin() + static_cast<std::ptrdiff_t>(number));
      return std::optional<incoming_frame>{};
    }
    const auto bytes = static_cast<std::size_t>(size);
    if (bytes < sizeof(wire_header) || bytes > most_) {
      ::recv(fd, nullptr, 0, MSG_DONTWAIT); // thrown away, before memory is taken
      return error{errc::corrupt, path_ + ": a packet of " + std::to_string(bytes) + " bytes"};
    }
    auto memory = buffer::acquire(bytes);
    const auto read = ::recv(fd, memory.data(), bytes, MSG_DONTWAIT);
    const auto now = clock.now();
    if (read != size)
      return error{errc::corrupt, path_ + ": a packet that came in part"};
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    const std::span<const std::byte> all = memory.bytes();
    return std::optional(incoming_frame{.header = all.first(sizeof(wire_header)),
                                        .body = all.subspan(sizeof(wire_header)),
                                        .owner = memory.release(),
                                        .received = now,
                                        .in_kernel = {}});
  }

  /// Waits for packets, senders or a stop; false once the time is over.
  bool wait(stamp until) {
    polled_.assign({{.fd = bell_.fd(), .events = POLLIN, .revents = 0},
                    {.fd = listener_.get(), .events = POLLIN, .revents = 0}});
    for (const auto& s : senders_)
      polled_.push_back({.fd = s.get(), .events = POLLIN, .revents = 0});
    const auto left = as_timespec(std::max(duration{0}, until - clock::machine_now()));
    const auto ready = ::ppoll(polled_.data(), polled_.size(), &left, nullptr);
    if (ready > 0 && polled_[1].revents != 0)
      admit();
    return ready > 0 || clock::machine_now() < until;
  }

  void admit() {
    descriptor next(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (next && senders_.size() < most_senders)
      senders_.push_back(std::move(next));
    else if (next)
      refused_.fetch_add(1, std::memory_order_relaxed);
  }

  const descriptor listener_;
  const std::string path_;
  const std::size_t most_; ///< bytes of a packet
  const doorbell bell_;
  std::atomic<bool> stopped_{false};
  std::vector<descriptor> senders_;
  std::vector<pollfd> polled_;
  std::size_t turn_ = 0;
  std::atomic<std::uint64_t> bytes_{0}, refused_{0};
};

class seqpacket final : public channel_kind {
public:
  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    static std::atomic<unsigned> next{0}; // several ends of one process share the folder
    auto path = settings.socket_folder + "/" + std::to_string(::getpid()) + "-" +
                std::to_string(next++) + ".seqpacket";
    const auto address = address_of(path);
    if (!address)
      return address.error();
    auto socket = open_socket();
    ::unlink(path.c_str()); // of a process of the same number that died
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0)
      return system_error(path);
    return std::unique_ptr<receive_end>(
        std::make_unique<receiver>(std::move(socket), std::move(path), settings));
  }

  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    const auto address = address_of(to.address);
    if (!address)
      return address.error();
    auto socket = open_socket();
    // It stands at once, whether or not somebody has taken it in at the other end yet.
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
      return system_error(to.address);
    return std::unique_ptr<send_end>(
        std::make_unique<sender>(std::move(socket), settings, to.address));
  }
};

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  into.add_channel("seqpacket", std::make_unique<peernet::seqpacket>());
}
