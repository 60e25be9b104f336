// SPDX-License-Identifier: MIT
#include "actors/sensors/builtin.hpp"
#include "runtime/plugin/registry.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace peernet;

namespace {

std::unique_ptr<sensor> make(const char* type, int_range size, environment where = {}) {
  registry types;
  register_builtin_sensors(types);
  BOOST_TEST(types.status().ok());
  options o;
  o.set("size", size);
  return types.make_sensor(type, o, where).value();
}

std::string next(sensor& s) {
  return std::string(s.sample().value()->text());
}

} // namespace

BOOST_AUTO_TEST_SUITE(random_content_test)

BOOST_AUTO_TEST_CASE(samples_have_the_fixed_size_and_the_kind) {
  for (const std::int64_t size : {0, 1, 7, 1000, 100'000, 3'000'001}) {
    const auto bytes = make("bytes", {size, size})->sample();
    BOOST_TEST(bytes.value()->size() == static_cast<std::size_t>(size));
    BOOST_TEST((bytes.value()->what() == format{.kind = content::bytes}));
    const auto text = make("text", {size, size})->sample();
    BOOST_TEST(text.value()->size() == static_cast<std::size_t>(size));
    BOOST_TEST((text.value()->what() == format{.kind = content::text}));
  }
}

BOOST_AUTO_TEST_CASE(sizes_spread_over_the_range_with_both_ends) {
  const auto sut = make("bytes", {3, 6});
  std::set<std::size_t> seen;
  for (int i = 0; i < 200; ++i)
    seen.insert(sut->sample().value()->size());
  BOOST_TEST((seen == std::set<std::size_t>{3, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(the_seed_decides_the_content_and_copies_differ) {
  for (const char* type : {"bytes", "text"})
    for (const std::int64_t size : {100, 100'000}) {
      const environment where{.stage = "a", .copy = 0, .seed = 1};
      const auto first = next(*make(type, {size, size}, where));
      BOOST_TEST((next(*make(type, {size, size}, where)) == first));
      for (const auto& other : {environment{.stage = "a", .copy = 0, .seed = 2},
                                environment{.stage = "b", .copy = 0, .seed = 1},
                                environment{.stage = "a", .copy = 1, .seed = 1}})
        BOOST_TEST((next(*make(type, {size, size}, other)) != first));
    }
}

BOOST_AUTO_TEST_CASE(no_two_samples_are_alike_at_any_size) {
  for (const std::int64_t size : {16, 5'000, 16'385, 2'000'000}) {
    const auto sut = make("bytes", {size, size});
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i)
      seen.insert(next(*sut));
    BOOST_TEST(seen.size() == 20u);
  }
}

BOOST_AUTO_TEST_CASE(text_is_printable_and_uses_the_whole_alphabet) {
  for (const std::int64_t size : {10'000, 2'000'000}) {
    const auto sample = next(*make("text", {size, size}));
    BOOST_TEST(std::ranges::all_of(sample, [](char c) { return c >= ' ' && c <= '~'; }));
    BOOST_TEST((std::set<char>(sample.begin(), sample.end()).size() == 95u));
  }
}

BOOST_AUTO_TEST_CASE(bytes_take_every_value_about_equally_often) {
  const std::int64_t size = 1'000'000;
  const auto sample = next(*make("bytes", {size, size}));
  std::array<int, 256> counts{};
  for (const char c : sample)
    ++counts[static_cast<unsigned char>(c)];
  const auto [least, most] = std::ranges::minmax(counts); // 3906 ± 62 expected
  BOOST_TEST(least > 3500);
  BOOST_TEST(most < 4350);
}

BOOST_AUTO_TEST_SUITE_END()
