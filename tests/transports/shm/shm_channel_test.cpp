// SPDX-License-Identifier: MIT
#include "tests/transports/channel_contract.hpp"
#include "tests/transports/tcp/tcp_world.hpp"
#include "transports/shm/shm_channel.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

subject shm() {
  return {.name = "shm",
          .open =
              [] {
                return transport{node_with("shm", register_shm_channel),
                                 node_with("shm", register_shm_channel)};
              },
          .reached_by = reach::path,
          .largest_body = default_ring / 2};
}

} // namespace

BOOST_AUTO_TEST_SUITE(shm_channel_test)

const bool joined = holds_for(shm());

BOOST_AUTO_TEST_SUITE_END()
