// SPDX-License-Identifier: MIT
// Frames through sockets with next to no room.
#include "tests/transports/channel_world.hpp"
#include "transports/descriptor.hpp"
#include "transports/tcp/tcp_frame_writer.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>

using namespace peernet;
using namespace peernet::contract;

namespace {

using progress = frame_writer::progress;
using bytes = std::vector<std::byte>;

const std::string key(record_key_bytes, 'k');

/// Two ends of a stream; ours has as little room as the kernel allows.
struct narrow_pair {
  narrow_pair() {
    int both[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) == 0);
    ours = descriptor(both[0]);
    theirs = descriptor(both[1]);
    const int least = 1;
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  }
  /// Reads at most `most` bytes of what is there.
  void read(bytes& into, std::size_t most) const {
    bytes some(most);
    const auto n = ::recv(theirs.get(), some.data(), some.size(), MSG_DONTWAIT);
    if (n > 0)
      into.insert(into.end(), some.begin(), some.begin() + n);
  }
  descriptor ours, theirs;
};

struct written {
  bytes stream;
  std::size_t pauses = 0;
};

/// Writes frames of these sizes, reading `piece` bytes at a time whenever there is no room.
written write_all(std::initializer_list<std::size_t> sizes, std::string_view record_key,
                  std::size_t piece) {
  const narrow_pair pair;
  frame_writer sut;
  sut.open(pair.ours.get(), record_key);
  written all;
  std::uint64_t number = 0;
  for (const auto size : sizes) {
    const auto body = body_of(size, number);
    const auto h = header_of(number++, size);
    auto how = progress::refused;
    while ((how = sut.begin({.header = wire_bytes(h), .body = &body})) == progress::refused)
      pair.read(all.stream, piece);
    while (how == progress::pending) {
      ++all.pauses;
      pair.read(all.stream, piece);
      how = sut.go_on();
    }
    BOOST_REQUIRE((how == progress::done));
  }
  for (auto before = all.stream.size() + 1; before != all.stream.size();) {
    before = all.stream.size();
    pair.read(all.stream, 1u << 20);
  }
  BOOST_TEST(sut.bytes() == all.stream.size());
  return all;
}

void expect_frames(std::span<const std::byte> stream, std::initializer_list<std::size_t> sizes) {
  frame_reader reader(SIZE_MAX / 2);
  std::uint64_t number = 0;
  for (const auto size : sizes) {
    const auto whole = reader.take(stream);
    BOOST_REQUIRE((whole.ok() && *whole));
    BOOST_TEST(is_frame(reader.release({}), number++, size));
  }
  BOOST_TEST(stream.empty());
}

} // namespace

BOOST_AUTO_TEST_SUITE(tcp_frame_writer_test)

BOOST_AUTO_TEST_CASE(frames_pass_a_socket_that_takes_a_few_bytes_at_a_time) {
  const auto sizes = {std::size_t{0}, std::size_t{5}, std::size_t{3000}, std::size_t{200'000}};
  for (const std::size_t piece : {100u, 1000u, 1u << 16}) {
    const auto all = write_all(sizes, "", piece);
    BOOST_TEST(all.pauses > 0u);
    expect_frames(all.stream, sizes);
  }
}

BOOST_AUTO_TEST_CASE(so_do_sealed_ones_and_they_open_to_the_same_stream) {
  const auto sizes = {std::size_t{0}, std::size_t{5}, most_sealed, std::size_t{200'000}};
  const auto all = write_all(sizes, key, 1000);
  BOOST_TEST(all.pauses > 0u);
  record_cipher cipher(key);
  bytes plain;
  for (std::span<const std::byte> left = all.stream; !left.empty();) {
    const auto size = record_cipher::announced(left.first<record_head>());
    BOOST_REQUIRE((size && *size <= left.size()));
    bytes text(*size - record_overhead);
    BOOST_REQUIRE(cipher.open(left.first(*size), text));
    plain.insert(plain.end(), text.begin(), text.end());
    left = left.subspan(*size);
  }
  expect_frames(plain, sizes);
}

BOOST_AUTO_TEST_CASE(without_any_room_nothing_is_taken) {
  const narrow_pair pair;
  frame_writer sut;
  sut.open(pair.ours.get(), "");
  bytes filling(1000);
  while (::send(pair.ours.get(), filling.data(), filling.size(), MSG_DONTWAIT) > 0) {
  }
  const auto let_go = std::make_shared<std::binary_semaphore>(0);
  {
    const auto body = watched_memory::make(500, 0, let_go);
    const auto h = header_of(0, 500);
    BOOST_TEST((sut.begin({.header = wire_bytes(h), .body = &body}) == progress::refused));
  }
  BOOST_TEST(let_go->try_acquire()); // not held either
  BOOST_TEST((sut.go_on() == progress::done));
}

BOOST_AUTO_TEST_CASE(the_owner_of_a_body_is_held_until_its_last_byte_left_or_it_is_dropped) {
  for (const bool dropped : {false, true}) {
    const narrow_pair pair;
    frame_writer sut;
    sut.open(pair.ours.get(), "");
    const auto let_go = std::make_shared<std::binary_semaphore>(0);
    {
      const auto body = watched_memory::make(300'000, 0, let_go);
      const auto h = header_of(0, 300'000);
      BOOST_TEST((sut.begin({.header = wire_bytes(h), .body = &body}) == progress::pending));
    }
    BOOST_TEST(!let_go->try_acquire());
    if (dropped) {
      sut.drop();
    } else {
      bytes stream;
      auto how = progress::pending;
      while (how == progress::pending) {
        BOOST_TEST(!let_go->try_acquire());
        pair.read(stream, 1u << 16);
        how = sut.go_on();
      }
    }
    BOOST_TEST(let_go->try_acquire());
  }
}

BOOST_AUTO_TEST_CASE(a_socket_nobody_reads_any_more_is_broken_and_says_why) {
  for (const auto& with : {std::string{}, key}) {
    narrow_pair pair;
    frame_writer sut;
    sut.open(pair.ours.get(), with);
    pair.theirs.reset();
    const auto body = body_of(100, 0);
    const auto h = header_of(0, 100);
    BOOST_TEST((sut.begin({.header = wire_bytes(h), .body = &body}) == progress::broken));
    BOOST_TEST(sut.error_code() == EPIPE);
  }
}

BOOST_AUTO_TEST_SUITE_END()
