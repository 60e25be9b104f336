// SPDX-License-Identifier: MIT
// The plugin "image-codecs": the codecs "jpeg", "png", "webp" and "resize" with OpenCV. Encoding
// reads the payload's own memory; decoding writes into pool memory of exactly the stated size,
// after the stated size was found sane and equal to what the compressed picture says of itself.
#include "runtime/plugin/opencv_image.hpp"
#include "runtime/plugin/registrar.hpp"
#include "transports/codecs/image_header.hpp"
#include "transports/codecs/resize_codec.hpp"

#include <climits>
#include <opencv2/imgcodecs.hpp>

namespace peernet {

namespace {

/// More than any camera sends, little enough for any machine: what one picture may need decoded.
constexpr std::size_t largest_picture = 64u << 20;

struct image_format_kind {
  const char* name;
  const char* extension;
  std::uint32_t largest_side; ///< pixels the file format can state
  std::optional<image_header> (*read_header)(std::span<const std::byte>) noexcept;
  bool has_grey = true; ///< false: grey pictures travel as coloured ones
};

constexpr image_format_kind jpeg_kind{"jpeg", ".jpg", 65'500, read_jpeg_header};
constexpr image_format_kind png_kind{"png", ".png", 1u << 20, read_png_header};
constexpr image_format_kind webp_kind{"webp", ".webp", 16'383, read_webp_header, false};
constexpr int webp_lossless = 101; // OpenCV: a quality above 100

/// Gives a matrix of exactly its size the buffer's memory. A matrix over that memory would do, too,
/// if OpenCV said whether it decoded anything: where it refuses a file's header it leaves what it
/// was given as it is, with whatever the pool's memory held before.
class lending_allocator final : public cv::MatAllocator {
public:
  explicit lending_allocator(buffer& memory) : memory_(memory) {}

  cv::UMatData* allocate(int dims, const int* sizes, int type, void* data, std::size_t* step,
                         cv::AccessFlag flags, cv::UMatUsageFlags usage) const override {
    const auto pixel = static_cast<std::size_t>(CV_ELEM_SIZE(type));
    if (data || dims != 2 || pixel * sizes[0] * sizes[1] != memory_.size())
      return cv::Mat::getStdAllocator()->allocate(dims, sizes, type, data, step, flags, usage);
    step[1] = pixel;
    step[0] = pixel * static_cast<std::size_t>(sizes[1]);
    auto* lent = new cv::UMatData(this);
    lent->data = lent->origdata = reinterpret_cast<unsigned char*>(memory_.data());
    lent->size = memory_.size();
    return lent;
  }
  bool allocate(cv::UMatData* lent, cv::AccessFlag, cv::UMatUsageFlags) const override {
    return lent != nullptr;
  }
  void deallocate(cv::UMatData* lent) const override { delete lent; }

private:
  buffer& memory_;
};

class image_codec final : public codec {
public:
  image_codec(const std::string& link, const image_format_kind& kind, std::vector<int> parameters)
      : subject_(link + ": codec " + kind.name), kind_(kind), parameters_(std::move(parameters)) {}

  result<payload> encode(const payload& plain) override {
    return call_opencv(errc::unsupported, subject_, [&]() -> result<payload> {
      const auto picture = view(plain);
      if (!picture.ok())
        return unsupported(picture.error().message);
      const auto& f = plain.what();
      if (image_bytes(f) > largest_picture || f.width > kind_.largest_side ||
          f.height > kind_.largest_side)
        return unsupported("the image is larger than this codec takes (64 MiB, " +
                           std::to_string(kind_.largest_side) + " pixels a side)");
      if (!cv::imencode(kind_.extension, *picture, encoded_, parameters_))
        return unsupported("OpenCV cannot encode the image");
      // OpenCV only encodes into a vector; ours keeps its memory, and the result is small.
      return payload::copy_of(f, std::as_bytes(std::span{encoded_}));
    });
  }

  result<payload> decode(const payload& encoded) override {
    return call_opencv(errc::corrupt, subject_, [&]() -> result<payload> {
      const auto& f = encoded.what();
      if (f.kind != content::image || f.type != element::u8 ||
          (f.channels != 1 && f.channels != 3) || image_bytes(f) == 0 ||
          image_bytes(f) > largest_picture || encoded.size() > INT_MAX)
        return corrupt("the frame states no image that this codec carries");
      const auto header = kind_.read_header(encoded.bytes());
      if (!header)
        return corrupt("the bytes are no whole picture as this codec encodes it");
      const auto channels = kind_.has_grey ? f.channels : 3;
      if (header->width != f.width || header->height != f.height || header->channels != channels)
        return corrupt("the picture is not of the size the frame states");

      auto memory = buffer::acquire(image_bytes(f));
      lending_allocator lender(memory);
      cv::Mat pixels;
      pixels.allocator = &lender;
      const cv::Mat file(1, static_cast<int>(encoded.size()), CV_8UC1,
                         const_cast<std::byte*>(encoded.data()));
      const auto flags = f.channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR;
      cv::imdecode(file, flags, &pixels);
      if (pixels.ptr<std::byte>() != memory.data())
        return corrupt("OpenCV cannot decode the picture");
      return payload(f, std::move(memory));
    });
  }

private:
  error unsupported(const std::string& why) const {
    return {errc::unsupported, subject_ + ": " + why};
  }
  error corrupt(const std::string& why) const { return {errc::corrupt, subject_ + ": " + why}; }

  const std::string subject_;
  const image_format_kind& kind_;
  const std::vector<int> parameters_;
  std::vector<unsigned char> encoded_;
};

result<std::unique_ptr<codec>> make_jpeg(const options& settings, const environment& where) {
  return std::unique_ptr<codec>(std::make_unique<image_codec>(
      where.stage, jpeg_kind,
      std::vector<int>{cv::IMWRITE_JPEG_QUALITY,
                       static_cast<int>(settings.get<std::int64_t>("quality"))}));
}

result<std::unique_ptr<codec>> make_png(const options& settings, const environment& where) {
  return std::unique_ptr<codec>(std::make_unique<image_codec>(
      where.stage, png_kind,
      std::vector<int>{cv::IMWRITE_PNG_COMPRESSION,
                       static_cast<int>(settings.get<std::int64_t>("level"))}));
}

result<std::unique_ptr<codec>> make_webp(const options& settings, const environment& where) {
  const auto quality = settings.get<bool>("lossless")
                           ? webp_lossless
                           : static_cast<int>(settings.get<std::int64_t>("quality"));
  return std::unique_ptr<codec>(std::make_unique<image_codec>(
      where.stage, webp_kind, std::vector<int>{cv::IMWRITE_WEBP_QUALITY, quality}));
}

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  peernet::silence_opencv();
  // The stage's own thread encodes; OpenCV's would disturb whatever else is measured here.
  cv::setNumThreads(1);
  into.add_codec("jpeg", peernet::make_jpeg);
  into.add_codec("png", peernet::make_png);
  into.add_codec("webp", peernet::make_webp);
  into.add_codec("resize", peernet::make_resize);
}
