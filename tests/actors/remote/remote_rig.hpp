// SPDX-License-Identifier: MIT
// Two ends of connections in one process, and machines that know each other. Whatever waits here
// has a condition, and a deadline that only a failure reaches.
#pragma once

#include "actors/remote/dial.hpp"
#include "actors/remote/frames.hpp"
#include "actors/remote/identity.hpp"
#include "actors/remote/ready.hpp"
#include "actors/remote/secure_stream.hpp"
#include "runtime/core/clock.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace peernet {

inline stamp soon() {
  return clock::machine_now() + test_deadline;
}

/// Waits for what another thread does.
template <class Condition>
void await(const char* what, Condition met) {
  for (const auto deadline = soon(); !met(); std::this_thread::yield())
    BOOST_REQUIRE_MESSAGE(clock::machine_now() < deadline, "waited in vain for " << what);
}

template <class T>
T must(result<T> r) {
  BOOST_REQUIRE_MESSAGE(r.ok(), why(r));
  return *std::move(r);
}
inline void must(const result<void>& r) {
  BOOST_REQUIRE_MESSAGE(r.ok(), why(r));
}

/// Open descriptors of this process.
inline std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

struct tcp_pair {
  int client = -1, server = -1;

  tcp_pair() {
    const int listener = must(listen_at("127.0.0.1", 0));
    client = must(dial("127.0.0.1", local_end(listener).port, soon()));
    server = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
    BOOST_REQUIRE(server >= 0);
  }
};

/// A machine and whom it knows.
struct machine {
  identity self;
  stream_security security;

  explicit machine(const std::string& name) : self(must(identity::make(name))) {
    security.self = &self;
  }
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;

  void knows(const machine& other) {
    security.welcome = [print = other.self.print()](const fingerprint& f) { return f == print; };
  }
};

inline short events_of(stream_status status) {
  return status == stream_status::wants_write ? POLLOUT : POLLIN;
}
inline bool waits(stream_status status) {
  return status == stream_status::wants_read || status == stream_status::wants_write;
}

/// Both ends of one connection.
struct stream_pair {
  secure_stream client, server;

  stream_pair(const stream_security& of_client, const stream_security& of_server)
      : stream_pair(tcp_pair{}, of_client, of_server) {}
  stream_pair(tcp_pair fds, const stream_security& of_client, const stream_security& of_server)
      : client(must(secure_stream::over(fds.client, of_client, stream_side::client))),
        server(must(secure_stream::over(fds.server, of_server, stream_side::server))) {}

  /// Carries out both handshakes; how they ended, the client's first.
  std::pair<stream_status, stream_status> shake() {
    auto c = stream_status::wants_read, s = c;
    while (waits(c) || waits(s)) {
      if (waits(c))
        c = client.handshake();
      if (waits(s))
        s = server.handshake();
      if (!waits(c) && waits(s))
        BOOST_REQUIRE(wait_until_ready(server.fd(), events_of(s), soon()));
      else if (waits(c) && !waits(s))
        BOOST_REQUIRE(wait_until_ready(client.fd(), events_of(c), soon()));
    }
    return {c, s};
  }
};

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Reads until something came, or the end did. Like all below it fits any thread: wants_* says that
/// it waited in vain.
inline stream_status read_some(secure_stream& from, std::string& to, std::size_t at_most = 65536) {
  std::string some(at_most, '\0');
  for (;;) {
    std::size_t got = 0;
    const auto status = from.read(std::as_writable_bytes(std::span(some)), got);
    to.append(some, 0, got);
    if (!waits(status) || !wait_until_ready(from.fd(), events_of(status), soon()))
      return status;
  }
}

/// Reads to the end and tells how it came.
inline std::string read_to_end(secure_stream& from, std::string& to) {
  while (read_some(from, to) == stream_status::done) {
  }
  return from.problem();
}

inline stream_status write_all(secure_stream& to, std::string_view text) {
  while (!text.empty()) {
    std::size_t sent = 0;
    const auto status = to.write(bytes_of(text), sent);
    text.remove_prefix(sent);
    if (status == stream_status::closed ||
        (waits(status) && !wait_until_ready(to.fd(), events_of(status), soon())))
      return status;
  }
  return stream_status::done;
}

/// Bytes by a raw socket.
inline void send_raw(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    BOOST_REQUIRE(n > 0);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

} // namespace peernet

namespace std {
inline ostream& operator<<(ostream& out, peernet::stream_status s) {
  constexpr const char* names[] = {"done", "wants_read", "wants_write", "closed"};
  return out << names[static_cast<unsigned>(s)];
}
inline ostream& operator<<(ostream& out, peernet::errc c) {
  return out << "errc " << static_cast<unsigned>(c);
}
} // namespace std
