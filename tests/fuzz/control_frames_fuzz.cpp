// SPDX-License-Identifier: MIT
// The frames between coordinator and machine, cut as a network may cut them.
#include "actors/remote/frames.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

PEERNET_FUZZ_TARGET(control_frames) {
  using namespace peernet;
  frame_parser parser;
  // The first byte says how large the pieces are that come in.
  const std::size_t piece = bytes.empty() ? 1 : 1 + static_cast<std::uint8_t>(bytes.front());
  std::size_t fed = 0, told = 0;
  while (fed < bytes.size()) {
    const auto room = parser.room();
    must_hold(!room.empty());
    const auto n = std::min({room.size(), piece, bytes.size() - fed});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(fed), n, room.begin());
    parser.filled(n);
    fed += n;
    for (;;) {
      auto frame = parser.next();
      if (!frame) {
        must_hold(!parser.next().ok()); // for good
        return;
      }
      if (!*frame)
        break;
      told += frame_head + (*frame)->body.size();
      must_hold(told <= fed);
    }
  }
}
