// SPDX-License-Identifier: MIT
// The header in front of every frame on every byte channel.
#include "tests/fuzz/fuzz_target.hpp"
#include "transports/wire.hpp"

#include <algorithm>
#include <cstring>

namespace {
constexpr std::uint64_t run = 0x0123456789ABCDEF;
constexpr std::size_t max_body = 1 << 20;
} // namespace

PEERNET_FUZZ_TARGET(wire_header) {
  using namespace peernet;
  const auto head = bytes.first(std::min(bytes.size(), sizeof(wire_header)));
  const auto body = bytes.size() - head.size();
  auto header = read_header(head, body, max_body, run);
  if (!header)
    return;
  must_hold(header->length == body && body <= max_body && header->run == run &&
            header->fragment < header->fragments);
  // What was believed goes out as it came in.
  const auto sample = sample_header_of(*header);
  (void)format_of(*header);
  must_hold(sample.trace.number() == header->trace && sample.route == header->route);
  must_hold(std::memcmp(wire_bytes(*header).data(), head.data(), sizeof(wire_header)) == 0);
}
