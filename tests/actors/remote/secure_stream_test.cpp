// SPDX-License-Identifier: MIT
// What a stream carries once it stands, and how it ends.
#include "actors/remote/secure_stream.hpp"
#include "tests/actors/remote/stream_rig.hpp"

#include <csignal>
#include <random>

using namespace peernet;

namespace {

/// What `to` receives of what `from` sends, both in one thread, in pieces of random sizes.
std::string pass(secure_stream& from, secure_stream& to, std::string_view data, unsigned seed) {
  std::mt19937 random(seed);
  std::string got;
  const auto whole = data.size();
  while (got.size() < whole) {
    std::size_t sent = 0, read = 0;
    auto wrote = stream_status::wants_write;
    if (!data.empty()) {
      wrote = from.write(bytes_of(data.substr(0, 1 + random() % 100'000)), sent);
      BOOST_REQUIRE((sent > 0) == (wrote == stream_status::done));
      data.remove_prefix(sent);
    }
    std::string some(1 + random() % 70'000, '\0');
    const auto status = to.read(std::as_writable_bytes(std::span(some)), read);
    BOOST_REQUIRE((read > 0) == (status == stream_status::done));
    BOOST_REQUIRE(status != stream_status::closed);
    got.append(some, 0, read);
    if (wrote != stream_status::done && status != stream_status::done)
      BOOST_REQUIRE(wait_until_ready(to.fd(), POLLIN, soon()));
  }
  return got;
}

std::string random_text(std::size_t size) {
  std::mt19937 random(6);
  std::string text(size, '\0');
  for (auto& c : text)
    c = static_cast<char>(random());
  text[0] = '\x01'; // a bare stream takes a record of TLS for what it is
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(secure_stream_test)

BOOST_AUTO_TEST_CASE(machines_that_know_each_other_exchange_data_of_any_size_both_ways) {
  const two_machines two;
  stream_pair pair(two.laptop.security, two.robot.security);
  BOOST_TEST(!pair.client.peer());
  BOOST_REQUIRE((pair.shake() == std::pair{stream_status::done, stream_status::done}));
  BOOST_TEST((pair.client.peer() == two.robot.self.print()));
  BOOST_TEST((pair.server.peer() == two.laptop.self.print()));
  const auto data = random_text(5'000'003);
  BOOST_TEST((pass(pair.client, pair.server, data, 1) == data));
  BOOST_TEST((pass(pair.server, pair.client, data, 2) == data));
}

BOOST_AUTO_TEST_CASE(bare_streams_exchange_data_and_have_no_identities) {
  stream_pair pair({}, {});
  BOOST_REQUIRE((pair.shake() == std::pair{stream_status::done, stream_status::done}));
  BOOST_TEST(!pair.server.peer());
  const auto data = random_text(5'000'003);
  BOOST_TEST((pass(pair.client, pair.server, data, 1) == data));
  BOOST_TEST((pass(pair.server, pair.client, data, 2) == data));
}

BOOST_AUTO_TEST_CASE(nothing_that_travels_is_readable) {
  const two_machines two;
  const tcp_pair outer;
  int inner[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, inner) == 0);
  tcp_pair ends = outer;
  ends.server = inner[0]; // what the client sends arrives at outer.server, and is copied on
  stream_pair pair(ends, two.laptop.security, two.robot.security);
  std::string seen;
  std::jthread relay([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd both[] = {{outer.server, POLLIN, 0}, {inner[1], POLLIN, 0}};
      ::poll(both, 2, 1);
      char some[4096];
      for (const auto& [fd, events, got] : both)
        if (got != 0)
          if (const auto n = ::recv(fd, some, sizeof some, MSG_DONTWAIT); n > 0) {
            ::send(fd == inner[1] ? outer.server : inner[1], some, static_cast<std::size_t>(n),
                   MSG_NOSIGNAL);
            seen.append(some, static_cast<std::size_t>(n));
          }
    }
  });
  BOOST_REQUIRE((pair.shake() == std::pair{stream_status::done, stream_status::done}));
  const std::string secret(1000, 's');
  BOOST_REQUIRE(write_all(pair.client, secret) == stream_status::done);
  std::string got;
  while (got.size() < secret.size())
    BOOST_REQUIRE(read_some(pair.server, got) == stream_status::done);
  relay = {};
  BOOST_TEST(got == secret);
  BOOST_TEST(seen.size() > secret.size());
  BOOST_TEST(!says(seen, "sss"));
  ::close(outer.server);
  ::close(inner[1]);
}

BOOST_AUTO_TEST_CASE(an_orderly_end_is_told_from_a_broken_one) {
  const two_machines two;
  for (const bool orderly : {true, false}) {
    auto pair = std::make_unique<stream_pair>(two.laptop.security, two.robot.security);
    BOOST_REQUIRE((pair->shake() == std::pair{stream_status::done, stream_status::done}));
    BOOST_REQUIRE(write_all(pair->server, "last words") == stream_status::done);
    if (orderly)
      pair->server.say_goodbye();
    auto client = std::move(pair->client);
    pair.reset();
    std::string got;
    const auto problem = read_to_end(client, got);
    BOOST_TEST(got == "last words");
    BOOST_TEST((problem == "the peer closed the connection") == orderly, problem);
    std::size_t none = 0;
    std::byte byte{};
    BOOST_TEST(client.read({&byte, 1}, none) == stream_status::closed);
  }
}

BOOST_AUTO_TEST_CASE(after_a_goodbye_the_other_direction_goes_on) {
  const two_machines two;
  const stream_security bare;
  for (const bool secure : {true, false}) {
    stream_pair pair(secure ? two.laptop.security : bare, secure ? two.robot.security : bare);
    BOOST_REQUIRE((pair.shake() == std::pair{stream_status::done, stream_status::done}));
    pair.client.say_goodbye();
    std::string got;
    BOOST_TEST(read_to_end(pair.server, got) == "the peer closed the connection");
    stream_pair again(secure ? two.laptop.security : bare, secure ? two.robot.security : bare);
    BOOST_REQUIRE((again.shake() == std::pair{stream_status::done, stream_status::done}));
    BOOST_REQUIRE(write_all(again.server, "answer") == stream_status::done);
    again.client.say_goodbye();
    BOOST_TEST(read_some(again.client, got) == stream_status::done);
    BOOST_TEST(got == "answer");
  }
}

BOOST_AUTO_TEST_CASE(what_came_before_a_write_failed_can_still_be_read) {
  const two_machines two;
  const stream_security bare;
  for (const bool secure : {true, false}) {
    auto pair = std::make_unique<stream_pair>(secure ? two.laptop.security : bare,
                                              secure ? two.robot.security : bare);
    BOOST_REQUIRE((pair->shake() == std::pair{stream_status::done, stream_status::done}));
    BOOST_REQUIRE(write_all(pair->server, "\x01 last words") == stream_status::done);
    BOOST_REQUIRE(write_all(pair->client, "unread: closing resets the connection") ==
                  stream_status::done);
    auto client = std::move(pair->client);
    pair.reset();
    const std::string data(100'000, 'x');
    while (write_all(client, data) != stream_status::closed) {
    }
    std::string got;
    read_to_end(client, got);
    BOOST_TEST(got == "\x01 last words");
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_vanishes_raises_no_signal) {
  const two_machines two;
  const stream_security bare;
  struct sigaction as_it_was {
  }, deadly{};
  deadly.sa_handler = SIG_DFL;
  BOOST_REQUIRE(::sigaction(SIGPIPE, &deadly, &as_it_was) == 0);
  for (const bool secure : {true, false}) {
    auto pair = std::make_unique<stream_pair>(secure ? two.laptop.security : bare,
                                              secure ? two.robot.security : bare);
    BOOST_REQUIRE((pair->shake() == std::pair{stream_status::done, stream_status::done}));
    auto client = std::move(pair->client);
    pair.reset();
    const std::string data(100'000, 'x');
    for (int i = 0; i < 3; ++i)
      while (write_all(client, data) != stream_status::closed) {
      }
    client.say_goodbye();
    BOOST_TEST(!client.problem().empty());
  }
  BOOST_REQUIRE(::sigaction(SIGPIPE, &as_it_was, nullptr) == 0);
}

BOOST_AUTO_TEST_CASE(a_write_that_had_to_wait_goes_on_with_more_behind_it_elsewhere_in_memory) {
  const two_machines two;
  stream_pair pair(two.laptop.security, two.robot.security);
  BOOST_REQUIRE((pair.shake() == std::pair{stream_status::done, stream_status::done}));
  std::string waiting(60'000, 'a'), all;
  for (bool full = false; !full;) {
    std::size_t sent = 0;
    full = pair.client.write(bytes_of(waiting), sent) == stream_status::wants_write;
    all += waiting.substr(0, sent);
  }
  auto moved = waiting + "behind";
  all += moved;
  std::string got;
  std::thread reader([&] {
    while (got.size() < all.size() && read_some(pair.server, got) == stream_status::done) {
    }
  });
  BOOST_TEST(write_all(pair.client, moved) == stream_status::done);
  reader.join();
  BOOST_TEST((got == all));
}

BOOST_AUTO_TEST_CASE(pending_bytes_are_seen_although_the_descriptor_is_not_readable) {
  const two_machines two;
  stream_pair pair(two.laptop.security, two.robot.security);
  BOOST_REQUIRE((pair.shake() == std::pair{stream_status::done, stream_status::done}));
  BOOST_REQUIRE(write_all(pair.client, "abc") == stream_status::done);
  std::string got;
  BOOST_REQUIRE(read_some(pair.server, got, 1) == stream_status::done);
  BOOST_TEST(pair.server.has_pending());
  BOOST_REQUIRE(read_some(pair.server, got) == stream_status::done);
  BOOST_TEST(got == "abc");
  BOOST_TEST(!pair.server.has_pending());
}

BOOST_AUTO_TEST_CASE(the_descriptor_is_closed_whatever_happens) {
  const two_machines two;
  const auto before = open_descriptors();
  {
    stream_pair pair(two.laptop.security, two.robot.security);
    BOOST_REQUIRE(pair.shake().second == stream_status::done);
    auto moved = std::move(pair.client);
    pair.server = std::move(moved); // closes its own
  }
  BOOST_TEST(!secure_stream::over(-1, two.laptop.security, stream_side::client).ok());
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()
