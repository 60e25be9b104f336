// SPDX-License-Identifier: MIT
// What an encrypted channel keeps to itself, and whom it does not listen to.
#include "tests/transports/channel_contract.hpp"
#include "tests/transports/tcp/tcp_forwarder.hpp"
#include "tests/transports/zmq/zmq_world.hpp"
#include "transports/zmq/zmq_curve.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');
const std::string other_key(channel_key_bytes, 'o');
const auto encrypted = zmq_curve("encrypted zmq-tcp", our_key);
const auto clear = zmq("zmq-tcp", reach::address);

std::unique_ptr<send_end> connect_with(world& w, const std::string& key, const endpoint& to) {
  auto settings = w.settings;
  settings.key = key;
  auto made = w.kind.sending->connect(settings, to);
  BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
  return *std::move(made);
}

bool takes_nothing(send_end& sender) {
  const auto body = body_of(100, 9);
  const auto h = header_of(9, body.size());
  return !sender.connected() &&
         sender.try_send({.header = wire_bytes(h), .body = &body}) == send_status::would_block;
}

bool nothing_comes(receive_end& receiver) {
  const auto r = receiver.receive({}, glance);
  return r.ok() && !r->has_value();
}

/// A frame as somebody says it who speaks ZeroMQ's protocol of before 3.0, which knows no security:
/// greeting, empty identity, one message.
std::vector<std::byte> old_protocol(int major, std::uint64_t number) {
  constexpr std::size_t size = 30;
  const auto h = header_of(number, size);
  const auto body = body_of(size, number);
  std::string said =
      major == 1 ? std::string("\1\0", 2) : std::string("\xff\0\0\0\0\0\0\0\1\x7f\1\x08\0\0", 14);
  if (major == 1) // its length counts the flags behind it, too
    said += std::string{static_cast<char>(sizeof h + size + 1), '\0'};
  else
    said += std::string{'\0', static_cast<char>(sizeof h + size)};
  said.append(reinterpret_cast<const char*>(&h), sizeof h);
  said.append(reinterpret_cast<const char*>(body.data()), size);
  const auto bytes = std::as_bytes(std::span{said});
  return {bytes.begin(), bytes.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(zmq_curve_test)

const bool joined = holds_for(encrypted);

BOOST_AUTO_TEST_CASE(a_sender_without_the_key_is_not_heard_and_the_right_one_still_is) {
  for (const auto& key : {std::string{}, other_key}) {
    world w(encrypted);
    w.bind();
    const auto genuine = w.connect();
    const tcp_forwarder between(w.receiver->where());
    const auto intruder = connect_with(w, key, between.where());
    BOOST_TEST(between.wait_ended());
    BOOST_TEST(takes_nothing(*intruder));
    BOOST_REQUIRE(send_frame(*genuine, 1, 100));
    BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
    BOOST_TEST(nothing_comes(*w.receiver));
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_to_a_receiver_without_the_key) {
  for (const auto& key : {std::string{}, other_key}) {
    world w(clear);
    w.settings.key = key;
    w.bind();
    const tcp_forwarder between(w.receiver->where());
    const auto sender = connect_with(w, our_key, between.where());
    BOOST_TEST(between.wait_ended());
    BOOST_TEST(takes_nothing(*sender));
    BOOST_TEST(nothing_comes(*w.receiver));
  }
}

BOOST_AUTO_TEST_CASE(older_protocols_without_security_are_hung_up_on) {
  for (const int major : {1, 2}) {
    { // the frame is a right one: without encryption it is delivered
      world w(clear);
      w.bind();
      const stranger visitor(w.receiver->where(), SOCK_STREAM);
      visitor.say(old_protocol(major, 5));
      BOOST_TEST(is_frame(next_frame(*w.receiver), 5, 30), "protocol " << major);
    }
    world w(encrypted);
    w.bind();
    const stranger visitor(w.receiver->where(), SOCK_STREAM);
    visitor.say(old_protocol(major, 5));
    BOOST_TEST(visitor.is_hung_up_on(), "protocol " << major);
    BOOST_TEST(nothing_comes(*w.receiver));
  }
}

BOOST_AUTO_TEST_CASE(what_is_on_the_wire_shows_nothing_of_the_frames) {
  const std::string text = "what the robot saw and nobody else may know";
  std::string large;
  while (large.size() < 20'000) // a part of its own, without a copy
    large += text;
  const auto run = std::string(reinterpret_cast<const char*>(&contract_run), sizeof contract_run);
  for (const auto* s : {&clear, &encrypted}) {
    world w(*s);
    w.bind();
    const tcp_forwarder between(w.receiver->where());
    const auto sender = connect_with(w, s->key, between.where());
    std::uint64_t number = 0;
    for (const auto& said : {text, large}) {
      BOOST_REQUIRE(send_body(*sender, number++, payload::copy_of(said)));
      const auto frame = next_frame(*w.receiver);
      BOOST_TEST(same(frame.body, std::as_bytes(std::span{said})));
    }
    const auto heard = between.heard();
    const auto shows = s == &clear;
    BOOST_TEST((heard.find(text.substr(0, 8)) != std::string::npos) == shows);
    BOOST_TEST((heard.find(run) != std::string::npos) == shows);
    BOOST_TEST(heard.find(our_key) == std::string::npos);
    BOOST_TEST(heard.size() > large.size());
  }
}

BOOST_AUTO_TEST_CASE(a_frame_as_large_as_allowed_arrives_and_a_larger_one_does_not) {
  world w(encrypted);
  w.settings.max_frame = 4000; // header and body are one part
  w.bind();
  const auto sender = w.connect();
  BOOST_REQUIRE(send_frame(*sender, 1, 4000));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 4000));
  const auto liar = w.connect();
  BOOST_REQUIRE(send_frame(*liar, 2, 4001));
  BOOST_REQUIRE(send_frame(*sender, 3, 10));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 3, 10));
  BOOST_TEST(nothing_comes(*w.receiver));
}

BOOST_AUTO_TEST_CASE(a_key_of_another_length_is_refused_by_both_ends) {
  for (const auto size : {std::size_t{1}, channel_key_bytes - 1, channel_key_bytes + 1}) {
    world w(clear);
    w.bind();
    w.settings.key = std::string(size, 'k');
    const auto bound = w.kind.receiving->bind(w.settings);
    BOOST_REQUIRE(!bound.ok());
    BOOST_TEST((bound.error().code == errc::internal));
    const auto opened = w.kind.sending->connect(w.settings, w.receiver->where());
    BOOST_REQUIRE(!opened.ok());
    BOOST_TEST((opened.error().code == errc::internal));
  }
}

BOOST_AUTO_TEST_CASE(what_never_leaves_the_machine_needs_no_key) {
  auto ipc = zmq("zmq-ipc", reach::path);
  ipc.key = our_key;
  world w(ipc);
  w.bind();
  const auto sender = connect_with(w, "", w.receiver->where());
  BOOST_REQUIRE(send_frame(*sender, 1, 100));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
}

BOOST_AUTO_TEST_SUITE_END()
