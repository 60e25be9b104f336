// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/probes/probe_datagram.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>
#include <vector>

using namespace peernet;

namespace {

const std::string secret(run_secret_bytes, 's');

probe_datagram full() {
  return {.kind = probe_kind::reply,
          .asker = 0x0201,
          .answerer = 0x0403,
          .sequence = 0x2726252423222120,
          .t2 = 0x2f2e2d2c2b2a2928,
          .t3 = -2};
}

std::vector<std::byte> bytes_of(const probe_datagram& d) {
  const auto bytes = std::as_bytes(std::span{&d, 1});
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> sealed(probe_datagram d, std::string_view with = secret) {
  probe_wire(with).seal(d);
  return bytes_of(d);
}

bool opens(const std::vector<std::byte>& bytes) {
  return probe_wire(secret).open(bytes).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe_datagram_test)

BOOST_AUTO_TEST_CASE(the_bytes_on_the_wire_are_these_for_ever) {
  const std::vector<unsigned> golden{
      'P', 'C', 1, 2, 0x01, 0x02, 0x03, 0x04,         // magic, version, kind, asker, answerer
      0x4d, 0x12, 0x32, 0x2f, 0x6f, 0x71, 0x32, 0xaa, // run: pinned in security_test
      0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, // sequence
      0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, // t2
      0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // t3
      // mac: computed with Python's hashlib and the reference text of SipHash
      0x50, 0x65, 0xa5, 0x7f, 0x2f, 0xa6, 0xdc, 0x60, 0x93, 0x62, 0x7e, 0xd0, 0xd3, 0xde, 0xbc,
      0xe4};
  const auto bytes = sealed(full());
  std::vector<unsigned> numbers;
  for (const auto b : bytes)
    numbers.push_back(std::to_integer<unsigned>(b));
  BOOST_TEST(numbers == golden, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_sealed_opens_as_it_was) {
  const auto d = probe_wire(secret).open(sealed(full()));
  BOOST_REQUIRE(d.has_value());
  BOOST_TEST((d->kind == probe_kind::reply));
  BOOST_TEST(d->asker == full().asker);
  BOOST_TEST(d->answerer == full().answerer);
  BOOST_TEST(d->sequence == full().sequence);
  BOOST_TEST(d->t2 == full().t2);
  BOOST_TEST(d->t3 == full().t3);
}

BOOST_AUTO_TEST_CASE(every_bit_counts) {
  auto bytes = sealed(full());
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    BOOST_TEST(!opens(bytes));
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  BOOST_TEST(opens(bytes));
}

BOOST_AUTO_TEST_CASE(no_other_size_opens) {
  auto bytes = sealed(full());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    BOOST_TEST(!opens({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}));
  bytes.push_back({});
  BOOST_TEST(!opens(bytes));
}

BOOST_AUTO_TEST_CASE(another_runs_secret_seals_nothing_that_opens) {
  BOOST_TEST(!opens(sealed(full(), std::string(run_secret_bytes, 't'))));
  // Even if it knew the run's number, which stands in every datagram.
  auto ours = sealed(full());
  auto theirs = sealed(full(), std::string(run_secret_bytes, 't'));
  std::memcpy(theirs.data() + 8, ours.data() + 8, 8);
  BOOST_TEST(!opens(theirs));
}

BOOST_AUTO_TEST_CASE(kinds_and_versions_to_come_are_refused_even_if_sealed) {
  for (int kind = 0; kind < 256; ++kind) {
    auto d = full();
    d.kind = static_cast<probe_kind>(kind);
    BOOST_TEST(opens(sealed(d)) == (kind == 1 || kind == 2));
  }
  auto d = full();
  d.version = 2;
  BOOST_TEST(!opens(sealed(d)));
}

BOOST_AUTO_TEST_CASE(noise_never_opens) {
  random_source random(7);
  for (int i = 0; i < 10'000; ++i) {
    std::vector<std::byte> noise(random.between(0, 200));
    random.fill(noise);
    BOOST_TEST(!opens(noise));
  }
}

BOOST_AUTO_TEST_SUITE_END()
