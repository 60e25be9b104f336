// SPDX-License-Identifier: MIT
#include "tests/transports/channel_contract.hpp"
#include "tests/transports/zmq/zmq_world.hpp"

#include <zmq.h>

#include <algorithm>
#include <initializer_list>

using namespace peernet;
using namespace peernet::contract;

namespace {

/// Somebody who speaks ZeroMQ, but not PeerNet.
class zmq_stranger {
public:
  zmq_stranger(const endpoint& to, int type)
      : context_(::zmq_ctx_new()), socket_(::zmq_socket(context_, type)) {
    const auto address = to.address.starts_with('/')
                             ? "ipc://" + to.address
                             : "tcp://" + to.address + ":" + std::to_string(to.port);
    const int linger = std::chrono::milliseconds(deadline).count();
    const int patience = linger;
    ::zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
    ::zmq_setsockopt(socket_, ZMQ_SNDTIMEO, &patience, sizeof patience);
    BOOST_REQUIRE(::zmq_connect(socket_, address.c_str()) == 0);
  }
  ~zmq_stranger() {
    ::zmq_close(socket_);
    ::zmq_ctx_term(context_); // what was said has been heard, or refused
  }
  zmq_stranger(const zmq_stranger&) = delete;
  zmq_stranger& operator=(const zmq_stranger&) = delete;

  /// One message of parts with these sizes.
  void say(std::initializer_list<std::size_t> parts) const {
    std::size_t left = parts.size();
    for (const auto size : parts) {
      const std::string bytes(size, 'x');
      BOOST_REQUIRE(::zmq_send(socket_, bytes.data(), size, --left > 0 ? ZMQ_SNDMORE : 0) >= 0);
    }
  }
  void say_frame(std::uint64_t number, std::size_t size) const {
    const auto h = header_of(number, size);
    const auto body = body_of(size, number);
    BOOST_REQUIRE(::zmq_send(socket_, &h, sizeof h, ZMQ_SNDMORE) >= 0);
    BOOST_REQUIRE(::zmq_send(socket_, body.data(), body.size(), 0) >= 0);
  }

private:
  void* context_;
  void* socket_;
};

const std::array both{zmq("zmq-tcp", reach::address), zmq("zmq-ipc", reach::path)};

constexpr std::size_t header_size = sizeof(wire_header);

} // namespace

BOOST_AUTO_TEST_SUITE(zmq_channel_test)

const bool tcp_joined = holds_for(zmq("zmq-tcp", reach::address));
const bool ipc_joined = holds_for(zmq("zmq-ipc", reach::path));

BOOST_AUTO_TEST_CASE(a_message_that_is_no_frame_is_corrupt_and_the_next_call_goes_on) {
  for (const auto& s : both) {
    world w(s);
    w.bind();
    const zmq_stranger visitor(w.receiver->where(), ZMQ_PUSH);
    const auto refused = [&] {
      const auto r = next_answer(*w.receiver);
      return !r.ok() && r.error().code == errc::corrupt;
    };
    visitor.say({0});
    BOOST_TEST(refused(), "an empty message");
    visitor.say({header_size - 1});
    BOOST_TEST(refused(), "less than a header");
    visitor.say({header_size - 1, 20});
    BOOST_TEST(refused(), "less than a header, then a body");
    visitor.say({header_size + 1, 20});
    BOOST_TEST(refused(), "a body behind the header and another");
    visitor.say({header_size, 20, 20});
    BOOST_TEST(refused(), "three parts");
    visitor.say({0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    BOOST_TEST(refused(), "many parts");
    // No trace of those is left in what comes behind them on the same connection.
    visitor.say_frame(5, 30);
    BOOST_TEST(is_frame(next_frame(*w.receiver), 5, 30));
  }
}

BOOST_AUTO_TEST_CASE(a_body_may_follow_its_header_in_the_same_part_or_in_one_of_its_own) {
  world w(both[0]);
  w.bind();
  const zmq_stranger visitor(w.receiver->where(), ZMQ_PUSH);
  const auto is_cut_to = [&](std::size_t body) {
    const auto r = next_answer(*w.receiver);
    return r.ok() && r->has_value() && (*r)->header.size() == header_size &&
           (*r)->body.size() == body;
  };
  visitor.say({header_size});
  BOOST_TEST(is_cut_to(0));
  visitor.say({header_size, 0});
  BOOST_TEST(is_cut_to(0));
  visitor.say({header_size + 100'000});
  BOOST_TEST(is_cut_to(100'000));
  visitor.say({header_size, 1});
  BOOST_TEST(is_cut_to(1));
}

BOOST_AUTO_TEST_CASE(a_huge_message_never_reaches_memory_and_the_genuine_sender_goes_on) {
  for (const auto& s : both) {
    world w(s);
    w.settings.max_frame = 100'000;
    w.bind();
    const auto genuine = w.connect();
    {
      const zmq_stranger visitor(w.receiver->where(), ZMQ_PUSH);
      visitor.say({header_size, 100'000 + header_size}); // within ZeroMQ's limit for one part
      const auto r = next_answer(*w.receiver);
      BOOST_TEST((!r.ok() && r.error().code == errc::corrupt));
    }
    for (std::uint64_t i = 0; i < 5; ++i) {
      const zmq_stranger visitor(w.receiver->where(), ZMQ_PUSH);
      visitor.say_frame(100 + i, 10);
      BOOST_TEST(is_frame(next_frame(*w.receiver), 100 + i, 10)); // it is connected
      visitor.say({50'000'000});
      BOOST_REQUIRE(send_frame(*genuine, i, 100));
      BOOST_TEST(is_frame(next_frame(*w.receiver), i, 100));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_may_not_talk_to_us_is_not_heard) {
  world w(both[0]);
  w.bind();
  const auto genuine = w.connect();
  for (const int type : {ZMQ_DEALER, ZMQ_REQ, ZMQ_PAIR, ZMQ_PUB}) {
    void* const context = ::zmq_ctx_new();
    void* const socket = ::zmq_socket(context, type);
    const int none = 0;
    ::zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    const auto at = w.receiver->where();
    ::zmq_connect(socket, ("tcp://" + at.address + ":" + std::to_string(at.port)).c_str());
    ::zmq_send(socket, "hello", 5, ZMQ_DONTWAIT);
    BOOST_REQUIRE(send_frame(*genuine, 1, 100));
    BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
    ::zmq_close(socket);
    ::zmq_ctx_term(context);
  }
}

BOOST_AUTO_TEST_CASE(a_sender_without_a_connection_takes_nothing) {
  world w(both[0]);
  w.bind();
  const auto at = w.receiver->where();
  w.receiver.reset();
  w.kind.receiving.reset(); // ends with ZeroMQ's thread: the port is really free
  auto made = w.kind.sending->connect(w.settings, at);
  BOOST_REQUIRE(made.ok());
  takes_nothing_unheard(**made);
}

/// ZeroMQ itself closes behind the caller's back.
BOOST_AUTO_TEST_CASE(a_close_with_patience_waits_until_a_full_channel_has_emptied) {
  world w(both[0]);
  w.bind();
  const auto sender = w.connect();
  std::vector<std::shared_ptr<std::binary_semaphore>> let_go;
  for (bool taken = true; taken;) {
    auto watch = std::make_shared<std::binary_semaphore>(0);
    taken = send_at_once(*sender, let_go.size(),
                         watched_memory::make(256u << 10, let_go.size(), watch));
    if (taken)
      let_go.push_back(std::move(watch));
  }
  std::promise<pid_t> closing;
  auto held = beside([&] {
    closing.set_value(::gettid());
    sender->close(deadline);
    return std::ranges::count_if(let_go, [](const auto& body) { return !body->try_acquire(); });
  });
  BOOST_TEST(wait_asleep(closing.get_future().get())); // nobody reads: it waits
  for (std::size_t i = 0; i < let_go.size(); ++i)
    BOOST_TEST(is_frame(next_frame(*w.receiver), i, 256u << 10));
  BOOST_TEST(held.get() == 0);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_an_error_with_its_text) {
  world w(both[0]);
  const endpoint nowhere{.node = 0, .network = "", .address = "not an address", .port = 1};
  const auto made = w.kind.sending->connect(w.settings, nowhere);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().code == errc::io));
  BOOST_TEST(made.error().message.find("not an address") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_end_takes_the_first_free_port_of_its_range) {
  for (const auto* address : {"127.0.0.1", "::1"}) {
    world w(both[0]);
    w.settings.bind_address = address;
    auto held = w.kind.receiving->bind(w.settings);
    if (!held.ok())
      return skip_test("IPv6 loopback: " + held.error().message);
    const auto first = (*held)->where().port;
    BOOST_REQUIRE(first <= 65'535 - 20); // strangers may hold some of those, but hardly all
    w.settings.ports = {.first = first, .last = static_cast<std::uint16_t>(first + 20)};
    w.bind();
    const auto second = w.receiver->where().port;
    BOOST_TEST((second > first && second <= w.settings.ports.last));
    const auto third = w.kind.sending->bind(w.settings); // as another node of this machine
    BOOST_REQUIRE(third.ok());
    BOOST_TEST((*third)->where().port > second);
    const auto sender = w.connect();
    BOOST_REQUIRE(send_frame(*sender, 1, 100));
    BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
  }
}

BOOST_AUTO_TEST_CASE(a_range_that_is_taken_is_named_with_its_address_and_the_remedy) {
  world w(both[0]);
  w.bind();
  const auto port = w.receiver->where().port;
  w.settings.ports = {.first = port, .last = port};
  const auto refused = w.kind.sending->bind(w.settings);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == errc::busy));
  for (const auto& part :
       {std::string("127.0.0.1"), std::to_string(port) + " is free", std::string("widen --ports")})
    BOOST_TEST(refused.error().message.find(part) != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
