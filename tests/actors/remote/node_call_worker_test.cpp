// SPDX-License-Identifier: MIT
#include "tests/actors/remote/call_fixture.hpp"

#include <algorithm>

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(node_call_worker_test, call_fixture)

BOOST_AUTO_TEST_CASE(the_worker_s_conversation_flows_both_ways_until_it_ends) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    const auto asked = needed(s.receive(soon()));
    if (asked.type != frame_type::control)
      throw std::runtime_error("no control frame came");
    needed(s.send(frame_type::control, asked.body + " yourself", soon()));
    (void)needed(s.receive(soon())); // it was read
    say(s, worker_ended{"exit code 0"});
    say(s, file_follows{"recorder/a.txt", "", 11});
    needed(s.send(frame_type::file, "some ", soon()));
    needed(s.send(frame_type::file, "output", soon()));
    say(s, file_follows{"recorder/empty", "", 0});
    s.stream().say_goodbye();
  });
  std::unique_ptr<node_call> c;
  const int fd = start(c, peer);
  BOOST_TEST(c->folder() == "a folder there");
  BOOST_TEST(!c->wait_end(clock::machine_now()).has_value());
  send_raw(fd, "hello");
  std::string answer;
  while (answer.size() < 14) {
    char some[64];
    BOOST_REQUIRE(wait_until_ready(fd, POLLIN, soon()));
    const auto n = ::recv(fd, some, sizeof some, 0);
    BOOST_REQUIRE(n > 0);
    answer.append(some, static_cast<std::size_t>(n));
  }
  BOOST_TEST(answer == "hello yourself");
  send_raw(fd, "!");
  BOOST_TEST(read_fd_to_end(fd).empty());
  BOOST_TEST(c->wait_end(soon()).value_or("") == "exit code 0");
  BOOST_TEST(c->wait_files(test_deadline));
  BOOST_TEST(c->problems().empty());
  BOOST_TEST(read(outputs / "recorder/a.txt") == "some output");
  BOOST_TEST(fs::file_size(outputs / "recorder/empty") == 0u);
  BOOST_TEST(c->wait_end(clock::machine_now()).value_or("") == "exit code 0"); // and stays said
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_broken_connection_is_an_end_with_a_reason) {
  auto peer = node([](framed_stream& s) { start_a_worker(s); });
  std::unique_ptr<node_call> c;
  const int fd = start(c, peer);
  BOOST_TEST(read_fd_to_end(fd).empty());
  const auto end = c->wait_end(soon());
  BOOST_REQUIRE(end.has_value());
  BOOST_TEST(end->starts_with("the connection ended: "), *end);
  BOOST_TEST(!c->wait_files(test_deadline));
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(who_sends_nothing_more_is_not_waited_for) {
  std::promise<void> over;
  auto peer = node([&](framed_stream& s) {
    start_a_worker(s);
    say(s, worker_ended{"exit code 0"});
    over.get_future().wait();
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(c->wait_end(soon()).has_value());
  BOOST_TEST(!c->wait_files(5ms));
  over.set_value();
}

BOOST_AUTO_TEST_CASE(the_end_is_heard_although_nobody_here_listens_to_the_worker_any_more) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    for (int i = 0; i < 100; ++i) // more than is held on the way
      needed(s.send(frame_type::control, std::string(most_piece, 'x'), soon()));
    say(s, worker_ended{"killed by signal 9 (Killed)"});
    s.stream().say_goodbye();
    hear_end(s);
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(c->wait_end(soon()).value_or("") == "killed by signal 9 (Killed)");
  c.reset();
  peer.finish();
}

BOOST_AUTO_TEST_CASE(outputs_that_are_not_kept_are_told) {
  fs::create_directories(outputs);
  std::ofstream(outputs / "run.db") << "precious";
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    say(s, worker_ended{"exit code 0"});
    for (const auto* name :
         {"../outside", "run.db", "/absolute", "", "recorder/../../outside", "recorders/other"}) {
      say(s, file_follows{name, "", 4});
      needed(s.send(frame_type::file, "evil", soon()));
    }
    say(s, file_follows{"recorder/more", "", 4}); // than announced
    needed(s.send(frame_type::file, "12345", soon()));
    needed(s.send(frame_type::file, "6", soon()));
    say(s, file_follows{"recorder/half", "", 4});
    needed(s.send(frame_type::file, "12", soon()));
    say(s, file_follows{"recorder/good", "", 4});
    needed(s.send(frame_type::file, "1234", soon()));
    needed(s.send(frame_type::message, "no JSON", soon()));
    say(s, start_worker{}); // makes no sense here
    say(s, file_follows{"recorder/cut", "", 1ull << 35});
    needed(s.send(frame_type::file, "12", soon()));
    say(s, file_follows{"recorder/flood", "", UINT64_MAX});
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(c->wait_files(test_deadline));
  const auto problems = c->problems();
  BOOST_TEST(problems.size() == 11u);
  for (const auto* word :
       {"outside", "run.db", "absolute", "more", "half", "cut", "other", "flood"})
    BOOST_TEST(std::ranges::any_of(problems, [&](const auto& p) { return p.find(word) != p.npos; }),
               word);
  c.reset();
  BOOST_TEST(read(outputs / "run.db") == "precious");
  BOOST_TEST(read(outputs / "recorder/good") == "1234");
  BOOST_TEST(!fs::exists(folder / "outside"));
  BOOST_TEST(std::distance(fs::directory_iterator(outputs), {}) == 2);
}

BOOST_AUTO_TEST_CASE(problems_are_bounded) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    for (int i = 0; i < 1000; ++i)
      say(s, file_follows{"..", "", 4});
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(!c->wait_files(test_deadline));
  BOOST_TEST(c->problems().size() == 20u);
}

BOOST_AUTO_TEST_CASE(where_outputs_go_nowhere_nothing_is_written) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    say(s, worker_ended{"exit code 0"});
    say(s, file_follows{"a", "", 4});
    needed(s.send(frame_type::file, "1234", soon()));
  });
  auto s = settings();
  s.outputs.clear();
  const auto c =
      must(node_call::to(s, peer.at().address, peer.at().port, laptop.security, test_deadline));
  must(c->prepare("run", {}, {}));
  ::close(must(c->start()));
  BOOST_TEST(c->wait_files(test_deadline));
  BOOST_TEST(c->problems().empty());
  BOOST_TEST(!fs::exists("a"));
}

BOOST_AUTO_TEST_CASE(letting_go_ends_the_conversation_and_leaves_nothing_open) {
  for (const bool started : {false, true}) {
    int fd = -1;
    {
      auto peer = node([&](framed_stream& s) {
        started ? start_a_worker(s) : greet(s);
        hear_end(s);
      });
      std::unique_ptr<node_call> c;
      if (started)
        fd = start(c, peer);
      else
        c = must(call(peer));
      c.reset();
      peer.finish();
    }
    if (started) {
      BOOST_TEST(read_fd_to_end(fd).empty());
      ::close(fd);
    }
    BOOST_TEST(open_descriptors() == descriptors);
  }
}

BOOST_AUTO_TEST_SUITE_END()
