// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "tests/transports/channel_world.hpp"
#include "transports/crc32c.hpp"
#include "transports/shm/shm_ring.hpp"

#include <boost/test/unit_test.hpp>

#include <new>
#include <unistd.h>

using namespace peernet;
using namespace peernet::contract;

namespace {

using verdict = ring_writer::verdict;

/// A ring with both its sides; the reader has the memory a second time, as another process would.
struct both_sides {
  explicit both_sides(std::size_t size, std::size_t frames = 1000, std::size_t max_body = 1u << 20)
      : memory(make(size)),
        again(*shm_memory::open(descriptor(::dup(memory.file())))),
        writer(memory, frames),
        reader(again, max_body) {}

  static shm_memory make(std::size_t size) {
    auto made = shm_memory::make(size);
    BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
    return *std::move(made);
  }
  [[nodiscard]] verdict write(std::uint64_t number, std::size_t size) {
    const auto body = body_of(size, number);
    const auto h = header_of(number, size);
    return writer.write({.header = wire_bytes(h), .body = &body});
  }
  [[nodiscard]] bool reads(std::uint64_t number, std::size_t size) {
    const auto r = reader.read({});
    return r.ok() && r->has_value() && is_frame(**r, number, size);
  }
  [[nodiscard]] bool is_corrupt() {
    const auto r = reader.read({});
    return !r.ok() && r.error().code == errc::corrupt;
  }
  [[nodiscard]] ring_control& control() {
    return *std::launder(reinterpret_cast<ring_control*>(memory.front()));
  }

  shm_memory memory, again;
  ring_writer writer;
  ring_reader reader;
};

constexpr std::size_t page = 4096;

} // namespace

BOOST_AUTO_TEST_SUITE(shm_ring_test)

BOOST_AUTO_TEST_CASE(frames_come_out_as_they_went_in_round_after_round) {
  both_sides r(3 * page); // no power of two
  std::uint64_t number = 0;
  random_source random(1);
  for (int i = 0; i < 5000; ++i) {
    const auto size = random.between(0, 3 * page - 96);
    BOOST_REQUIRE((r.write(number, size) == verdict::written));
    BOOST_REQUIRE(r.reads(number++, size));
  }
  const auto none = r.reader.read({});
  BOOST_TEST((none.ok() && !none->has_value()));
}

BOOST_AUTO_TEST_CASE(a_full_ring_takes_nothing_and_goes_on_once_there_is_room) {
  both_sides r(2 * page);
  std::uint64_t in = 0, out = 0;
  for (int round = 0; round < 100; ++round) {
    while (r.write(in, 1000) == verdict::written)
      ++in;
    BOOST_TEST(in - out == 2 * page / ring_record(1000));
    BOOST_TEST(r.reads(out++, 1000));
    BOOST_TEST(r.reads(out++, 1000));
  }
}

BOOST_AUTO_TEST_CASE(frames_are_limited_too_so_that_small_ones_do_not_grow_stale) {
  both_sides r(64 * page, 3);
  for (std::uint64_t n = 0; n < 3; ++n)
    BOOST_TEST((r.write(n, 10) == verdict::written));
  BOOST_TEST((r.write(3, 10) == verdict::full));
  BOOST_TEST(r.reads(0, 10));
  BOOST_TEST((r.write(3, 10) == verdict::written));
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_is_told_apart) {
  both_sides r(page);
  BOOST_TEST((r.write(0, page - 92) == verdict::written));
  BOOST_TEST(r.reads(0, page - 92));
  BOOST_TEST((r.write(1, page - 91) == verdict::too_large));
}

BOOST_AUTO_TEST_CASE(a_record_lies_in_the_ring_as_documented) {
  both_sides r(page);
  BOOST_REQUIRE((r.write(7, 5) == verdict::written));
  const std::span<const std::byte> record(r.memory.ring(), ring_record(5));
  BOOST_TEST(record.size() == 104u); // 4 + 88 + 5, up to a multiple of 8
  record_length length = 0;
  wire_header h;
  std::memcpy(&length, record.data(), sizeof length);
  std::memcpy(&h, record.data() + 4, sizeof h);
  BOOST_TEST(length == 93u);
  BOOST_TEST((h.sequence == 7 && h.flags == wire_checksum));
  const auto body = body_of(5, 7);
  BOOST_TEST(same(record.subspan(92, 5), body.bytes()));
  const auto claimed = std::exchange(h.checksum, 0);
  BOOST_TEST(claimed == crc32c(crc32c(0, wire_bytes(h)), body.bytes()));
  BOOST_TEST(r.control().written == 104u);
  BOOST_TEST(offsetof(ring_control, read) == 64u);
  BOOST_TEST(offsetof(ring_control, reader_sleeps) == 128u);
  BOOST_TEST(offsetof(ring_control, writer_waits) == 192u);
}

BOOST_AUTO_TEST_CASE(a_writer_all_of_whose_frames_were_read_begins_at_the_front_again) {
  both_sides r(2 * page);
  BOOST_REQUIRE((r.write(0, 1000) == verdict::written));
  BOOST_TEST(r.reads(0, 1000));
  const auto one = ring_record(1000);
  BOOST_REQUIRE((r.write(1, 900) == verdict::written)); // the ring is empty, and it fits in front
  record_length turn = 0;
  std::memcpy(&turn, r.memory.ring() + one, sizeof turn);
  BOOST_TEST(turn == ring_turn);
  BOOST_TEST(r.control().written == 2 * page + ring_record(900));
  BOOST_REQUIRE((r.write(2, 10) == verdict::written)); // not empty: goes on
  BOOST_TEST(r.control().written == 2 * page + ring_record(900) + ring_record(10));
  BOOST_TEST((r.reads(1, 900) && r.reads(2, 10)));
  BOOST_REQUIRE((r.write(3, 2 * page - 96) == verdict::written)); // would not fit in front
  BOOST_TEST(r.control().written > 4 * page);
  BOOST_TEST(r.reads(3, 2 * page - 96));
}

BOOST_AUTO_TEST_CASE(a_turn_to_where_nothing_was_written_is_corrupt) {
  for (const std::uint64_t said :
       {std::uint64_t{8}, std::uint64_t{page - 8}, std::uint64_t{page}}) {
    both_sides r(page);
    r.control().written = said;
    std::memcpy(r.memory.ring(), &ring_turn, sizeof ring_turn);
    BOOST_TEST(r.is_corrupt(), said);
  }
  both_sides twice(page); // and a turn leads to a record
  BOOST_REQUIRE((twice.write(0, 30) == verdict::written));
  BOOST_TEST(twice.reads(0, 30));
  BOOST_REQUIRE((twice.write(1, 30) == verdict::written));
  std::memcpy(twice.memory.ring(), &ring_turn, sizeof ring_turn);
  BOOST_TEST(twice.is_corrupt());
}

BOOST_AUTO_TEST_CASE(every_damaged_bit_of_a_record_is_found) {
  for (std::size_t bit = 0; bit < 8 * (4 + 88 + 30); ++bit) {
    both_sides r(page, 10, 30);
    BOOST_REQUIRE((r.write(1, 30) == verdict::written));
    r.memory.ring()[bit / 8] ^= std::byte{1} << bit % 8;
    BOOST_REQUIRE_MESSAGE(r.is_corrupt(), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(impossible_positions_and_lengths_are_refused_by_the_reader) {
  for (const std::uint64_t position :
       {std::uint64_t{page} + 8, std::uint64_t{1} << 63, UINT64_MAX, std::uint64_t{1}}) {
    both_sides r(page);
    r.control().written = position;
    BOOST_TEST(r.is_corrupt(), position);
  }
  for (const record_length length : {0u, 87u, 1000u, 0x7fff'ffffu, 0xffff'ffffu}) {
    both_sides r(page);
    BOOST_REQUIRE((r.write(1, 30) == verdict::written));
    std::memcpy(r.memory.ring(), &length, sizeof length);
    BOOST_TEST(r.is_corrupt(), length);
  }
  both_sides small(page, 10, 29);
  BOOST_REQUIRE((small.write(1, 30) == verdict::written));
  BOOST_TEST(small.is_corrupt());
}

BOOST_AUTO_TEST_CASE(impossible_positions_are_refused_by_the_writer) {
  for (const std::uint64_t position : {std::uint64_t{1}, UINT64_MAX}) {
    both_sides r(page);
    r.control().read = position;
    BOOST_TEST((r.write(0, 10) == verdict::broken), position);
  }
  both_sides r(page);
  r.control().frames_read = 1;
  BOOST_TEST((r.write(0, 10) == verdict::broken));
}

BOOST_AUTO_TEST_CASE(a_ring_full_of_nonsense_never_does_harm) {
  random_source random(5);
  std::size_t frames = 0, refused = 0;
  both_sides r(2 * page);
  for (int i = 0; i < 20'000; ++i) {
    r.reader = ring_reader(r.again, 5000);
    r.writer = ring_writer(r.memory, 1000);
    std::memset(r.memory.front(), 0, sizeof(ring_control));
    for (std::uint64_t n = 0; n < 3; ++n)
      BOOST_REQUIRE((r.write(n, 500) == verdict::written));
    for (auto n = random.between(0, 3); n > 0; --n)
      r.memory.ring()[random.between(0, 1800)] = static_cast<std::byte>(random.next());
    if (random.between(0, 3) == 0)
      r.control().written = random.between(0, 3 * page);
    for (;;) {
      const auto frame = r.reader.read({});
      if (!frame.ok()) {
        ++refused;
        break;
      }
      if (!*frame)
        break;
      BOOST_REQUIRE((*frame)->body.size() <= 5000u);
      ++frames;
    }
  }
  BOOST_TEST((frames > 0 && refused > 0));
}

BOOST_AUTO_TEST_CASE(a_sleeping_reader_is_woken_once_and_one_with_work_does_not_sleep) {
  both_sides r(page);
  BOOST_TEST(r.reader.sleeps());
  BOOST_REQUIRE((r.write(0, 10) == verdict::written));
  BOOST_TEST(r.writer.reader_sleeps());
  BOOST_TEST(!r.writer.reader_sleeps());
  BOOST_TEST(!r.reader.sleeps());
  BOOST_TEST(!r.writer.reader_sleeps());
}

BOOST_AUTO_TEST_CASE(a_writer_that_waits_is_told_of_room_once) {
  both_sides r(page, 1);
  BOOST_REQUIRE((r.write(0, 10) == verdict::written));
  BOOST_REQUIRE((r.write(1, 10) == verdict::full));
  BOOST_TEST(!r.writer.has_room_or_waits());
  BOOST_TEST(r.reads(0, 10));
  BOOST_TEST(r.reader.writer_waits());
  BOOST_TEST(!r.reader.writer_waits());
  BOOST_TEST(r.writer.has_room_or_waits());
}

BOOST_AUTO_TEST_SUITE_END()
