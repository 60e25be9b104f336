// SPDX-License-Identifier: MIT
// The sending end when its connection breaks, and before receivers that are none.
#include "tests/transports/tcp/tcp_forwarder.hpp"
#include "tests/transports/tcp/tcp_world.hpp"
#include "transports/descriptor.hpp"
#include "transports/tcp/tcp_greeting.hpp"
#include "transports/tcp/tcp_sender.hpp"
#include "transports/tcp/tcp_socket.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k'), other_key(channel_key_bytes, 'o');
const std::array both{tcp("tcp"), tcp("encrypted tcp", our_key)};

std::unique_ptr<send_end> connect_to(world& w, const endpoint& to, const std::string& key) {
  auto settings = w.settings;
  settings.key = key;
  auto made = w.kind.sending->connect(settings, to);
  BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
  return *std::move(made);
}

send_status offer(send_end& sender, std::uint64_t number = 9) {
  const auto body = body_of(100, number);
  const auto h = header_of(number, body.size());
  return sender.try_send({.header = wire_bytes(h), .body = &body});
}

/// Somebody who listens, accepts one connection and says something of his own.
class odd_listener {
public:
  explicit odd_listener(std::span<const std::byte> words) : words_(words.begin(), words.end()) {
    auto made = tcp_listen("127.0.0.1", 0);
    BOOST_REQUIRE(made.ok());
    listener_ = *std::move(made);
    thread_ = std::thread([this] {
      pollfd p[2]{{listener_.get(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
      while (::poll(p, 2, -1) > 0 && p[1].revents == 0) {
        kept_.emplace_back(::accept(listener_.get(), nullptr, nullptr));
        (void)::send(kept_.back().get(), words_.data(), words_.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~odd_listener() {
    stop_.ring();
    thread_.join();
  }
  [[nodiscard]] endpoint where() const {
    return {.address = "127.0.0.1", .port = tcp_port_of(listener_.get())};
  }

private:
  const std::vector<std::byte> words_;
  descriptor listener_;
  doorbell stop_;
  std::vector<descriptor> kept_;
  std::thread thread_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(tcp_sender_test)

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_is_made_again_and_frames_go_on) {
  for (const auto& s : both) {
    world w(s);
    w.bind();
    listening_thread heard(*w.receiver);
    std::unique_ptr<send_end> sender;
    endpoint through;
    {
      const tcp_forwarder between(w.receiver->where());
      through = between.where();
      sender = connect_to(w, through, s.key);
      BOOST_REQUIRE(wait_connected(*sender));
      BOOST_REQUIRE(send_frame(*sender, 1, 30'000));
      BOOST_REQUIRE(heard.wait_for_number(1));
    } // it is cut off
    const auto why = wait_outage(*sender);
    BOOST_TEST(why.starts_with(address_and_port(through.address, through.port) + ": "), why);
    BOOST_TEST(!sender->outage()); // once
    BOOST_TEST((offer(*sender) == send_status::closed));
    BOOST_TEST(!sender->connected());

    const tcp_forwarder between(w.receiver->where(), through.port);
    BOOST_REQUIRE(wait_connected(*sender));
    BOOST_REQUIRE(send_frame(*sender, 2, 30'000));
    BOOST_TEST(heard.wait_for_number(2));
    BOOST_TEST(counted(sender->report(), "reconnects") == 1u);
    BOOST_TEST(heard.spoilt == 0u);
    heard.join();
    BOOST_TEST(counted(w.receiver->report(), "connections") == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_frame_cut_in_the_middle_is_lost_and_no_other_is_spoilt) {
  for (const auto& s : both) {
    world w(s);
    w.bind();
    endpoint through;
    std::unique_ptr<send_end> sender;
    {
      const tcp_forwarder between(w.receiver->where());
      through = between.where();
      sender = connect_to(w, through, s.key);
      BOOST_REQUIRE(wait_connected(*sender, *w.receiver));
      // More than all buffers on the way hold, and nobody receives.
      BOOST_TEST(fill(*sender, body_of(256u << 10, 0), 4000) < 4000u);
    }
    BOOST_TEST(wait_outage(*sender) != "nothing");
    const tcp_forwarder between(w.receiver->where(), through.port);
    listening_thread heard(*w.receiver);
    BOOST_REQUIRE(wait_connected(*sender));
    BOOST_REQUIRE(send_frame(*sender, 1'000'000, 10));
    BOOST_TEST(heard.wait_for_number(1'000'000));
    heard.join();
    BOOST_TEST(counted(w.receiver->report(), "truncated") == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_receiver_without_the_key_or_with_another_gets_nothing) {
  const struct {
    std::string ours, theirs, said;
  } ways[]{{"", our_key, "no key here"},
           {our_key, "", "does not encrypt"},
           {our_key, other_key, "does not have this run's key"}};
  for (const auto& way : ways) {
    world w(both[0]);
    w.settings.key = way.theirs;
    w.bind();
    listening_thread heard(*w.receiver);
    const auto sender = connect_to(w, w.receiver->where(), way.ours);
    const auto why = wait_outage(*sender);
    BOOST_TEST(why.find(way.said) != std::string::npos, why);
    BOOST_TEST(!sender->connected());
    BOOST_TEST((offer(*sender) == send_status::closed));
    heard.join();
    BOOST_TEST(heard.numbers().empty());
  }
}

BOOST_AUTO_TEST_CASE(who_speaks_something_else_is_not_spoken_to) {
  const std::string http("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  auto newer = make_greeting(tcp_word::hello, false, {});
  newer[3] = std::byte{77};
  auto too_much = std::vector<std::byte>(tcp_greeting_bytes + 1);
  std::ranges::copy(make_greeting(tcp_word::hello, false, {}), too_much.begin());
  const struct {
    std::vector<std::byte> words;
    std::string said;
  } ways[]{{{std::as_bytes(std::span{http}).begin(), std::as_bytes(std::span{http}).end()},
            "does not speak"},
           {{newer.begin(), newer.end()}, "another version"},
           {too_much, "said what it should not"}};
  for (const auto& way : ways) {
    world w(both[0]);
    const odd_listener listener(way.words);
    const auto sender = connect_to(w, listener.where(), "");
    const auto why = wait_outage(*sender);
    BOOST_TEST(why.find(way.said) != std::string::npos, why);
  }
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_reason_too) {
  world w(both[0]);
  w.bind();
  const auto at = w.receiver->where();
  w.receiver.reset();
  const auto sender = connect_to(w, at, "");
  const auto why = wait_outage(*sender);
  BOOST_TEST(why.find("Connection refused") != std::string::npos, why);
  BOOST_TEST((offer(*sender) == send_status::closed));
}

BOOST_AUTO_TEST_CASE(a_sender_that_waits_for_a_greeting_can_be_closed) {
  world w(both[0]);
  w.bind(); // and nobody receives: no hello comes
  const auto sender = connect_to(w, w.receiver->where(), "");
  BOOST_TEST(!sender->wait_writable(glance));
  sender->close(deadline);
  BOOST_TEST(!sender->connected());
}

BOOST_AUTO_TEST_CASE(the_kernel_holds_little_of_what_is_not_on_its_way) {
  world w(both[0]);
  w.bind();
  const auto sender = w.connect();
  const auto body = body_of(1000, 0);
  const auto taken = fill(*sender, body, 1'000'000);
  // What the other side's window takes is on its way; beyond it there is the limit and one frame.
  BOOST_TEST(taken < 1'000'000u);
  const auto refused = offer(*sender);
  BOOST_TEST((refused == send_status::would_block));
}

BOOST_AUTO_TEST_CASE(bytes_are_those_on_the_wire) {
  for (const auto& s : both) {
    world w(s);
    w.bind();
    const auto sender = w.connect();
    constexpr std::size_t size = 100'000;
    BOOST_REQUIRE(send_frame(*sender, 1, size));
    BOOST_TEST(is_frame(next_frame(*w.receiver), 1, size));
    const auto frame = frame_front + size;
    const auto records = s.key.empty() ? 0 : (frame + most_sealed - 1) / most_sealed;
    const auto greeted = s.key.empty() ? tcp_greeting_bytes : tcp_greeting_bytes + 16;
    const auto all = frame + records * record_overhead + 2 * greeted; // both have greeted
    BOOST_TEST(sender->report().bytes.value_or(0) == all);
    BOOST_TEST(w.receiver->report().bytes.value_or(0) == all);
  }
}

BOOST_AUTO_TEST_SUITE_END()
