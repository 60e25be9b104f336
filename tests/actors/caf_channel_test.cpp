// SPDX-License-Identifier: MIT
// The transport `caf` keeps the contract of all channels, between two actor systems that are joined
// as two nodes are.
#include "actors/attach.hpp"
#include "actors/caf_channel.hpp"
#include "actors/child_process.hpp"
#include "actors/node.hpp"
#include "actors/system_config.hpp"
#include "tests/support/why.hpp"
#include "tests/transports/channel_contract.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

using namespace peernet;
using namespace peernet::contract;

namespace {

/// A node's process as far as the channel sees it.
struct node_process {
  system_config config;
  caf::actor_system system{config};
  peer_table peers;
  caf_channel channel{system, peers};
  node_actor root = system.spawn(
      actors::node, actors::node_config{
                        .types = nullptr, .known = nullptr, .peers = &peers, .channels = &channel});
  ~node_process() {
    peers.clear();
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  }
};

/// Two nodes and their connection. CAF wants an actor system destroyed by the thread that made it,
/// so both live until the test lets go of the receiving one.
struct joined_nodes {
  joined_nodes() {
    const auto pair = make_socket_pair();
    BOOST_REQUIRE(pair.ok());
    wire = ::dup(pair->ours);
    announce(pair->theirs);
    BOOST_REQUIRE(attach_as(receiving.system, pair->ours,
                            caf::actor_cast<caf::strong_actor_ptr>(receiving.root), local_handshake,
                            test_deadline)
                      .ok());
    const auto root = attach_to(sending.system, pair->theirs, test_deadline);
    BOOST_REQUIRE_MESSAGE(root.ok(), why(root));
    sending.peers.add(0, caf::actor_cast<node_actor>(*root)); // the receiving node is number 0
  }
  ~joined_nodes() { ::close(wire); }
  /// As when the sending process ends: what it did not get rid of is lost.
  void cut() const { ::shutdown(wire, SHUT_RDWR); }

  node_process receiving, sending;
  int wire = -1;
};

transport two_nodes() {
  const auto nodes = std::make_shared<joined_nodes>();
  return {.receiving = {nodes, &nodes->receiving.channel},
          .sending = {&nodes->sending.channel, [nodes](caf_channel*) { nodes->cut(); }}};
}

/// Both ends on one node, as a link that is forced to use its transport.
transport one_node() {
  const auto node = std::make_shared<node_process>();
  node->peers.add(0, node->root);
  return {.receiving = {node, &node->channel}, .sending = {node, &node->channel}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(caf_channel_test)

const bool between_nodes =
    holds_for({.name = "between_nodes", .open = two_nodes, .reached_by = reach::name});
const bool within_a_node = holds_for(
    {.name = "within_a_node", .open = one_node, .reached_by = reach::name, .lends_bodies = true});

BOOST_AUTO_TEST_CASE(a_node_without_a_direct_connection_cannot_be_sent_to) {
  const auto t = one_node();
  const auto none = t.sending->connect({}, {.node = 7, .network = "", .address = "x", .port = 0});
  BOOST_REQUIRE(!none.ok());
  BOOST_CHECK(none.error().code == errc::not_found);
}

BOOST_AUTO_TEST_CASE(an_end_that_is_not_there_closes_the_sender) {
  const auto t = two_nodes();
  auto sender =
      t.sending->connect({}, {.node = 0, .network = "", .address = "no-such-end", .port = 0});
  BOOST_REQUIRE(sender.ok());
  BOOST_TEST((*sender)->wait_writable(test_deadline)); // there is news: it is closed
  BOOST_TEST(!(*sender)->connected());
  const auto body = body_of(1, 0);
  const auto h = header_of(0, 1);
  BOOST_CHECK((*sender)->try_send({.header = wire_bytes(h), .body = &body}) == send_status::closed);
}

BOOST_AUTO_TEST_CASE(no_more_frames_are_under_way_than_the_queue_says) {
  const auto t = two_nodes();
  channel_settings settings;
  settings.queue = 3;
  auto receiver = t.receiving->bind(settings);
  BOOST_REQUIRE(receiver.ok());
  auto sender = t.sending->connect(settings, (*receiver)->where());
  BOOST_REQUIRE(sender.ok());
  BOOST_REQUIRE(wait_connected(**sender));
  const auto body = body_of(10, 0);
  const auto send = [&](std::uint64_t n) {
    const auto h = header_of(n, body.size());
    return (*sender)->try_send({.header = wire_bytes(h), .body = &body});
  };
  for (std::uint64_t n = 0; n < 3; ++n)
    BOOST_CHECK(send(n) == send_status::sent);
  BOOST_CHECK(send(3) == send_status::would_block);
  (void)next_frame(**receiver);
  BOOST_TEST((*sender)->wait_writable(test_deadline));
  BOOST_CHECK(send(3) == send_status::sent);
}

BOOST_AUTO_TEST_CASE(an_end_is_known_by_its_name_while_it_lives) {
  node_process node;
  auto& channel = node.channel;
  auto end = channel.bind({});
  BOOST_REQUIRE(end.ok());
  const auto name = (*end)->where().address;
  BOOST_TEST(static_cast<bool>(channel.find_end(name)));
  BOOST_TEST(!channel.find_end("another"));
  (*end).reset();
  BOOST_TEST(!channel.find_end(name));
}

BOOST_AUTO_TEST_SUITE_END()
