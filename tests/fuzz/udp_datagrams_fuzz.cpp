// SPDX-License-Identifier: MIT
// Rows of datagrams at a receiving end of `udp`, in the clear and sealed: greetings, frames, parts
// of frames that may never be whole. What a sending end hears is read here, too.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/transports/udp/udp_feed.hpp"

#include <cstring>
#include <vector>

namespace {

void hear_answer(std::span<const std::byte> bytes) {
  using namespace peernet;
  static const datagram_sealer sealer(std::string(channel_key_bytes, 'k'), session_id{});
  std::vector<std::byte> answer(bytes.begin(), bytes.end());
  must_hold(!sealer.open_answer(answer)); // nobody here has sealed one
  if (const auto content = checked_content(answer))
    if (const auto greeting = read_greeting(*content, greeting_kind::answer, 0))
      must_hold(greeting->run == 0 && greeting->kind == greeting_kind::answer);
}

} // namespace

PEERNET_FUZZ_TARGET(udp_datagrams) {
  using namespace peernet;
  feed_udp(bytes, [](const udp_intake::taken& taken, std::size_t said) {
    must_hold(taken.answer.size() <= said); // nobody can make us shout at others
    if (!taken.frame)
      return;
    wire_header h;
    must_hold(taken.frame->header.size() == sizeof h);
    std::memcpy(&h, taken.frame->header.data(), sizeof h);
    must_hold(h.length == taken.frame->body.size() && h.fragments == 1 && h.fragment == 0);
    must_hold(read_header(taken.frame->header, taken.frame->body.size(), udp_feed_body, 0).ok());
  });
  hear_answer(bytes);
}
