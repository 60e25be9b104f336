// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/codecs/image_header.hpp"

#include <boost/test/unit_test.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>

using namespace peernet;

namespace {

using file = std::vector<unsigned char>;

file encode(const char* extension, int channels, std::vector<int> parameters = {}) {
  cv::Mat picture(37, 53, CV_8UC(channels));
  cv::randu(picture, 0, 255);
  file encoded;
  BOOST_REQUIRE(cv::imencode(extension, picture, encoded, parameters));
  return encoded;
}

auto read_jpeg(const file& f) {
  return read_jpeg_header(std::as_bytes(std::span{f}));
}
auto read_webp(const file& f) {
  return read_webp_header(std::as_bytes(std::span{f}));
}
/// OpenCV's quality above 100: lossless.
const std::vector<int> lossy{cv::IMWRITE_WEBP_QUALITY, 80}, lossless{cv::IMWRITE_WEBP_QUALITY, 101};

auto read_png(const file& f) {
  return read_png_header(std::as_bytes(std::span{f}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(image_header_test)

BOOST_AUTO_TEST_CASE(what_opencv_writes_is_read) {
  for (const std::uint16_t channels : {1, 3}) {
    for (const auto& header :
         {read_jpeg(encode(".jpg", channels)), read_png(encode(".png", channels))}) {
      BOOST_REQUIRE(header.has_value());
      BOOST_TEST(header->width == 53u);
      BOOST_TEST(header->height == 37u);
      BOOST_TEST(header->channels == channels);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_webp_has_three_channels_whatever_it_was_made_of) {
  for (const int channels : {1, 3})
    for (const auto& how : {lossy, lossless}) {
      const auto header = read_webp(encode(".webp", channels, how));
      BOOST_REQUIRE(header.has_value());
      BOOST_TEST((header->width == 53u && header->height == 37u && header->channels == 3u));
    }
}

BOOST_AUTO_TEST_CASE(a_webp_is_one_plain_picture) {
  for (const auto& how : {lossy, lossless}) {
    const auto whole = encode(".webp", 3, how);
    const auto changed = [&](std::size_t at, unsigned char bits) {
      auto f = whole;
      f.at(at) ^= bits;
      return read_webp(f).has_value();
    };
    BOOST_TEST(changed(whole.size() - 5, 0xFF)); // the content is the decoder's business
    for (std::size_t at = 0; at < 20; ++at)      // RIFF, size, WEBP, chunk, size
      BOOST_TEST(!changed(at, 0x10), "byte " << at);
  }
  const auto vp8 = encode(".webp", 3, lossy);
  const auto without = [](file f, std::size_t at, unsigned char bits) {
    f.at(at) ^= bits;
    return !read_webp(f).has_value();
  };
  BOOST_TEST(without(vp8, 20, 0x01)); // no key frame
  BOOST_TEST(without(vp8, 20, 0x10)); // not shown
  BOOST_TEST(without(vp8, 22, 0xFF)); // a first partition that is longer than the file
  BOOST_TEST(without(vp8, 23, 0x01)); // start code
  BOOST_TEST(without(vp8, 27, 0x40)); // to be enlarged
  const auto vp8l = encode(".webp", 3, lossless);
  BOOST_TEST(without(vp8l, 20, 0x01)); // signature
  BOOST_TEST(without(vp8l, 24, 0x10)); // transparent
  BOOST_TEST(without(vp8l, 24, 0x20)); // of another version
}

BOOST_AUTO_TEST_CASE(a_file_cut_anywhere_is_not_whole) {
  for (auto whole = encode(".jpg", 3); !whole.empty();) {
    whole.pop_back();
    BOOST_REQUIRE(!read_jpeg(whole).has_value());
  }
  for (auto whole = encode(".png", 3); !whole.empty();) {
    whole.pop_back();
    BOOST_REQUIRE(!read_png(whole).has_value());
  }
  for (const auto& how : {lossy, lossless})
    for (auto whole = encode(".webp", 3, how); !whole.empty();) {
      whole.pop_back();
      BOOST_REQUIRE(!read_webp(whole).has_value());
    }
}

BOOST_AUTO_TEST_CASE(nothing_may_follow_the_end) {
  auto jpeg = encode(".jpg", 3);
  jpeg.push_back(0);
  BOOST_TEST(!read_jpeg(jpeg).has_value());
  auto png = encode(".png", 3);
  png.push_back(0);
  BOOST_TEST(!read_png(png).has_value());
  for (const std::size_t more : {1, 2, 8}) {
    auto webp = encode(".webp", 3, lossy);
    webp.resize(webp.size() + more);
    BOOST_TEST(!read_webp(webp).has_value());
  }
}

BOOST_AUTO_TEST_CASE(kinds_that_need_more_memory_or_code_are_refused) {
  BOOST_TEST(!read_jpeg(encode(".jpg", 3, {cv::IMWRITE_JPEG_PROGRESSIVE, 1})).has_value());
  BOOST_TEST(!read_png(encode(".png", 4)).has_value()); // with transparency
  BOOST_TEST(!read_webp(encode(".webp", 4, lossy)).has_value());
  cv::Mat deep(4, 4, CV_16UC1, cv::Scalar(1));
  file encoded;
  BOOST_REQUIRE(cv::imencode(".png", deep, encoded));
  BOOST_TEST(!read_png(encoded).has_value());
}

BOOST_AUTO_TEST_CASE(attachments_are_refused) {
  auto jpeg = encode(".jpg", 3);
  const file exif = {0xFF, 0xE1, 0, 8, 'E', 'x', 'i', 'f', 0, 0};
  jpeg.insert(jpeg.begin() + 2, exif.begin(), exif.end());
  BOOST_TEST(!read_jpeg(jpeg).has_value());
  auto png = encode(".png", 3);
  const file text = {0, 0, 0, 1, 't', 'E', 'X', 't', 'x', 0, 0, 0, 0};
  png.insert(png.begin() + 33, text.begin(), text.end());
  BOOST_TEST(!read_png(png).has_value());
}

BOOST_AUTO_TEST_CASE(a_second_frame_header_is_refused) {
  auto jpeg = encode(".jpg", 3);
  const file sof = {0xFF, 0xC0, 0, 11, 8, 0x40, 0, 0x40, 0, 1, 1, 0x11, 0};
  jpeg.insert(jpeg.begin() + 2, sof.begin(), sof.end());
  BOOST_TEST(!read_jpeg(jpeg).has_value());
}

BOOST_AUTO_TEST_CASE(random_and_damaged_bytes_are_looked_at_without_harm) {
  auto random = random_source::named(1, "damage");
  const auto jpeg = encode(".jpg", 3);
  const auto png = encode(".png", 3);
  const auto webp = encode(".webp", 3, lossy);
  for (int i = 0; i < 5000; ++i) {
    file noise(random.between(0, 200));
    random.fill(std::as_writable_bytes(std::span{noise}));
    BOOST_TEST(!read_jpeg(noise).has_value());
    BOOST_TEST(!read_png(noise).has_value());
    BOOST_TEST(!read_webp(noise).has_value());
    auto damaged_jpeg = jpeg;
    auto damaged_png = png;
    damaged_jpeg[random.between(0, std::min<std::size_t>(jpeg.size() - 1, 700))] ^= 0x55;
    damaged_png[random.between(0, png.size() - 1)] ^= 0x55;
    (void)read_jpeg(damaged_jpeg);
    (void)read_png(damaged_png);
    auto damaged_webp = webp;
    damaged_webp[random.between(0, 40)] ^= static_cast<unsigned char>(random.next());
    (void)read_webp(damaged_webp);
  }
}

BOOST_AUTO_TEST_SUITE_END()
