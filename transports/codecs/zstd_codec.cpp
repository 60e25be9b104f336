// SPDX-License-Identifier: MIT
// The plugin "zstd": any payload by libzstd, with a checksum of the content in each frame. The
// contexts are made once and used again, so that in the steady state a sample takes pool memory and
// nothing else.
#include "runtime/plugin/registrar.hpp"
#include "transports/codecs/zstd_header.hpp"

#include <memory>
#include <zstd.h>

namespace peernet {

namespace {

/// Every link's limit for what it carries (channel_settings::max_frame).
constexpr std::size_t largest_content = 256u << 20;

struct free_context {
  void operator()(ZSTD_CCtx* c) const noexcept { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* c) const noexcept { ZSTD_freeDCtx(c); }
};

class zstd_codec final : public codec {
public:
  zstd_codec(const std::string& link, int level) : subject_(link + ": codec zstd: ") {
    if (!ready())
      return;
    ZSTD_CCtx_setParameter(encoder_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(encoder_.get(), ZSTD_c_checksumFlag, 1);
  }

  /// False: there was no memory.
  [[nodiscard]] bool ready() const noexcept { return encoder_ && decoder_; }

  result<payload> encode(const payload& plain) override {
    if (plain.size() > largest_content || !fits(plain.what(), plain.size()))
      return unsupported("its bytes do not fit its format, or are more than 256 MiB");
    auto memory = buffer::acquire(ZSTD_compressBound(plain.size()));
    const auto size =
        ZSTD_compress2(encoder_.get(), memory.data(), memory.size(), plain.data(), plain.size());
    if (ZSTD_isError(size))
      return unsupported(ZSTD_getErrorName(size));
    memory.shrink(size);
    return payload(plain.what(), std::move(memory));
  }

  result<payload> decode(const payload& encoded) override {
    const auto content = read_zstd_header(encoded.bytes());
    if (!content)
      return corrupt("the bytes are no whole frame as this codec encodes it");
    if (*content > largest_content || !fits(encoded.what(), *content))
      return corrupt("the content is not of the size that the frame states");
    auto memory = buffer::acquire(*content);
    const auto size = ZSTD_decompressDCtx(decoder_.get(), memory.data(), memory.size(),
                                          encoded.data(), encoded.size());
    if (ZSTD_isError(size))
      return corrupt(ZSTD_getErrorName(size));
    if (size != *content)
      return corrupt("the content is shorter than the frame states");
    return payload(encoded.what(), std::move(memory));
  }

private:
  /// Only an image says how many bytes it has.
  static bool fits(const format& f, std::uint64_t size) noexcept {
    return f.kind != content::image || image_bytes(f) == size;
  }
  error unsupported(const std::string& why) const { return {errc::unsupported, subject_ + why}; }
  error corrupt(const std::string& why) const { return {errc::corrupt, subject_ + why}; }

  const std::string subject_;
  const std::unique_ptr<ZSTD_CCtx, free_context> encoder_{ZSTD_createCCtx()};
  const std::unique_ptr<ZSTD_DCtx, free_context> decoder_{ZSTD_createDCtx()};
};

result<std::unique_ptr<codec>> make_zstd(const options& settings, const environment& where) {
  auto made = std::make_unique<zstd_codec>(where.stage,
                                           static_cast<int>(settings.get<std::int64_t>("level")));
  if (!made->ready())
    return error{errc::io, "there is no memory for a Zstandard context"};
  return std::unique_ptr<codec>(std::move(made));
}

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  into.add_codec("zstd", peernet::make_zstd);
}
