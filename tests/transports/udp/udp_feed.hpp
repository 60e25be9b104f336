// SPDX-License-Identifier: MIT
// Any bytes as what may arrive at a receiving end of udp: for a fuzzer and for tests. Nothing comes
// out but counts.
#pragma once

#include "transports/udp/udp_intake.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace peernet {

/// Of any frame of `feed_udp`, bytes.
inline constexpr std::size_t udp_feed_body = 100'000;

/// Feeds an end in the clear and one with a key. The input is a row of datagrams, each behind two
/// bytes: how it is wrapped (as it is for either end, with a right CRC32C, sealed with the right
/// key) and how long it is, in units of 8 bytes. `see` is shown what was genuine, and the bytes of
/// its datagram; the right wrapping lets contents through to the header's checks and to the
/// reassembly.
inline void feed_udp(
    std::span<const std::byte> input,
    const std::function<void(const udp_intake::taken&, std::size_t)>& see = [](auto&, auto) {}) {
  const std::string key(channel_key_bytes, 'k');
  const auto made = [](const std::string& with) {
    return udp_intake::settings{
        .key = with, .run = 0, .max_body = udp_feed_body, .reassembly = duration{20}};
  };
  udp_intake clear(made({})), keyed(made(key));
  datagram_sealer sealer(key, session_id{});
  for (std::int64_t now = 0; input.size() >= 2; ++now) {
    const auto how = std::to_integer<unsigned>(input[0]) % 4;
    const auto length = std::min(std::to_integer<std::size_t>(input[1]) * 8, input.size() - 2);
    const auto said = input.subspan(2, length);
    input = input.subspan(2 + length);
    const bool with_key = how >= 2;
    const udp_cut around{.datagram = 0, .sealed = with_key};
    const bool wrapped = how % 2 == 1;
    const auto front = wrapped ? around.front() : 0, back = wrapped ? around.back() : 0;
    auto datagram = buffer::acquire(front + said.size() + back);
    std::ranges::copy(said, datagram.data() + front);
    if (wrapped && !with_key)
      put_checksum(datagram.bytes());
    else if (wrapped && !sealer.seal(datagram.bytes()))
      return;
    const auto size = datagram.size();
    if (const auto taken = (with_key ? keyed : clear).take(datagram, stamp_from_ns(now)))
      see(*taken, size);
    (with_key ? clear : keyed).expire(stamp_from_ns(now));
  }
}

} // namespace peernet
