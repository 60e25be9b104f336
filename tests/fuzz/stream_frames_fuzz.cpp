// SPDX-License-Identifier: MIT
// Frames in a stream, cut as a network may cut it, read by a copy or straight into their place.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/row.hpp"
#include "transports/tcp/stream_frames.hpp"

#include <algorithm>
#include <cstring>

PEERNET_FUZZ_TARGET(stream_frames) {
  using namespace peernet;
  constexpr std::size_t most = 4096;
  frame_reader sut(most);
  row input(bytes);
  const std::size_t piece = 1 + input.number();
  std::size_t fed = 0, told = 0;
  const auto hand_on = [&] {
    const auto frame = sut.release({});
    wire_header h;
    must_hold(frame.header.size() == sizeof h && frame.body.size() <= most);
    std::memcpy(&h, frame.header.data(), sizeof h);
    must_hold(h.length == frame.body.size() && h.version == wire_version);
    told += frame_front + frame.body.size();
    must_hold(told <= fed && sut.between_frames() && sut.unfinished() == 0);
  };
  while (!input.over()) {
    auto some = input.bytes(piece);
    fed += some.size();
    if (const auto place = sut.missing(); piece % 2 == 1 && !place.empty()) {
      const auto direct = some.first(std::min(place.size(), some.size()));
      std::ranges::copy(direct, place.begin());
      some = some.subspan(direct.size());
      if (sut.filled(direct.size()))
        hand_on();
    }
    while (!some.empty()) {
      const auto whole = sut.take(some);
      if (!whole)
        return;
      if (*whole)
        hand_on();
      must_hold(sut.unfinished() <= sizeof(wire_header) + most);
    }
  }
}
