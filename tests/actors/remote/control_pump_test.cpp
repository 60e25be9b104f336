// SPDX-License-Identifier: MIT
// What a pump carries both ways, and how much of it it holds.
#include "actors/remote/control_pump.hpp"
#include "tests/actors/remote/pump_rig.hpp"

#include <vector>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

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

BOOST_AUTO_TEST_SUITE_END()
