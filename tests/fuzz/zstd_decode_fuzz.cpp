// SPDX-License-Identifier: MIT
// The codec zstd: what arrives as a frame of it, decoder and all.
#include "tests/fuzz/codec_rig.hpp"
#include "transports/codecs/zstd_header.hpp"

PEERNET_FUZZ_TARGET(zstd_decode) {
  using namespace peernet;
  static const auto sut = fuzzed_codec("zstd", "zstd", one_option("level", std::int64_t{3}));
  constexpr std::uint64_t enough = 16 << 20; // more only takes longer
  const auto content_size = read_zstd_header(bytes);
  if (content_size > enough)
    return;
  must_survive(*sut, {}, bytes);
  // A grey picture of as many pixels as the frame says it holds.
  const auto pixels = static_cast<std::uint32_t>(content_size.value_or(1));
  must_survive(*sut, {.kind = content::image, .channels = 1, .width = pixels, .height = 1}, bytes);
}
