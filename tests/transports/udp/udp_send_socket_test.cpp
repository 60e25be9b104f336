// SPDX-License-Identifier: MIT
#include "transports/udp/udp_receive_socket.hpp"
#include "transports/udp/udp_send_socket.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t datagram = 1400;

/// A sending socket and the one it sends to, on one loopback address.
struct two_sockets {
  explicit two_sockets(const std::string& address = "127.0.0.1", std::size_t size = datagram)
      : to(*udp_receive_socket::bind(address, {}, size, 4 << 20)),
        sut(*udp_send_socket::connect(address, to.where().port, size, 4 << 20)) {}

  /// Sends datagrams of these sizes at once, each filled with its number.
  udp_send_socket::sent send(const std::vector<std::size_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i)
      std::memset(sut.room(i).data(), static_cast<int>(i), sizes[i]);
    return sut.send(sizes);
  }

  /// That these came, in order.
  void expect(const std::vector<std::size_t>& sizes) {
    std::size_t got = 0;
    while (got < sizes.size()) {
      const auto n = to.take(5s);
      BOOST_REQUIRE_MESSAGE(n > 0, got << " of " << sizes.size() << " came");
      for (std::size_t i = 0; i < n; ++i, ++got) {
        auto& b = to.bytes(i);
        BOOST_REQUIRE(got < sizes.size());
        BOOST_TEST(b.size() == sizes[got]);
        BOOST_TEST((b.size() == 0 || b.bytes().back() == static_cast<std::byte>(got)));
      }
    }
    BOOST_TEST(to.take(0s) == 0u);
  }

  udp_receive_socket to;
  udp_send_socket sut;
};

} // namespace

BOOST_AUTO_TEST_SUITE(udp_send_socket_test)

BOOST_AUTO_TEST_CASE(datagrams_arrive_as_they_were_whatever_left_in_one_piece) {
  for (const auto* address : {"127.0.0.1", "::1"}) {
    two_sockets s(address);
    std::vector<std::size_t> whole(s.sut.batch_size(), datagram); // more than one piece holds
    BOOST_REQUIRE(whole.size() * datagram > 65'535);
    for (const auto& sizes :
         std::vector<std::vector<std::size_t>>{{1},
                                               {datagram},
                                               {datagram, 7},
                                               {7, datagram},
                                               {datagram, datagram, 7, datagram, 7, 7},
                                               whole}) {
      const auto sent = s.send(sizes);
      BOOST_TEST((sent.how == udp_send_socket::status::all));
      BOOST_TEST(sent.accepted == sizes.size());
      BOOST_TEST(sent.refused == 0u);
      s.expect(sizes);
    }
  }
}

BOOST_AUTO_TEST_CASE(datagrams_as_large_as_they_can_be_leave_one_by_one) {
  two_sockets s("127.0.0.1", 65'507);
  BOOST_TEST((s.send({65'507, 65'507, 10}).how == udp_send_socket::status::all));
  s.expect({65'507, 65'507, 10});
}

BOOST_AUTO_TEST_CASE(too_long_is_said_of_datagrams_that_could_not_even_go_alone) {
  two_sockets s("127.0.0.1", 65'600); // beyond what an IPv4 packet holds
  const auto sent = s.send({100, 65'600, 65'600});
  BOOST_TEST((sent.how == udp_send_socket::status::too_long));
  BOOST_TEST(sent.accepted == 1u);
  s.expect({100});
}

BOOST_AUTO_TEST_CASE(nobody_there_is_no_error_and_nothing_is_tried_twice) {
  auto s = std::make_unique<two_sockets>();
  udp_send_socket sut = std::move(s->sut);
  s.reset(); // the receiver is gone
  for (int i = 0; i < 3; ++i) {
    const std::vector<std::size_t> sizes{datagram, datagram, 5};
    const auto sent = sut.send(sizes);
    BOOST_TEST((sent.how == udp_send_socket::status::all));
    BOOST_TEST(sent.accepted == 3u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
