// SPDX-License-Identifier: MIT
// What a control pump stands between in its tests: a framed stream to another machine, and a socket
// as CAF has it; and what the pump told of them.
#pragma once

#include "actors/remote/control_pump.hpp"
#include "tests/actors/remote/remote_rig.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace peernet {

/// What a pump tells, for other threads.
struct told {
  std::mutex mutex;
  std::vector<std::string> messages;
  std::string pieces;
  std::optional<std::string> local_end, end;

  template <class Get>
  auto get(Get what) {
    const std::lock_guard lock(mutex);
    return what();
  }
  [[nodiscard]] std::string await_end() {
    await("the pump's end", [&] { return get([&] { return end.has_value(); }); });
    return get([&] { return *end; });
  }
  void await_local_end() {
    await("the local side's end", [&] { return get([&] { return local_end.has_value(); }); });
  }
  void await_messages(std::size_t count) {
    await("messages", [&] { return get([&] { return messages.size() >= count; }); });
  }
};

enum class keeps : std::uint8_t { going, ending };

inline control_pump::settings settings(told& t, keeps when_local_ends = keeps::ending,
                                       duration patience = test_deadline) {
  control_pump::settings s{.name = "pump",
                           .on_message =
                               [&t](std::string m) {
                                 const std::lock_guard lock(t.mutex);
                                 t.messages.push_back(std::move(m));
                               },
                           .on_end =
                               [&t](const std::string& why) {
                                 const std::lock_guard lock(t.mutex);
                                 t.end = why;
                               },
                           .patience = patience};
  if (when_local_ends == keeps::going)
    s.on_local_end = [&t](const std::string& why) {
      const std::lock_guard lock(t.mutex);
      t.local_end = why;
    };
  return s;
}

/// CAF's side of a pump: a stream socket.
struct local_socket {
  int ours = -1, pumps = -1;
  local_socket() {
    int fds[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    ours = fds[0];
    pumps = fds[1];
  }
  local_socket(const local_socket&) = delete;
  local_socket& operator=(const local_socket&) = delete;
  ~local_socket() { close(); }
  void close() {
    if (ours >= 0)
      ::close(std::exchange(ours, -1));
  }
  /// Reads so many bytes, or to the end.
  std::string read(std::size_t count) const {
    std::string got;
    char some[4096];
    while (got.size() < count && wait_until_ready(ours, POLLIN, soon())) {
      const auto n = ::recv(ours, some, std::min(sizeof some, count - got.size()), 0);
      if (n <= 0)
        break;
      got.append(some, static_cast<std::size_t>(n));
    }
    return got;
  }
  [[nodiscard]] std::string read_to_end() const { return read(std::size_t(-1)); }
};

struct framed_pair {
  machine laptop{"laptop"}, robot{"robot"};
  std::optional<framed_stream> client, server;

  explicit framed_pair(bool secure = true) {
    laptop.knows(robot);
    robot.knows(laptop);
    const stream_security bare;
    stream_pair pair(secure ? laptop.security : bare, secure ? robot.security : bare);
    BOOST_REQUIRE(pair.shake().second == stream_status::done);
    client.emplace(std::move(pair.client));
    server.emplace(std::move(pair.server));
  }
};

inline std::string random_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (auto& c : text)
    c = static_cast<char>(random());
  return text;
}

} // namespace peernet
