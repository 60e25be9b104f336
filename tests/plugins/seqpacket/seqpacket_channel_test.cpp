// SPDX-License-Identifier: MIT
// A transport out of a shared library passes the contract that PeerNet's own pass.
#include "runtime/plugin/registry.hpp"
#include "tests/transports/channel_contract.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

/// The transport as a node has it: by way of a registry that loads the library.
std::shared_ptr<channel_kind> loaded() {
  const auto types =
      std::make_shared<registry>(std::vector<std::filesystem::path>{PEERNET_EXAMPLES});
  const auto ready = types->ensure_module("seqpacket");
  BOOST_REQUIRE_MESSAGE(ready.ok(), why(ready));
  const auto kind = types->find_channel("seqpacket");
  BOOST_REQUIRE_MESSAGE(kind.ok(), why(kind));
  return {types, *kind};
}

subject seqpacket() {
  return {.name = "seqpacket",
          .open =
              [] {
                return transport{loaded(), loaded()};
              },
          .reached_by = reach::path,
          .largest_body = 300'000,
          .socket_type = SOCK_SEQPACKET};
}

} // namespace

BOOST_AUTO_TEST_SUITE(seqpacket_channel_test)

const bool joined = holds_for(seqpacket());

BOOST_AUTO_TEST_CASE(what_is_larger_than_a_packet_is_refused_with_the_remedy) {
  const auto about = seqpacket();
  world w(about);
  w.settings.own.set("buffer", std::int64_t{10'000});
  w.bind();
  const auto sender = w.connect();
  const auto status = [&](std::size_t size) {
    const auto body = body_of(size, 0);
    const auto h = header_of(0, size);
    return sender->try_send({.header = wire_bytes(h), .body = &body});
  };
  BOOST_TEST((status(20'000) == send_status::too_large));
  BOOST_TEST(sender->limit().find("`buffer`") != std::string::npos, sender->limit());
  BOOST_TEST((status(20'000 - 120) == send_status::sent)); // as the declaration says
  BOOST_TEST(is_frame(next_frame(*w.receiver), 0, 20'000 - 120));
  BOOST_TEST(*sender->report().bytes == *w.receiver->report().bytes);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_gone_is_told_once) {
  const auto about = seqpacket();
  world w(about);
  w.bind();
  const auto sender = w.connect();
  w.receiver.reset();
  BOOST_TEST(!send_frame(*sender, 0, 10));
  BOOST_TEST(!sender->connected());
  BOOST_TEST(sender->outage().value_or("").find(".seqpacket: ") != std::string::npos);
  BOOST_TEST(!sender->outage());
}

BOOST_AUTO_TEST_SUITE_END()
