// SPDX-License-Identifier: MIT
#include "actors/remote/dial.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/skip.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

bool says(const error& e, const std::string& what) {
  return e.message.find(what) != std::string::npos;
}

struct listener {
  int fd;
  explicit listener(const std::string& address = "127.0.0.1") : fd(must(listen_at(address, 0))) {}
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener() { ::close(fd); }
  [[nodiscard]] std::uint16_t port() const { return local_end(fd).port; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(dial_test)

BOOST_AUTO_TEST_CASE(both_ends_know_each_other) {
  const listener l;
  const int client = must(dial("127.0.0.1", l.port(), soon()));
  const int server = ::accept(l.fd, nullptr, nullptr);
  BOOST_TEST(remote_end(client).address == "127.0.0.1");
  BOOST_TEST(remote_end(client).port == l.port());
  BOOST_TEST(local_end(client).port == remote_end(server).port);
  ::close(client);
  ::close(server);
  BOOST_TEST(remote_end(-1).port == 0);
}

BOOST_AUTO_TEST_CASE(a_dialled_descriptor_blocks_closes_on_exec_and_sends_at_once) {
  const listener l;
  const int fd = must(dial("127.0.0.1", l.port(), soon()));
  BOOST_TEST((::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
  BOOST_TEST((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  BOOST_TEST((::fcntl(l.fd, F_GETFD) & FD_CLOEXEC) != 0);
  int at_once = 0;
  socklen_t size = sizeof at_once;
  BOOST_TEST(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, &size) == 0);
  BOOST_TEST(at_once != 0);
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(names_and_ipv6_are_dialled_too) {
  const listener v4;
  ::close(must(dial("localhost", v4.port(), soon())));
  const auto six = listen_at("::1", 0);
  if (!six)
    return skip_test("an IPv6 loopback");
  const int fd = must(dial("::1", local_end(*six).port, soon()));
  BOOST_TEST(remote_end(fd).address == "::1");
  ::close(fd);
  ::close(*six);
}

BOOST_AUTO_TEST_CASE(a_listener_on_everything_shows_ipv4_peers_as_such) {
  const auto all = listen_at("::", 0);
  if (!all)
    return skip_test("IPv6");
  const int client = must(dial("127.0.0.1", local_end(*all).port, soon()));
  const int server = ::accept(*all, nullptr, nullptr);
  BOOST_TEST(remote_end(server).address == "127.0.0.1");
  for (const int fd : {client, server, *all})
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_it_is_refused) {
  std::uint16_t port = 0;
  {
    const listener gone;
    port = gone.port();
  }
  const auto failed = dial("127.0.0.1", port, soon());
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST(failed.error().code == errc::absent);
  BOOST_TEST(says(failed.error(), "127.0.0.1:" + std::to_string(port)));
  BOOST_TEST(says(failed.error(), "is it running there"));
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_costs_no_more_than_the_deadline) {
  const listener l;
  BOOST_REQUIRE(::listen(l.fd, 0) == 0);
  // A full queue drops what comes: the same as a cable that was pulled.
  std::vector<int> queued;
  bool timed_out = false;
  for (int i = 0; i < 8 && !timed_out; ++i) {
    const auto next = dial("127.0.0.1", l.port(), clock::machine_now() + 200ms);
    if (next)
      queued.push_back(*next);
    else
      timed_out = next.error().code == errc::timeout && says(next.error(), "127.0.0.1:");
  }
  BOOST_TEST(timed_out);
  for (const int fd : queued)
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_wait) {
  const listener l;
  BOOST_REQUIRE(::listen(l.fd, 0) == 0);
  const std::atomic<int> interrupts{1};
  std::vector<int> queued;
  std::optional<error> why;
  while (!why && queued.size() < 8) {
    const auto next = dial("127.0.0.1", l.port(), {soon(), &interrupts});
    if (next)
      queued.push_back(*next);
    else
      why = next.error();
  }
  BOOST_REQUIRE(why.has_value());
  BOOST_TEST(why->code == errc::closed);
  BOOST_TEST(says(*why, "interrupted while connecting to 127.0.0.1:"));
  for (const int fd : queued)
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(unknown_names_are_not_found) {
  for (const std::string host : {"", "no host", "1.2.3.4.5", "[::1]"}) {
    const auto failed = dial(host, 7447, soon());
    BOOST_REQUIRE(!failed.ok());
    BOOST_TEST_CONTEXT(host << ": " << failed.error().message)
    BOOST_TEST((failed.error().code == errc::not_found));
  }
}

BOOST_AUTO_TEST_CASE(a_past_deadline_gives_up_on_a_name_at_once) {
  const auto failed = dial("peernet.invalid", 7447, clock::machine_now() - 1s);
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST((failed.error().code == errc::timeout || failed.error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(where_nothing_can_listen_the_error_says_what_to_do) {
  const listener l;
  const auto taken = listen_at("127.0.0.1", l.port());
  BOOST_REQUIRE(!taken.ok());
  BOOST_TEST(taken.error().code == errc::io);
  BOOST_TEST(says(taken.error(), "127.0.0.1:" + std::to_string(l.port())));
  BOOST_TEST(says(taken.error(), "in use"));
  const auto foreign = listen_at("192.0.2.1", 0);
  BOOST_REQUIRE(!foreign.ok());
  BOOST_TEST(says(foreign.error(), "no such address"));
  for (const std::string text : {"", "localhost", "10.0.0"}) { // no wildcard by mistake
    const auto none = listen_at(text, 0);
    BOOST_REQUIRE_MESSAGE(!none.ok(), text);
    BOOST_TEST(none.error().code == errc::io);
  }
}

BOOST_AUTO_TEST_SUITE_END()
