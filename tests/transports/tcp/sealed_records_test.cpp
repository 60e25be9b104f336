// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/tcp/sealed_records.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace peernet;

namespace {

using bytes = std::vector<std::byte>;

const std::string key(record_key_bytes, 'k');

bytes sealed(record_cipher& by, std::string_view text) {
  bytes record(text.size() + record_overhead);
  std::ranges::copy(std::as_bytes(std::span{text}), record.begin() + record_head);
  by.seal(record);
  return record;
}

std::optional<std::string> opened(record_cipher& by, const bytes& record) {
  std::string text(record.size() - record_overhead, '\0');
  if (!by.open(record, std::as_writable_bytes(std::span{text})))
    return std::nullopt;
  return text;
}

std::string hex(std::span<const std::byte> all) {
  std::string text;
  for (const auto b : all)
    for (const auto half : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15u})
      text += "0123456789abcdef"[half];
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sealed_records_test)

BOOST_AUTO_TEST_CASE(what_was_sealed_opens_in_its_turn) {
  record_cipher sender(key), receiver(key);
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, most_sealed}) {
    const std::string text(size, 'x');
    const auto record = sealed(sender, text);
    BOOST_TEST(record.size() == size + 20);
    BOOST_TEST(*record_cipher::announced(std::span(record).first<record_head>()) == record.size());
    BOOST_TEST((opened(receiver, record) == text));
  }
}

BOOST_AUTO_TEST_CASE(it_may_be_opened_in_its_place) {
  record_cipher sender(key), receiver(key);
  auto record = sealed(sender, "in its place");
  const auto plain = std::span(record).subspan(record_head, record.size() - record_overhead);
  BOOST_REQUIRE(receiver.open(record, plain));
  BOOST_TEST(std::string(reinterpret_cast<const char*>(plain.data()), plain.size()) ==
             "in its place");
}

BOOST_AUTO_TEST_CASE(the_bytes_on_the_wire_never_change) {
  // Made by another implementation of RFC 8439 (Python's cryptography): nonce 4 zeros and the
  // record's number, associated data the length.
  record_cipher sender(key);
  BOOST_TEST(hex(sealed(sender, "first")) == "05000000ccfdc78421afdee05ec1e74d41ec46abe811070112");
  BOOST_TEST(hex(sealed(sender, "second")) ==
             "060000007364b10710c4cfadf59ee5cb06dc985c667003efe410");
}

BOOST_AUTO_TEST_CASE(equal_texts_look_different_each_time) {
  record_cipher sender(key);
  BOOST_TEST((sealed(sender, "again") != sealed(sender, "again")));
}

BOOST_AUTO_TEST_CASE(a_record_changed_anywhere_does_not_open_and_ends_the_stream) {
  record_cipher sender(key);
  const auto record = sealed(sender, "text");
  const auto next = sealed(sender, "next");
  for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
    record_cipher receiver(key);
    auto changed = record;
    changed[bit / 8] ^= std::byte{1} << bit % 8;
    BOOST_TEST(!opened(receiver, changed), "bit " << bit);
    BOOST_TEST(!opened(receiver, next));
  }
}

BOOST_AUTO_TEST_CASE(records_left_out_repeated_or_moved_do_not_open) {
  record_cipher sender(key);
  const auto first = sealed(sender, "first"), second = sealed(sender, "second");
  {
    record_cipher receiver(key);
    BOOST_TEST(!opened(receiver, second));
    BOOST_TEST(!opened(receiver, first)); // never again
  }
  record_cipher receiver(key);
  BOOST_TEST(opened(receiver, first).has_value());
  BOOST_TEST(!opened(receiver, first));
}

BOOST_AUTO_TEST_CASE(another_key_opens_nothing) {
  record_cipher sender(key), stranger(std::string(record_key_bytes, 'o'));
  BOOST_TEST(!opened(stranger, sealed(sender, "secret")));
}

BOOST_AUTO_TEST_CASE(lengths_that_no_record_has_are_known_at_once) {
  const auto announced = [](std::uint32_t size) {
    return record_cipher::announced(std::as_bytes(std::span<const std::uint32_t, 1>{&size, 1}));
  };
  BOOST_TEST(!announced(0));
  BOOST_TEST(*announced(1) == 21u);
  BOOST_TEST(*announced(most_sealed) == longest_record);
  BOOST_TEST(!announced(most_sealed + 1));
  BOOST_TEST(!announced(0xffff'ffff));
}

BOOST_AUTO_TEST_SUITE_END()
