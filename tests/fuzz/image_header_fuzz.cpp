// SPDX-License-Identifier: MIT
// Compressed pictures before a decoder sees them.
#include "tests/fuzz/fuzz_target.hpp"
#include "transports/codecs/image_header.hpp"

PEERNET_FUZZ_TARGET(image_header) {
  using namespace peernet;
  for (const auto& found : {read_jpeg_header(bytes), read_png_header(bytes)})
    must_hold(!found || (found->width > 0 && found->height > 0 &&
                         (found->channels == 1 || found->channels == 3)));
}
