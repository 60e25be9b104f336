// SPDX-License-Identifier: MIT
// The reader of a ring in shared memory against a writer that writes anything anywhere, and says
// what it likes of it.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/row.hpp"
#include "transports/shm/shm_ring.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace {

using namespace peernet;

constexpr std::size_t ring = 8192, most_body = 5000;
enum step : unsigned char { scribble, move_by, move_to, frame, read, steps };

/// A frame with a right checksum, header and body by the input, at the writer's place.
void write_frame(const shm_memory& memory, ring_control& control, row& input) {
  wire_header h;
  const auto changed = input.number<std::uint16_t>() % (sizeof h + 1);
  const auto said = input.bytes(input.number<std::uint16_t>() % most_body);
  h.length = static_cast<std::uint32_t>(said.size());
  const auto front = input.bytes(changed);
  std::memcpy(reinterpret_cast<std::byte*>(&h) + sizeof h - changed, front.data(), front.size());
  set_checksum(h, said);
  const auto length = static_cast<record_length>(sizeof h + said.size());
  auto* const at = memory.ring() + control.written.load() % ring / 8 * 8;
  std::memcpy(at, &length, sizeof length);
  std::memcpy(at + sizeof length, &h, sizeof h);
  std::memcpy(at + sizeof length + sizeof h, said.data(), said.size());
  control.written += ring_record(said.size());
}

} // namespace

PEERNET_FUZZ_TARGET(shm_ring) {
  static const auto memory = [] {
    auto made = shm_memory::make(ring);
    must_hold(made.ok() && made->ring_size() == ring);
    return *std::move(made);
  }();
  std::memset(memory.ring(), 0, ring);
  auto& control = *new (memory.front()) ring_control;
  ring_reader sut(memory, most_body);
  ring_writer other(memory, 1000); // which meets a reader that is just as mad
  for (row input(bytes); !input.over();) {
    switch (input.number() % steps) {
    case scribble: {
      const auto at = input.number<std::uint16_t>() % ring;
      const auto said = input.bytes(input.number());
      std::memcpy(memory.ring() + at, said.data(), said.size()); // the ring is there twice
      break;
    }
    case move_by:
      control.written += input.number<std::uint16_t>();
      break;
    case move_to:
      control.written = input.number<std::uint64_t>();
      control.read = input.number<std::uint64_t>();
      break;
    case frame:
      write_frame(memory, control, input);
      break;
    default: {
      const auto before = sut.position();
      const auto got = sut.read({});
      if (!got)
        return; // nothing in the ring means anything any more
      if (*got) {
        must_hold((*got)->header.size() == sizeof(wire_header) && (*got)->body.size() <= most_body);
        const auto begin = sut.position() - ring_record((*got)->body.size());
        must_hold(begin == before || begin == (before / ring + 1) * ring); // a turn
      } else
        must_hold(sut.position() == before);
      const auto body = payload::copy_of("whatever");
      const auto h = wire_header{};
      (void)other.write({.header = wire_bytes(h), .body = &body});
      (void)sut.sleeps();
      (void)sut.writer_waits();
      (void)other.has_room_or_waits();
    }
    }
  }
}
