// SPDX-License-Identifier: MIT
#include "tests/transports/channel_contract.hpp"
#include "tests/transports/tcp/tcp_world.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');
const auto clear = tcp("tcp");
const auto sealed = tcp("encrypted tcp", our_key);

} // namespace

BOOST_AUTO_TEST_SUITE(tcp_channel_test)

const bool clear_joined = holds_for(clear);
const bool sealed_joined = holds_for(sealed);

BOOST_AUTO_TEST_SUITE_END()
