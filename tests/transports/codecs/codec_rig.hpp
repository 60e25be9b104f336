// SPDX-License-Identifier: MIT
// What the tests of codecs share: codecs out of their plugins, as a node makes them, and pictures
// to encode.
#pragma once

#include "runtime/plugin/registry.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace peernet {

inline std::unique_ptr<codec> make_codec(const std::string& module, const std::string& type,
                                         const options& settings) {
  static registry types;
  const auto loaded = types.ensure_module(module);
  BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
  return types.make_codec(type, settings, {.stage = "uplink"}).value();
}

template <class T>
options with_option(std::string name, T value) {
  options o;
  o.set(std::move(name), value);
  return o;
}

/// A smooth picture, as cameras make them.
inline payload picture(std::uint32_t width, std::uint32_t height, std::uint16_t channels) {
  const format f{.kind = content::image, .channels = channels, .width = width, .height = height};
  auto memory = buffer::acquire(image_bytes(f));
  auto* out = memory.data();
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x)
      for (std::uint16_t c = 0; c < channels; ++c)
        *out++ = static_cast<std::byte>(100 * x / width + 100 * y / height + 20 * c);
  return {f, std::move(memory)};
}

inline int largest_difference(const payload& a, const payload& b) {
  BOOST_REQUIRE(a.size() == b.size());
  int most = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    most = std::max(
        most, std::abs(std::to_integer<int>(a.bytes()[i]) - std::to_integer<int>(b.bytes()[i])));
  return most;
}

inline payload with_bytes(const payload& like, std::span<const std::byte> bytes) {
  return payload::copy_of(like.what(), bytes);
}

inline payload encoded_by(codec& c, const payload& plain) {
  auto encoded = c.encode(plain);
  BOOST_REQUIRE_MESSAGE(encoded.ok(), why(encoded));
  return *encoded;
}

inline payload decoded_by(codec& c, const payload& encoded) {
  auto plain = c.decode(encoded);
  BOOST_REQUIRE_MESSAGE(plain.ok(), why(plain));
  return *plain;
}

inline bool is_corrupt(codec& sut, const payload& p) {
  const auto decoded = sut.decode(p);
  return !decoded.ok() && decoded.error().code == errc::corrupt;
}

/// Whatever these bytes are, they are a payload of the stated format, which is returned, or
/// corrupt.
inline std::optional<payload> survives(codec& sut, const payload& p) {
  // What was in the pool's memory before must never pass for a picture.
  constexpr std::byte stale{0xA5};
  const auto& f = p.what();
  if (auto memory = buffer::acquire(image_bytes(f)); f.kind == content::image)
    std::ranges::fill(memory.bytes(), stale);
  const auto decoded = sut.decode(p);
  if (!decoded.ok()) {
    BOOST_REQUIRE((decoded.error().code == errc::corrupt));
    return std::nullopt;
  }
  BOOST_REQUIRE((decoded->what() == f));
  if (f.kind == content::image) {
    BOOST_REQUIRE(decoded->size() == image_bytes(f));
    BOOST_REQUIRE(std::ranges::any_of(decoded->bytes(), [](std::byte b) { return b != stale; }));
  }
  return *decoded;
}

/// Survives every bit of `encoded` turned, one at a time. With `only`, nothing else is ever
/// decoded: some bits mean nothing, all others are found out.
inline void survives_every_flip(codec& sut, const payload& encoded, const payload* only = nullptr) {
  std::vector<std::byte> bytes(encoded.bytes().begin(), encoded.bytes().end());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::byte>(1u << bit % 8);
    bytes[bit / 8] ^= mask;
    const auto decoded = survives(sut, with_bytes(encoded, bytes));
    if (decoded && only)
      BOOST_REQUIRE(std::ranges::equal(decoded->bytes(), only->bytes()));
    bytes[bit / 8] ^= mask;
  }
}

/// No beginning of `encoded` is taken for the whole.
inline void refuses_every_truncation(codec& sut, const payload& encoded) {
  for (std::size_t n = 0; n < encoded.size(); ++n)
    BOOST_REQUIRE(is_corrupt(sut, with_bytes(encoded, encoded.bytes().first(n))));
}

/// This process's resident memory now, bytes.
inline std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace peernet
