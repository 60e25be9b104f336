// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "tests/transports/tcp/stream_bytes.hpp"
#include "transports/tcp/stream_frames.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using namespace peernet::contract;

namespace {

constexpr std::size_t most = 10'000;

using bytes = byte_vector;

bytes stream_of(std::initializer_list<std::size_t> sizes) {
  bytes all;
  std::uint64_t number = 0;
  for (const auto size : sizes) {
    const auto frame = framed(number++, size);
    all.insert(all.end(), frame.begin(), frame.end());
  }
  return all;
}

/// What came out of a stream, in pieces of at most `piece` bytes.
struct reading {
  std::vector<incoming_frame> frames;
  std::optional<errc> broke;
};

reading read_all(frame_reader& sut, std::span<const std::byte> stream, std::size_t piece) {
  reading all;
  while (!stream.empty()) {
    auto some = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(some.size());
    while (!some.empty()) {
      const auto whole = sut.take(some);
      if (!whole.ok()) {
        all.broke = whole.error().code;
        return all;
      }
      if (*whole)
        all.frames.push_back(sut.release({}));
    }
  }
  return all;
}

bytes with_length(std::uint32_t length) {
  auto all = stream_of({20});
  std::memcpy(all.data(), &length, sizeof length);
  return all;
}

template <class Change>
bytes with_header(Change change) {
  auto all = stream_of({20});
  wire_header h;
  std::memcpy(&h, all.data() + sizeof(frame_length), sizeof h);
  change(h);
  std::memcpy(all.data() + sizeof(frame_length), &h, sizeof h);
  return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(stream_frames_test)

BOOST_AUTO_TEST_CASE(frames_come_out_whole_however_the_stream_is_cut) {
  const auto sizes = {std::size_t{0}, std::size_t{1}, std::size_t{500}, most, std::size_t{0}};
  const auto stream = stream_of(sizes);
  for (const std::size_t piece : {1u, 2u, 3u, 4u, 5u, 91u, 92u, 93u, 1000u, 1u << 20}) {
    frame_reader sut(most);
    const auto all = read_all(sut, stream, piece);
    BOOST_REQUIRE(all.frames.size() == sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i)
      BOOST_TEST(is_frame(all.frames[i], i, sizes.begin()[i]), i << " in pieces of " << piece);
    BOOST_TEST(sut.between_frames());
    BOOST_TEST(sut.unfinished() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_layout_of_bytes_that_never_changes) {
  const auto stream = stream_of({2});
  BOOST_TEST(stream.size() == 4u + 88u + 2u);
  BOOST_TEST((stream[0] == std::byte{90} && stream[1] == std::byte{0} &&
              stream[2] == std::byte{0} && stream[3] == std::byte{0}));
  BOOST_TEST((stream[4] == std::byte{'P'} && stream[5] == std::byte{'N'}));
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_body_may_be_put_in_its_place_without_a_copy) {
  const auto stream = stream_of({1000});
  frame_reader sut(most);
  BOOST_TEST(sut.missing().empty());
  std::span<const std::byte> front(stream.data(), frame_front + 100);
  const auto whole = sut.take(front);
  BOOST_REQUIRE((whole.ok() && !*whole));
  BOOST_REQUIRE(sut.missing().size() == 900u);
  BOOST_TEST(!sut.between_frames());
  for (const std::size_t n : {400u, 500u}) {
    std::memcpy(sut.missing().data(), stream.data() + stream.size() - sut.missing().size(), n);
    BOOST_TEST(sut.filled(n) == (n == 500));
  }
  BOOST_TEST(is_frame(sut.release({}), 0, 1000));
  BOOST_TEST(sut.between_frames());
}

BOOST_AUTO_TEST_CASE(an_impossible_length_is_refused_as_soon_as_it_is_there) {
  for (const std::uint32_t length :
       {0u, 1u, 87u, static_cast<unsigned>(most) + 89u, 0x7fff'ffffu, 0xffff'ffffu}) {
    frame_reader sut(most);
    const auto all = with_length(length);
    std::span<const std::byte> four(all.data(), 4);
    const auto r = sut.take(four);
    BOOST_REQUIRE(!r.ok());
    BOOST_TEST((r.error().code == errc::corrupt), length);
  }
}

BOOST_AUTO_TEST_CASE(a_header_that_is_not_ours_is_refused_before_memory_is_taken) {
  for (const auto& bad :
       {with_header([](auto& h) { h.magic[0] = 'X'; }), with_header([](auto& h) { h.version = 9; }),
        with_header([](auto& h) { h.size = 80; }), with_header([](auto& h) { h.length = 21; })}) {
    frame_reader sut(most);
    const auto all = read_all(sut, bad, 7);
    BOOST_TEST((all.broke == errc::corrupt));
    BOOST_TEST(all.frames.empty());
    BOOST_TEST(sut.missing().empty());
  }
}

BOOST_AUTO_TEST_CASE(bytes_without_sense_never_do_harm) {
  random_source random(11);
  const auto good = stream_of({0, 30, 500});
  std::size_t frames = 0, broken = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto stream = good;
    for (auto n = random.between(0, 4); n > 0; --n)
      stream[random.between(0, stream.size() - 1)] = static_cast<std::byte>(random.next());
    stream.resize(random.between(0, stream.size()));
    frame_reader sut(most);
    const auto all = read_all(sut, stream, random.between(1, 700));
    frames += all.frames.size();
    broken += all.broke ? 1 : 0;
    for (const auto& f : all.frames)
      BOOST_REQUIRE((f.header.size() == sizeof(wire_header) && f.body.size() <= most));
  }
  BOOST_TEST((frames > 0 && broken > 0));
}

BOOST_AUTO_TEST_SUITE_END()
