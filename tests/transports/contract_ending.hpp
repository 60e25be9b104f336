// SPDX-License-Identifier: MIT
// Clauses of the channel contract: how waiting ends, and what holds when one side is closed or
// gone. All of them are listed in channel_contract.hpp.
#pragma once

#include "tests/transports/channel_world.hpp"

#include <algorithm>

namespace peernet::contract {

inline void with_nothing_to_receive_the_wait_ends(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  for (const auto patience : {duration{0}, duration{std::chrono::milliseconds{5}}}) {
    const auto r = w.receiver->receive({}, patience);
    BOOST_REQUIRE(r.ok());
    BOOST_TEST(!r->has_value());
  }
}

inline void a_stop_wakes_the_receiver(const subject& s) {
  world w(s);
  w.bind();
  std::promise<pid_t> reader;
  auto answer = beside([&] {
    reader.set_value(::gettid());
    return w.receiver->receive({}, std::chrono::hours{1});
  });
  BOOST_REQUIRE(wait_asleep(reader.get_future().get()));
  w.receiver->stop();
  BOOST_REQUIRE((answer.wait_for(deadline) == std::future_status::ready));
  const auto r = answer.get();
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST((r.error().code == errc::closed));
}

inline void after_a_stop_nothing_is_received_any_more(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  BOOST_REQUIRE(send_frame(*sender, 0, 10));
  w.receiver->stop();
  w.receiver->stop();
  for (int i = 0; i < 3; ++i) {
    const auto r = w.receiver->receive({}, deadline);
    BOOST_REQUIRE(!r.ok());
    BOOST_TEST((r.error().code == errc::closed));
  }
}

inline void a_body_that_never_left_is_let_go_with_its_channel(const subject& s) {
  for (const duration patience : {duration{0}, duration{glance}}) {
    const auto let_go = std::make_shared<std::binary_semaphore>(0);
    {
      world w(s);
      w.settings.queue = 2;
      w.bind();
      const auto sender = w.connect();
      BOOST_TEST(fill(*sender, watched_memory::make(256u << 10, 0, let_go), 400) > 0u);
      sender->close(patience); // over before anybody reads
    }
    BOOST_TEST(let_go->try_acquire_for(deadline));
  }
}

/// What was handed over has left, and nothing of it is held, once a close with patience has ended;
/// where the receiver reads the sender's own bytes, once it has read them.
inline void closing_with_patience_loses_nothing(const subject& s) {
  const auto size = std::min(s.largest_body, std::size_t{1} << 20);
  world w(s);
  w.settings.queue = 16; // frames: more than the kernel holds of them
  w.bind();
  auto sender = w.connect();
  std::vector<std::shared_ptr<std::binary_semaphore>> let_go;
  for (bool taken = true; taken && let_go.size() < w.settings.queue;) {
    auto watch = std::make_shared<std::binary_semaphore>(0);
    taken = send_at_once(*sender, let_go.size(), watched_memory::make(size, let_go.size(), watch));
    if (taken)
      let_go.push_back(std::move(watch));
  }
  BOOST_TEST(!let_go.empty());
  auto held = beside([&] { // as a sending node does in the end
    sender->close(deadline);
    const auto free = [](const auto& body) { return body->try_acquire(); };
    const auto still = s.lends_bodies ? 0 : std::ranges::count_if(let_go, std::not_fn(free));
    sender.reset();
    w.kind.sending.reset();
    return still;
  });
  for (std::size_t i = 0; i < let_go.size(); ++i)
    BOOST_TEST(is_frame(next_frame(*w.receiver), i, size));
  BOOST_TEST(held.get() == 0);
  if (s.lends_bodies)
    for (const auto& body : let_go)
      BOOST_TEST(body->try_acquire_for(deadline));
}

inline void a_closed_sender_takes_nothing(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  sender->close(duration{0});
  sender->close(duration{0});
  const auto body = body_of(10, 0);
  const auto h = header_of(0, body.size());
  BOOST_TEST((sender->try_send({.header = wire_bytes(h), .body = &body}) == send_status::closed));
  BOOST_TEST(!sender->wait_writable(duration{0}));
  BOOST_TEST(!sender->connected());
}

inline void a_sender_whose_receiver_is_gone_notices(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  w.receiver.reset();
  constexpr std::size_t most = 1'000'000; // one that notices nothing takes them all
  BOOST_TEST(fill(*sender, body_of(1000, 0), most) < most);
}

inline void a_sender_gone_leaves_the_others_alone(const subject& s) {
  world w(s);
  w.bind();
  auto first = w.connect();
  const auto second = w.connect();
  BOOST_REQUIRE(send_frame(*first, 1, 100));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
  first.reset();
  BOOST_REQUIRE(send_frame(*second, 2, 100));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 2, 100));
}

} // namespace peernet::contract
