// SPDX-License-Identifier: MIT
#include "actors/remote/frames.hpp"
#include "tests/actors/remote/remote_rig.hpp"

#include <random>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// Puts bytes into a parser, as many as it takes at a time.
void feed(frame_parser& parser, std::string_view& bytes, std::size_t at_most) {
  const auto room = parser.room();
  const auto n = std::min({room.size(), bytes.size(), at_most});
  BOOST_REQUIRE(!room.empty());
  std::copy_n(bytes_of(bytes).begin(), n, room.begin());
  parser.filled(n);
  bytes.remove_prefix(n);
}

std::string head(unsigned char type, std::uint32_t size, unsigned char padding = 0) {
  std::string h(frame_head, '\0');
  h[0] = static_cast<char>(type);
  h[2] = static_cast<char>(padding);
  for (unsigned i = 0; i < 4; ++i)
    h[4 + i] = static_cast<char>(size >> 8 * i);
  return h;
}

errc problem_of(std::string_view bytes) {
  frame_parser parser;
  while (!bytes.empty())
    feed(parser, bytes, bytes.size());
  const auto first = parser.next(), second = parser.next();
  BOOST_REQUIRE(!first.ok());
  BOOST_REQUIRE(!second.ok()); // for good
  return first.error().code;
}

} // namespace

BOOST_AUTO_TEST_SUITE(frames_test)

BOOST_AUTO_TEST_CASE(a_frame_is_a_type_a_length_and_its_body) {
  std::string bytes;
  append_frame(bytes, frame_type::control, "abc");
  BOOST_TEST(bytes == std::string("\x03\0\0\0\x03\0\0\0abc", 11));
}

BOOST_AUTO_TEST_CASE(frames_come_out_as_they_went_in_however_they_are_cut) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<remote_frame> sent;
    std::string bytes;
    for (auto n = random() % 12; n > 0; --n) {
      const auto type = static_cast<frame_type>(1 + random() % 3);
      // Short ones, long ones, and the longest that are allowed.
      const std::size_t longest = type == frame_type::message ? most_message : most_piece;
      const std::size_t sizes[] = {random() % 20, random() % longest, longest};
      sent.push_back({type, std::string(sizes[random() % 16 == 0 ? 1 + random() % 2 : 0],
                                        static_cast<char>('a' + n))});
      append_frame(bytes, type, sent.back().body);
    }
    const auto step = std::size_t{1} << random() % 18;
    frame_parser parser;
    std::string_view left = bytes;
    std::size_t got = 0;
    while (!left.empty()) {
      feed(parser, left, 1 + random() % step);
      for (auto frame = must(parser.next()); frame; frame = must(parser.next()), ++got) {
        BOOST_REQUIRE(got < sent.size());
        BOOST_REQUIRE((frame->type == sent[got].type && frame->body == sent[got].body));
      }
    }
    BOOST_REQUIRE(got == sent.size());
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_frame_is_corrupt_for_good) {
  BOOST_TEST(problem_of(head(0, 0)) == errc::corrupt);
  BOOST_TEST(problem_of(head(4, 0)) == errc::corrupt);
  BOOST_TEST(problem_of(head(1, 0, 1)) == errc::corrupt);
  BOOST_TEST(problem_of(head(1, most_message + 1)) == errc::corrupt);
  BOOST_TEST(problem_of(head(2, most_piece + 1)) == errc::corrupt);
  BOOST_TEST(problem_of(head(3, most_piece + 1)) == errc::corrupt);
  BOOST_TEST(problem_of(head(1, 0xFFFFFFFF)) == errc::corrupt);
  BOOST_TEST(problem_of("GET / HTTP/1.1\r\n") == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(random_bytes_end_in_an_error_or_in_frames_that_are_allowed) {
  std::mt19937 random(5);
  int broken = 0, whole = 0;
  for (int i = 0; i < 100'000; ++i) {
    // Half of them begin like a frame, or nobody would get past the head.
    std::string bytes;
    if (i % 2 == 0)
      bytes = head(static_cast<unsigned char>(random() % 5), random() % 40,
                   static_cast<unsigned char>(random() % 8 == 0));
    for (auto n = random() % 64; n > 0; --n)
      bytes += static_cast<char>(random());
    frame_parser parser;
    std::string_view left = bytes;
    for (bool good = true; good && !left.empty();) {
      feed(parser, left, 1 + random() % 32);
      for (;;) {
        auto frame = parser.next();
        good = frame.ok();
        broken += good ? 0 : 1;
        if (!good || !*frame)
          break;
        ++whole;
        BOOST_REQUIRE((*frame)->body.size() <= bytes.size());
      }
    }
  }
  BOOST_TEST(broken > 10'000);
  BOOST_TEST(whole > 10'000);
}

BOOST_AUTO_TEST_CASE(an_announced_length_takes_no_memory) {
  const auto bytes = head(1, most_message);
  std::vector<frame_parser> parsers(100);
  for (auto& parser : parsers) {
    std::string_view left = bytes;
    feed(parser, left, left.size());
    BOOST_TEST(!must(parser.next()));
    BOOST_TEST(parser.room().size() < 64U << 10);
  }
}

BOOST_AUTO_TEST_CASE(a_parser_never_holds_more_than_one_longest_frame) {
  std::string bytes;
  for (int i = 0; i < 3; ++i)
    append_frame(bytes, frame_type::message, std::string(most_message, 'x'));
  frame_parser parser;
  std::string_view left = bytes;
  std::size_t held = 0, most = 0;
  int got = 0;
  while (!left.empty()) {
    const auto room = parser.room();
    most = std::max(most, held + room.size());
    const auto n = std::min(room.size(), left.size());
    std::copy_n(bytes_of(left).begin(), n, room.begin());
    parser.filled(n);
    left.remove_prefix(n);
    held += n;
    for (auto frame = must(parser.next()); frame; frame = must(parser.next()), ++got)
      held -= frame_head + frame->body.size();
  }
  BOOST_TEST(got == 3);
  BOOST_TEST(most == frame_head + most_message);
}

BOOST_AUTO_TEST_CASE(streams_send_and_receive_frames) {
  machine laptop("laptop"), robot("robot");
  laptop.knows(robot);
  robot.knows(laptop);
  stream_pair pair(laptop.security, robot.security);
  framed_stream client(std::move(pair.client)), server(std::move(pair.server));
  std::thread other([&] { (void)server.handshake(soon()); });
  must(client.handshake(soon()));
  other.join();
  must(client.send(frame_type::message, "{}", soon()));
  must(client.send(frame_type::file, std::string(most_piece, 'f'), soon()));
  const auto first = must(server.receive(soon())), second = must(server.receive(soon()));
  BOOST_TEST((first.type == frame_type::message && first.body == "{}"));
  BOOST_TEST((second.type == frame_type::file && second.body == std::string(most_piece, 'f')));
  BOOST_TEST(client.send(frame_type::file, std::string(most_piece + 1, 'f'), soon()).error().code ==
             errc::too_large);
  client.stream().say_goodbye();
  const auto end = server.receive(soon());
  BOOST_REQUIRE(!end.ok());
  BOOST_TEST(end.error().code == errc::closed);
  BOOST_TEST(end.error().message == "the peer closed the connection");
}

BOOST_AUTO_TEST_CASE(waiting_ends_at_the_deadline) {
  machine robot("robot");
  stream_pair pair(robot.security, {});
  framed_stream secure(std::move(pair.client)), bare(std::move(pair.server));
  BOOST_TEST(secure.handshake(clock::machine_now() + 5ms).error().code == errc::timeout);
  stream_pair bare_pair({}, {});
  framed_stream reader(std::move(bare_pair.client));
  BOOST_TEST(reader.receive(clock::machine_now() + 5ms).error().code == errc::timeout);
}

BOOST_AUTO_TEST_CASE(a_frame_cut_by_the_deadline_is_ended_before_the_next) {
  stream_pair pair({}, {});
  framed_stream client(std::move(pair.client)), server(std::move(pair.server));
  const std::string large(most_message, 'x');
  int sent = 0;
  while (client.send(frame_type::message, large, clock::machine_now() + 5ms).ok())
    BOOST_REQUIRE(++sent < 1000);
  BOOST_TEST(!client.unsent().empty());
  int received = 0;
  std::thread reader([&] {
    for (; received < sent + 1; ++received)
      if (const auto frame = server.receive(soon()); !frame || frame->body != large)
        return;
    if (const auto last = server.receive(soon()); last && last->body == "last")
      ++received;
  });
  must(client.send(frame_type::message, "last", soon()));
  reader.join();
  BOOST_TEST(received == sent + 2);
  BOOST_TEST(client.unsent().empty());
}

BOOST_AUTO_TEST_SUITE_END()
