// SPDX-License-Identifier: MIT
#include "actors/remote/socket_bio.hpp"
#include "tests/actors/remote/remote_rig.hpp"

#include <fcntl.h>
#include <memory>
#include <openssl/bio.h>

using namespace peernet;

namespace {

constexpr std::string_view hello = "\x16\x03\x01"; // as TLS begins

/// A BIO at one end of a connection, and the other end.
struct rig {
  int fds[2] = {-1, -1};
  std::unique_ptr<met_socket> met;
  std::unique_ptr<BIO, int (*)(BIO*)> sut{nullptr, ::BIO_free};

  rig() {
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
    met = std::make_unique<met_socket>(met_socket{.fd = fds[0]});
    sut.reset(make_socket_bio(*met));
    BOOST_REQUIRE(sut);
  }
  rig(const rig&) = delete;
  rig& operator=(const rig&) = delete;
  ~rig() {
    ::close(fds[0]);
    hang_up();
  }
  void hang_up() {
    if (fds[1] >= 0)
      ::close(std::exchange(fds[1], -1));
  }
  void say(std::string_view text) const {
    BOOST_REQUIRE(::send(fds[1], text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  /// What is read; empty: nothing.
  [[nodiscard]] std::string read() const {
    std::string got(100, '\0');
    std::size_t size = 0;
    const bool read = ::BIO_read_ex(sut.get(), got.data(), got.size(), &size) == 1;
    return read ? got.substr(0, size) : "";
  }
  [[nodiscard]] std::size_t write(std::string_view text) const {
    std::size_t sent = 0;
    return ::BIO_write_ex(sut.get(), text.data(), text.size(), &sent) == 1 ? sent : 0;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(socket_bio_test)

BOOST_AUTO_TEST_CASE(bytes_go_both_ways) {
  const rig r;
  r.say(hello);
  BOOST_TEST(r.read() == hello);
  r.say("all else"); // only the first byte tells
  BOOST_TEST(r.read() == "all else");
  BOOST_TEST(r.met->heard);
  BOOST_TEST(!r.met->foreign);
  BOOST_TEST(r.write("answer") == 6u);
  char got[10];
  BOOST_TEST(::recv(r.fds[1], got, sizeof got, 0) == 6);
}

BOOST_AUTO_TEST_CASE(with_nothing_to_read_or_no_room_it_is_to_be_tried_again) {
  const rig r;
  BOOST_TEST(r.read().empty());
  BOOST_TEST(BIO_should_retry(r.sut.get()));
  BOOST_TEST(BIO_should_read(r.sut.get()));
  const std::string much(1 << 20, 'x');
  while (r.write(much) > 0) {
  }
  BOOST_TEST(BIO_should_retry(r.sut.get()));
  BOOST_TEST(BIO_should_write(r.sut.get()));
  BOOST_TEST(r.met->broke == 0);
}

BOOST_AUTO_TEST_CASE(a_beginning_that_is_no_tls_is_not_read) {
  const rig r;
  r.say("\x01 bare");
  BOOST_TEST(r.read().empty());
  BOOST_TEST(!BIO_should_retry(r.sut.get()));
  BOOST_TEST(r.met->foreign);
}

BOOST_AUTO_TEST_CASE(an_end_is_told_once_all_was_read) {
  rig r;
  r.say(hello);
  r.hang_up();
  BOOST_TEST(!BIO_eof(r.sut.get()));
  BOOST_TEST(r.read() == hello);
  BOOST_TEST(r.read().empty());
  BOOST_TEST(!BIO_should_retry(r.sut.get()));
  BOOST_TEST(r.met->ended);
  BOOST_TEST(BIO_eof(r.sut.get()));
}

BOOST_AUTO_TEST_CASE(what_came_before_the_connection_broke_can_still_be_read) {
  rig r;
  r.say(hello);
  r.hang_up();
  BOOST_TEST(r.write("in vain") == 0u); // and no signal
  BOOST_TEST(BIO_should_retry(r.sut.get()));
  BOOST_TEST(r.met->broke == EPIPE);
  BOOST_TEST(r.read() == hello);
}

BOOST_AUTO_TEST_SUITE_END()
