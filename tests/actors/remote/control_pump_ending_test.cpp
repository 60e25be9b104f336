// SPDX-License-Identifier: MIT
// How a pump ends: by the local side, by the peer, by itself; what still arrives then, and how the
// stream comes back.
#include "tests/actors/remote/pump_rig.hpp"

#include <algorithm>
#include <thread>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

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

} // namespace

BOOST_AUTO_TEST_SUITE(control_pump_ending_test)

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
