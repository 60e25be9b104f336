// SPDX-License-Identifier: MIT
// What every channel must do, whatever carries its bytes. A transport joins with one line in its
// test file, inside a suite:
//   const bool joined = contract::holds_for({.name = "zmq-tcp", .open = open_zmq_tcp});
#pragma once

#include "tests/transports/contract_ending.hpp"
#include "tests/transports/contract_frames.hpp"
#include "tests/transports/contract_reaching.hpp"

namespace peernet::contract {

/// Adds the whole contract for one transport to the suite being declared.
inline bool holds_for(const subject& s) {
  auto* suite = BOOST_TEST_SUITE(s.name);
  const auto add = [&](bool applies, const char* name, void (*check)(const subject&)) {
    if (applies)
      suite->add(
          boost::unit_test::make_test_case([s, check] { check(s); }, name, __FILE__, __LINE__));
  };
  const bool outside = s.reached_by != reach::name;
#define PEERNET_CLAUSE(applies, name) add(applies, #name, &name)
  // Where an end is reached, and by whom.
  PEERNET_CLAUSE(true, says_where_it_can_be_reached);
  PEERNET_CLAUSE(true, two_ends_never_share_an_endpoint);
  PEERNET_CLAUSE(outside, an_address_that_is_not_ours_cannot_be_bound);
  PEERNET_CLAUSE(s.reached_by == reach::path, a_path_is_gone_with_its_end);
  PEERNET_CLAUSE(s.reached_by == reach::address, an_ipv6_address_is_an_address);
  PEERNET_CLAUSE(true, a_sender_becomes_connected);
  PEERNET_CLAUSE(true, who_comes_late_is_heard_beside_a_lane_in_full_flow);
  PEERNET_CLAUSE(true, several_senders_share_one_receiver);
  // What becomes of frames.
  PEERNET_CLAUSE(true, frames_arrive_intact_and_in_order);
  PEERNET_CLAUSE(true, a_frame_stays_whole_while_its_owner_lives);
  PEERNET_CLAUSE(true, a_frame_is_stamped_by_the_clock_it_is_received_with);
  PEERNET_CLAUSE(true, a_body_lives_until_it_is_sent_and_no_longer);
  PEERNET_CLAUSE(s.reliable, a_full_channel_holds_the_sender_back_until_somebody_reads);
  PEERNET_CLAUSE(true, a_frame_above_the_limit_is_not_delivered);
  PEERNET_CLAUSE(outside, strangers_bytes_do_no_harm);
  // How it ends.
  PEERNET_CLAUSE(true, with_nothing_to_receive_the_wait_ends);
  PEERNET_CLAUSE(true, a_stop_wakes_the_receiver);
  PEERNET_CLAUSE(true, after_a_stop_nothing_is_received_any_more);
  PEERNET_CLAUSE(s.reliable, a_body_that_never_left_is_let_go_with_its_channel);
  PEERNET_CLAUSE(s.reliable, closing_with_patience_loses_nothing);
  PEERNET_CLAUSE(true, a_closed_sender_takes_nothing);
  PEERNET_CLAUSE(s.reliable, a_sender_whose_receiver_is_gone_notices);
  PEERNET_CLAUSE(true, a_sender_gone_leaves_the_others_alone);
#undef PEERNET_CLAUSE
  boost::unit_test::framework::current_auto_test_suite().add(suite);
  return true;
}

} // namespace peernet::contract
