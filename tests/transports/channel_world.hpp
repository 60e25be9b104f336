// SPDX-License-Identifier: MIT
// What the channel contract is run in: one transport with its receiving and sending ends, frames
// whose every byte is known, bodies that tell when they were let go, and strangers who speak no
// word of the protocol. No wait here is a sleep: each blocks in the code under test or on a signal.
#pragma once

#include "runtime/core/random.hpp"
#include "runtime/plugin/channel.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"
#include "transports/wire.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <semaphore>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace peernet::contract {

inline constexpr auto deadline = test_deadline;
/// How long one look at a channel may last before the deadline is looked at again.
inline constexpr std::chrono::milliseconds glance{20};

/// How senders reach a receiving end.
enum class reach {
  address, ///< an IP address and a port
  path,    ///< a socket in the file system
  name,    ///< something that only PeerNet itself can reach
};

/// The transport as the receiving and the sending node have it: two objects, so that one node can
/// end before the other. Each pointer keeps alive what its side needs.
struct transport {
  std::shared_ptr<channel_kind> receiving;
  std::shared_ptr<channel_kind> sending;
};

/// A transport and what it promises beyond the interface.
struct subject {
  std::string name;
  std::function<transport()> open;
  reach reached_by = reach::address;
  bool reliable = true; ///< between two living ends every frame arrives, in order, and a full
                        ///< channel holds the sender back
  std::size_t largest_body = 20u << 20; ///< that the contract tries
  /// Frames of each of several senders that may be under way before anybody reads: an unreliable
  /// channel keeps no more than the kernel's buffers hold.
  std::size_t each_of_many = 200;
  std::string key = {}; ///< channel_settings::key
  /// The receiver reads the very bytes of the sender, and holds them until it has.
  bool lends_bodies = false;
  /// Of the sockets by which strangers come; 0: SOCK_STREAM if reliable, else SOCK_DGRAM.
  int socket_type = 0;
};

/// Bytes that depend on the frame's number, so that no frame can stand for another.
inline payload body_of(std::size_t size, std::uint64_t number) {
  auto b = buffer::acquire(size);
  random_source(number + 1).fill(b.bytes());
  return {format{}, std::move(b)};
}

inline constexpr std::uint64_t contract_run = 0x1234'5678'9abc'def0;

inline wire_header header_of(std::uint64_t number, std::size_t size) {
  wire_header h;
  h.run = contract_run;
  h.sequence = number;
  h.length = static_cast<std::uint32_t>(size);
  return h;
}

[[nodiscard]] inline bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Is this frame `number`, with every byte of the body it was sent with?
[[nodiscard]] inline bool is_frame(const incoming_frame& f, std::uint64_t number,
                                   std::size_t size) {
  return same(f.header, wire_bytes(header_of(number, size))) &&
         same(f.body, body_of(size, number).bytes());
}

/// Memory that turns into rubbish and tells when its last reference is gone.
class watched_memory final : public storage {
public:
  static payload make(std::size_t size, std::uint64_t number,
                      std::shared_ptr<std::binary_semaphore> let_go) {
    auto* self = new watched_memory(size, std::move(let_go));
    random_source(number + 1).fill(self->bytes_);
    return {format{}, self->bytes_, storage_ref::adopt(self)};
  }

private:
  watched_memory(std::size_t size, std::shared_ptr<std::binary_semaphore> let_go)
      : bytes_(size), let_go_(std::move(let_go)) {}

  void dispose() noexcept override {
    std::memset(bytes_.data(), 0xdd, bytes_.size());
    const auto tell = let_go_;
    delete this;
    tell->release();
  }

  std::vector<std::byte> bytes_;
  const std::shared_ptr<std::binary_semaphore> let_go_;
};

/// Waits until `sender` is connected; false past the deadline.
[[nodiscard]] inline bool wait_connected(send_end& sender) {
  const auto until = clock::machine_now() + deadline;
  while (!sender.connected()) {
    if (clock::machine_now() > until)
      return false;
    (void)sender.wait_writable(glance);
  }
  return true;
}

/// The same for channels that make their connections in `receive`; no frame may be under way.
[[nodiscard]] inline bool wait_connected(send_end& sender, receive_end& receiver) {
  const auto until = clock::machine_now() + deadline;
  while (!sender.connected()) {
    const auto r = receiver.receive({}, std::chrono::milliseconds{1});
    BOOST_REQUIRE_MESSAGE((!r.ok() || !r->has_value()), "a frame came before its time");
    if (clock::machine_now() > until)
      return false;
  }
  return true;
}

/// Waits for what the end has to tell of a connection that broke.
[[nodiscard]] inline std::string wait_outage(send_end& sender) {
  const auto until = clock::machine_now() + deadline;
  while (clock::machine_now() < until) {
    if (auto why = sender.outage())
      return *why;
    (void)sender.wait_writable(std::chrono::milliseconds{1});
  }
  return "nothing";
}

/// A sending end that nobody has heard yet is not connected, and has no room.
inline void takes_nothing_unheard(send_end& sender) {
  const auto body = body_of(10, 0);
  const auto h = header_of(0, body.size());
  BOOST_TEST(!sender.connected());
  BOOST_TEST(
      (sender.try_send({.header = wire_bytes(h), .body = &body}) == send_status::would_block));
  BOOST_TEST(!sender.wait_writable(glance));
}

/// Sends, waiting for room as long as it takes; false past the deadline or when closed.
[[nodiscard]] inline bool send_body(send_end& sender, std::uint64_t number, const payload& body) {
  const auto h = header_of(number, body.size());
  const auto until = clock::machine_now() + deadline;
  for (;;) {
    const auto status = sender.try_send({.header = wire_bytes(h), .body = &body});
    if (status != send_status::would_block || clock::machine_now() > until)
      return status == send_status::sent;
    (void)sender.wait_writable(glance);
  }
}

[[nodiscard]] inline bool send_frame(send_end& sender, std::uint64_t number, std::size_t size) {
  return send_body(sender, number, body_of(size, number));
}

/// Sends if there is room within a moment.
[[nodiscard]] inline bool send_at_once(send_end& sender, std::uint64_t number,
                                       const payload& body) {
  const auto h = header_of(number, body.size());
  for (;;) {
    const auto status = sender.try_send({.header = wire_bytes(h), .body = &body});
    if (status == send_status::sent)
      return true;
    if (status == send_status::closed || !sender.wait_writable(glance * 5))
      return false;
  }
}

/// Fills the channel until it really takes no more, at most `most` frames; how many it took.
[[nodiscard]] inline std::size_t fill(send_end& sender, const payload& body, std::size_t most) {
  std::size_t taken = 0;
  while (taken < most && send_at_once(sender, taken, body))
    ++taken;
  return taken;
}

/// Waits for the next answer that is more than "nothing yet".
[[nodiscard]] inline result<std::optional<incoming_frame>> next_answer(receive_end& receiver,
                                                                       const clock& by = {}) {
  const auto until = clock::machine_now() + deadline;
  for (;;) {
    auto r = receiver.receive(by, glance);
    if (!r.ok() || r->has_value() || clock::machine_now() > until)
      return r;
  }
}

/// Waits for the next frame that passes the checks of the wire format, over whatever a stranger
/// sent; fails the test past the deadline.
[[nodiscard]] inline incoming_frame next_frame(receive_end& receiver, const clock& by = {}) {
  for (;;) {
    auto r = next_answer(receiver, by);
    if (!r.ok() && (r.error().code == errc::corrupt || r.error().code == errc::refused))
      continue;
    BOOST_REQUIRE_MESSAGE(r.ok(), why(r));
    BOOST_REQUIRE_MESSAGE(r->has_value(), "no frame came within the deadline");
    auto& frame = **r;
    if (read_header(frame.header, frame.body.size(), SIZE_MAX, contract_run).ok())
      return std::move(frame);
  }
}

/// Runs `work` beside the test; its answer is had with `get`. Boost.Test must not be used in it.
template <class Work>
[[nodiscard]] auto beside(Work work) {
  return std::async(std::launch::async, std::move(work));
}

/// Waits until thread `id` of this process sleeps in the kernel, as far as one can tell from
/// outside.
[[nodiscard]] inline bool wait_asleep(pid_t id) {
  const auto file = "/proc/self/task/" + std::to_string(id) + "/stat";
  const auto until = clock::machine_now() + deadline;
  while (clock::machine_now() < until) {
    std::ifstream in(file);
    const std::string line{std::istreambuf_iterator<char>(in), {}};
    const auto name_end = line.rfind(") ");
    if (name_end == std::string::npos)
      return false; // it has ended
    if (line.compare(name_end + 2, 1, "S") == 0)
      return true;
    std::this_thread::yield();
  }
  return false;
}

/// A connection to a receiving end by somebody who is no PeerNet.
class stranger {
public:
  /// `type`: SOCK_STREAM, SOCK_DGRAM…
  stranger(const endpoint& to, int type) {
    if (to.address.starts_with('/')) {
      sockaddr_un a{};
      a.sun_family = AF_UNIX;
      std::strncpy(a.sun_path, to.address.c_str(), sizeof a.sun_path - 1);
      dial(AF_UNIX, type, a);
    } else {
      sockaddr_in a{};
      a.sin_family = AF_INET;
      a.sin_port = htons(to.port);
      ::inet_pton(AF_INET, to.address.c_str(), &a.sin_addr);
      dial(AF_INET, type, a);
    }
  }
  ~stranger() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  [[nodiscard]] bool connected() const { return fd_ >= 0; }
  /// Waits until the other side hangs up, whatever it says before; false if it does not.
  [[nodiscard]] bool is_hung_up_on() const {
    const timeval most{.tv_sec = deadline.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    char bytes[256];
    ssize_t n = 0;
    while ((n = ::recv(fd_, bytes, sizeof bytes, 0)) > 0) {
    }
    return n == 0 || errno == ECONNRESET;
  }
  /// Says as much of it as the other side takes; being hung up on is fine.
  void say(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }

private:
  template <class Address>
  void dial(int family, int type, const Address& a) {
    fd_ = ::socket(family, type | SOCK_CLOEXEC, 0);
    const timeval most{.tv_sec = 5, .tv_usec = 0}; // to say something; nobody need listen
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
      ::close(std::exchange(fd_, -1));
  }

  int fd_ = -1;
};

/// One receiving end of the transport and its senders.
class world {
public:
  explicit world(const subject& s) : about(s), kind(s.open()) {
    settings.socket_folder = folder.path().string();
    settings.name = "contract";
    settings.run = contract_run;
    settings.key = s.key;
  }

  void bind() {
    auto bound = kind.receiving->bind(settings);
    BOOST_REQUIRE_MESSAGE(bound.ok(), why(bound));
    receiver = *std::move(bound);
  }

  /// A sending end; the connection may not stand yet.
  [[nodiscard]] std::unique_ptr<send_end> open_sender() {
    auto made = kind.sending->connect(settings, receiver->where());
    BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
    return *std::move(made);
  }
  /// A sending end whose connection stands. The receiving end must have nothing waiting: one that
  /// answers within `receive` alone is made to.
  [[nodiscard]] std::unique_ptr<send_end> connect() {
    auto sender = open_sender();
    BOOST_REQUIRE_MESSAGE(wait_connected(*sender, *receiver), "no connection within the deadline");
    return sender;
  }

  const subject& about;
  temp_folder folder;
  transport kind;
  channel_settings settings;
  std::unique_ptr<receive_end> receiver;
};

} // namespace peernet::contract
