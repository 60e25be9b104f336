// SPDX-License-Identifier: MIT
// The codecs jpeg, png and webp: what arrives as a picture, decoder and all.
#include "tests/fuzz/codec_rig.hpp"
#include "transports/codecs/image_header.hpp"

PEERNET_FUZZ_TARGET(image_decode) {
  using namespace peernet;
  static const auto jpeg =
      fuzzed_codec("image-codecs", "jpeg", one_option("quality", std::int64_t{90}));
  static const auto png = fuzzed_codec("image-codecs", "png", one_option("level", std::int64_t{3}));
  static const auto webp = [] {
    auto settings = one_option("quality", std::int64_t{80});
    settings.set("lossless", false);
    return fuzzed_codec("image-codecs", "webp", settings);
  }();
  const auto decode = [&](codec& sut, const std::optional<image_header>& header) {
    format f{.kind = content::image, .channels = 3, .width = 16, .height = 16};
    if (header) { // the sender may well state what the picture states
      f.channels = header->channels;
      f.width = header->width;
      f.height = header->height;
    }
    constexpr std::size_t enough = 4 << 20; // more only takes longer
    if (image_bytes(f) <= enough)
      must_survive(sut, f, bytes);
  };
  decode(*jpeg, read_jpeg_header(bytes));
  decode(*png, read_png_header(bytes));
  decode(*webp, read_webp_header(bytes));
}
