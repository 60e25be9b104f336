// SPDX-License-Identifier: MIT
#include "runtime/plugin/opencv_image.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(opencv_image_test)

BOOST_AUTO_TEST_CASE(a_lent_matrix_is_shown_not_copied_and_outlives_its_owner) {
  cv::Mat pixels(4, 5, CV_8UC3, cv::Scalar(1, 2, 3));
  const auto* memory = pixels.ptr<std::byte>();
  const auto sut = lend(std::move(pixels));
  BOOST_REQUIRE(sut.ok());
  pixels = cv::Mat{};
  BOOST_TEST(sut->data() == memory);
  BOOST_TEST(sut->size() == 60u);
  BOOST_TEST(
      (sut->what() == format{.kind = content::image, .channels = 3, .width = 5, .height = 4}));
  BOOST_TEST(std::to_integer<int>(sut->bytes()[59]) == 3);
}

BOOST_AUTO_TEST_CASE(a_part_of_a_matrix_loses_its_padding) {
  cv::Mat whole(4, 6, CV_8UC1, cv::Scalar(0));
  whole.at<unsigned char>(1, 2) = 9;
  const auto sut = lend(whole(cv::Rect(2, 1, 2, 2)));
  BOOST_REQUIRE(sut.ok());
  BOOST_TEST(sut->size() == 4u);
  BOOST_TEST(std::to_integer<int>(sut->bytes()[0]) == 9);
}

BOOST_AUTO_TEST_CASE(other_pictures_than_8_bit_grey_and_colour_are_not_lent) {
  BOOST_TEST(!lend(cv::Mat(2, 2, CV_16UC1)).ok());
  BOOST_TEST(!lend(cv::Mat(2, 2, CV_8UC4)).ok());
  BOOST_TEST(!lend(cv::Mat()).ok());
}

BOOST_AUTO_TEST_CASE(a_payload_is_viewed_in_place) {
  const format f{.kind = content::image, .channels = 3, .width = 2, .height = 1};
  const payload p(f, buffer::acquire(6));
  const auto sut = view(p);
  BOOST_REQUIRE(sut.ok());
  BOOST_TEST(sut->ptr<std::byte>() == p.data());
  BOOST_TEST(sut->cols == 2);
}

BOOST_AUTO_TEST_CASE(a_payload_that_is_no_such_image_is_not_viewed) {
  const format f{.kind = content::image, .channels = 3, .width = 2, .height = 1};
  BOOST_TEST(!view(payload(f, buffer::acquire(5))).ok());
  BOOST_TEST(!view(payload::copy_of("text")).ok());
  auto two = f;
  two.channels = 2;
  BOOST_TEST(!view(payload(two, buffer::acquire(4))).ok());
  auto empty = f;
  empty.width = 0;
  BOOST_TEST(!view(payload(empty, buffer::acquire(0))).ok());
  auto wide = f;
  wide.type = element::f32;
  BOOST_TEST(!view(payload(wide, buffer::acquire(24))).ok());
}

BOOST_AUTO_TEST_CASE(opencv_s_exceptions_become_errors_with_its_words) {
  const auto failed = call_opencv(errc::corrupt, "someone", []() -> result<void> {
    CV_Error(cv::Error::StsBadArg, "out of luck");
  });
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST((failed.error().code == errc::corrupt));
  BOOST_TEST(failed.error().message.starts_with("someone: out of luck"));
}

BOOST_AUTO_TEST_SUITE_END()
