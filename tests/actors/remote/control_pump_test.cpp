// SPDX-License-Identifier: MIT
#include "actors/remote/control_pump.hpp"
#include "tests/actors/remote/remote_rig.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <vector>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

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

control_pump::settings settings(told& t, keeps when_local_ends = keeps::ending,
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

std::string random_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (auto& c : text)
    c = static_cast<char>(random());
  return text;
}

/// Sends until the socket takes nothing for a while; how much it took. What takes it is bounded, so
/// that it comes to an end however fast the machine is.
std::size_t fill(int fd, std::size_t give_up) {
  const std::string some(64 << 10, 'x');
  std::size_t taken = 0;
  while (taken < give_up && wait_until_ready(fd, POLLOUT, clock::machine_now() + 300ms))
    if (const auto n = ::send(fd, some.data(), some.size(), MSG_NOSIGNAL | MSG_DONTWAIT); n > 0)
      taken += static_cast<std::size_t>(n);
  return taken;
}

} // namespace

BOOST_AUTO_TEST_SUITE(control_pump_test)

BOOST_AUTO_TEST_CASE(bytes_go_both_ways_through_two_pumps_with_messages_in_between) {
  for (const bool secure : {true, false}) {
    framed_pair pair(secure);
    told at_laptop, at_robot;
    const local_socket caf, worker;
    control_pump laptop(std::move(*pair.client), caf.pumps, settings(at_laptop));
    control_pump robot(std::move(*pair.server), worker.pumps, settings(at_robot));
    const auto up = random_text(3'000'001, 1), down = random_text(2'000'003, 2);
    std::string got_up, got_down;
    std::vector<std::thread> threads;
    threads.emplace_back([&] { got_up = worker.read(up.size()); });
    threads.emplace_back([&] { got_down = caf.read(down.size()); });
    threads.emplace_back([&] { ::send(worker.ours, down.data(), down.size(), MSG_NOSIGNAL); });
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        robot.say("from the robot " + std::to_string(i));
        std::this_thread::yield();
      }
    });
    std::string_view left = up;
    for (int i = 0; !left.empty(); ++i) {
      const auto part = left.substr(0, 60'000);
      send_raw(caf.ours, part);
      left.remove_prefix(part.size());
      if (i < 50)
        laptop.say("from the laptop " + std::to_string(i));
    }
    for (auto& t : threads)
      t.join();
    BOOST_TEST((got_up == up));
    BOOST_TEST((got_down == down));
    BOOST_TEST(laptop.dropped() + robot.dropped() == 0U);
    at_laptop.await_messages(50);
    at_robot.await_messages(50);
    for (std::size_t i = 0; i < 50; ++i) {
      BOOST_TEST(at_laptop.messages[i] == "from the robot " + std::to_string(i));
      BOOST_TEST(at_robot.messages[i] == "from the laptop " + std::to_string(i));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_worker_that_ends_has_its_last_bytes_and_a_last_message_sent) {
  framed_pair pair;
  told at_laptop, at_robot;
  const local_socket caf;
  local_socket worker;
  control_pump laptop(std::move(*pair.client), caf.pumps, settings(at_laptop));
  control_pump robot(std::move(*pair.server), worker.pumps, settings(at_robot, keeps::going));
  const auto last_bytes = random_text(150'000, 3);
  std::thread writer([&] {
    ::send(worker.ours, last_bytes.data(), last_bytes.size(), MSG_NOSIGNAL);
    worker.close();
  });
  at_robot.await_local_end();
  writer.join();
  robot.say("ended: killed by signal 9");
  robot.finish(soon());
  BOOST_TEST((caf.read_to_end() == last_bytes)); // and then closed: CAF sees the end
  BOOST_TEST(at_laptop.await_end() == "the peer closed the connection");
  BOOST_TEST(at_robot.await_end() == "finished here");
  BOOST_REQUIRE(at_laptop.messages.size() == 1);
  BOOST_TEST(at_laptop.messages[0] == "ended: killed by signal 9");
}

BOOST_AUTO_TEST_CASE(a_last_message_arrives_although_the_peer_is_still_sending) {
  for (int i = 0; i < 20; ++i) {
    framed_pair pair;
    told at_laptop, at_robot;
    local_socket caf, worker;
    control_pump laptop(std::move(*pair.client), caf.pumps, settings(at_laptop));
    control_pump robot(std::move(*pair.server), worker.pumps, settings(at_robot, keeps::going));
    std::thread sender([&] {
      const std::string some(10'000, 'x');
      while (::send(caf.ours, some.data(), some.size(), MSG_NOSIGNAL) > 0) {
      }
    });
    BOOST_TEST(worker.read(20'000).size() == 20'000);
    worker.close();
    at_robot.await_local_end();
    robot.say("ended");
    robot.finish(soon());
    at_laptop.await_messages(1);
    (void)at_laptop.await_end();
    sender.join();
    BOOST_TEST(at_robot.await_end() == "finished here");
  }
}

BOOST_AUTO_TEST_CASE(without_anybody_to_tell_the_local_end_finishes_the_connection) {
  framed_pair pair;
  told at_laptop;
  local_socket caf;
  control_pump laptop(std::move(*pair.client), caf.pumps, settings(at_laptop));
  send_raw(caf.ours, "last");
  caf.close();
  const auto frame = must(pair.server->receive(soon()));
  BOOST_TEST((frame.type == frame_type::control && frame.body == "last"));
  BOOST_TEST(pair.server->receive(soon()).error().message == "the peer closed the connection");
  pair.server.reset();
  BOOST_TEST(at_laptop.await_end() == "the local side ended");
}

BOOST_AUTO_TEST_CASE(the_peers_end_is_told_with_its_reason_and_what_it_sent_is_handed_on) {
  for (const bool orderly : {true, false}) {
    framed_pair pair;
    told at_robot;
    const local_socket worker;
    control_pump robot(std::move(*pair.server), worker.pumps, settings(at_robot, keeps::going));
    must(pair.client->send(frame_type::control, "stop", soon()));
    if (orderly)
      pair.client->stream().say_goodbye();
    pair.client.reset();
    BOOST_TEST(worker.read_to_end() == "stop");
    const auto end = at_robot.await_end();
    BOOST_TEST((end == "the peer closed the connection") == orderly, end);
    BOOST_TEST(!at_robot.local_end);
    robot.say("nobody hears it");
    robot.finish(soon());
  }
}

BOOST_AUTO_TEST_CASE(hostile_frames_end_it) {
  const struct {
    std::string bytes;
    const char* reason;
  } hostile[] = {{std::string("\x02\0\0\0\x01\0\0\0x", 9), "nobody asked for"},
                 {std::string("\x01\0\0\0\xff\xff\xff\xff", 8), "announced"},
                 {std::string("\x09\0\0\0\0\0\0\0", 8), "no frame"},
                 {random_text(1000, 4), "no frame"}};
  for (const auto& h : hostile) {
    framed_pair pair;
    told at_robot;
    const local_socket worker;
    control_pump robot(std::move(*pair.server), worker.pumps, settings(at_robot));
    BOOST_REQUIRE(write_all(pair.client->stream(), h.bytes) == stream_status::done);
    const auto end = at_robot.await_end();
    BOOST_TEST(end.find(h.reason) != std::string::npos, end);
    BOOST_TEST(worker.read_to_end().empty());
  }
}

BOOST_AUTO_TEST_CASE(pieces_of_files_go_to_who_asked_for_them) {
  framed_pair pair;
  told t;
  const local_socket caf;
  auto s = settings(t);
  s.on_piece = [&](std::span<const std::byte> piece) {
    const std::lock_guard lock(t.mutex);
    t.pieces.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  };
  control_pump pump(std::move(*pair.client), caf.pumps, std::move(s));
  must(pair.server->send(frame_type::file, "one ", soon()));
  must(pair.server->send(frame_type::file, "two", soon()));
  must(pair.server->send(frame_type::message, "done", soon()));
  t.await_messages(1);
  BOOST_TEST(t.get([&] { return t.pieces; }) == "one two");
}

BOOST_AUTO_TEST_CASE(what_one_side_does_not_take_is_not_read_from_the_other) {
  framed_pair pair(false);
  told t;
  const local_socket worker;
  constexpr int small = 16 << 10; // of each socket's buffers
  for (const int fd :
       {pair.client->stream().fd(), pair.server->stream().fd(), worker.ours, worker.pumps})
    for (const int which : {SO_SNDBUF, SO_RCVBUF})
      ::setsockopt(fd, SOL_SOCKET, which, &small, sizeof small);
  control_pump pump(std::move(*pair.server), worker.pumps, settings(t));
  constexpr std::size_t bound = 2 << 20;        // the pump's and the sockets' own, by far
  const auto up = fill(worker.ours, 2 * bound); // nobody reads at the peer's side
  BOOST_TEST(up > control_pump::most_held / 2);
  BOOST_TEST(up < bound);

  std::size_t down = 0; // and nobody at the local side
  while (
      down < 2 * bound &&
      pair.client->send(frame_type::control, std::string(60'000, 'x'), clock::machine_now() + 300ms)
          .ok())
    down += 60'000;
  BOOST_TEST(down > control_pump::most_held / 2);
  BOOST_TEST(down < bound);

  // Then all of it arrives.
  std::thread reader([&] { worker.read(down); });
  std::size_t got = 0;
  while (got < up) {
    const auto frame = must(pair.client->receive(soon()));
    got += frame.body.size();
  }
  reader.join();
  BOOST_TEST(got == up);
}

BOOST_AUTO_TEST_CASE(messages_that_nobody_takes_are_bounded_and_counted) {
  framed_pair pair(false);
  told t;
  const local_socket worker;
  control_pump pump(std::move(*pair.server), worker.pumps, settings(t));
  pump.say(std::string(most_message + 1, 'x'));
  BOOST_TEST(pump.dropped() == 1U);
  const std::string large(most_message, 'x');
  std::uint64_t said = 0;
  for (; pump.dropped() == 1; ++said) {
    pump.say(large);
    BOOST_REQUIRE(said < 1000);
  }
  BOOST_TEST(said > control_pump::most_said);
  for (std::uint64_t i = 1; i < said; ++i) // the last was dropped
    BOOST_REQUIRE(must(pair.client->receive(soon())).body == large);
}

/// Sends more than the pump and the worker's socket hold, less than fills the connection: behind
/// bytes that found no room, its end could not come.
struct stuck_worker {
  framed_pair pair{false};
  local_socket worker; // stopped, as by SIGSTOP
  told t;
  std::optional<control_pump> pump;
  static constexpr int frames = 6, size = 60'000;

  explicit stuck_worker(duration patience) {
    constexpr int small = 16 << 10, large = 200 << 10;
    for (const int fd : {worker.ours, worker.pumps})
      for (const int which : {SO_SNDBUF, SO_RCVBUF})
        ::setsockopt(fd, SOL_SOCKET, which, &small, sizeof small);
    ::setsockopt(pair.server->stream().fd(), SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    pump.emplace(std::move(*pair.server), worker.pumps, settings(t, keeps::going, patience));
    for (int i = 0; i < frames; ++i)
      must(pair.client->send(frame_type::control, std::string(size, 'x'), soon()));
  }
};

BOOST_AUTO_TEST_CASE(a_peer_that_is_gone_is_noticed_although_the_worker_takes_nothing) {
  stuck_worker w(20ms);
  w.pair.client.reset();
  const auto end = w.t.await_end();
  BOOST_TEST(end.find("was not taken here") != std::string::npos, end);
}

BOOST_AUTO_TEST_CASE(a_last_message_is_read_although_the_peer_takes_nothing_any_more) {
  stuck_worker w(test_deadline);
  must(w.pair.client->send(frame_type::message, "last", soon()));
  w.pump->say("unread: closing resets the connection");
  BOOST_REQUIRE(wait_until_ready(w.pair.client->stream().fd(), POLLIN, soon()));
  w.pair.client.reset();
  w.pump->say("in vain");
  BOOST_TEST(w.worker.read_to_end().size() == 1U * w.frames * w.size);
  (void)w.t.await_end();
  BOOST_REQUIRE(w.t.messages.size() == 1);
  BOOST_TEST(w.t.messages[0] == "last");
}

BOOST_AUTO_TEST_CASE(finishing_ends_at_its_deadline_though_the_peer_takes_nothing) {
  framed_pair pair(false);
  told t;
  const local_socket worker;
  control_pump pump(std::move(*pair.server), worker.pumps, settings(t));
  for (int i = 0; i < 60; ++i)
    pump.say(std::string(most_message, 'x'));
  pump.finish(clock::machine_now() + 20ms);
  const auto end = t.await_end();
  BOOST_TEST(end.find("did not leave in time") != std::string::npos, end);
  BOOST_TEST(worker.read_to_end().empty());
}

BOOST_AUTO_TEST_CASE(the_stream_comes_back_when_the_worker_has_ended) {
  framed_pair pair;
  told t;
  local_socket worker;
  control_pump pump(std::move(*pair.server), worker.pumps, settings(t, keeps::going));
  send_raw(worker.ours, "last bytes");
  pump.say("last message");
  worker.close();
  auto back = pump.take_back(soon());
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(!t.end);
  BOOST_TEST(!pump.take_back(soon()));
  must(back->send(frame_type::file, "a file", soon()));
  std::vector<std::string> got;
  for (int i = 0; i < 3; ++i)
    got.push_back(must(pair.client->receive(soon())).body);
  BOOST_TEST(got[2] == "a file");
  std::sort(got.begin(), got.end());
  BOOST_TEST(got[0] == "a file");
  BOOST_TEST(got[1] == "last bytes");
  BOOST_TEST(got[2] == "last message");
}

BOOST_AUTO_TEST_CASE(the_stream_does_not_come_back_when_the_peer_has_ended) {
  framed_pair pair;
  told t;
  const local_socket worker;
  control_pump pump(std::move(*pair.server), worker.pumps, settings(t, keeps::going));
  pair.client.reset();
  BOOST_TEST(!pump.take_back(soon()));
  BOOST_TEST(t.await_end().find("closed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_deadline_left_comes_back_unsent) {
  framed_pair pair(false);
  told t;
  local_socket worker;
  control_pump pump(std::move(*pair.server), worker.pumps, settings(t, keeps::going));
  for (int i = 0; i < 20; ++i)
    pump.say(std::string(most_message, static_cast<char>('a' + i)));
  worker.close();
  auto back = pump.take_back(clock::machine_now() + 20ms);
  BOOST_REQUIRE(back.has_value());
  std::thread sender([&] { (void)back->send(frame_type::file, "the end", soon()); });
  char expected = 'a'; // whole frames, in order, then the end
  for (;; ++expected) {
    const auto frame = must(pair.client->receive(soon()));
    if (frame.type == frame_type::file)
      break;
    BOOST_REQUIRE(frame.body == std::string(most_message, expected));
  }
  sender.join();
  BOOST_TEST(expected > 'a');
}

BOOST_AUTO_TEST_CASE(all_descriptors_are_closed_whenever_it_is_stopped) {
  const auto before = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    framed_pair pair(i % 2 == 0);
    told t;
    const local_socket worker;
    control_pump pump(std::move(*pair.server), worker.pumps, settings(t));
    pump.say("x");
    if (i % 3 == 0)
      pump.finish(soon());
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()
