// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it; its pictures are written here.
#include "runtime/plugin/registry.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>
#include <opencv2/imgcodecs.hpp>

#include <filesystem>
#include <fstream>

using namespace peernet;

namespace {

void write_png(const std::string& file, int blue, int columns = 6, int rows = 4) {
  BOOST_REQUIRE(cv::imwrite(file, cv::Mat(rows, columns, CV_8UC3, cv::Scalar(blue, 20, 30))));
}

result<std::unique_ptr<sensor>> open(const char* type, const std::string& path) {
  static registry types;
  const auto loaded = types.ensure_module("images");
  BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
  options o;
  o.set("path", path);
  return types.make_sensor(type, o, {.stage = "camera"});
}

int blue(const payload& p) {
  return std::to_integer<int>(p.bytes()[0]);
}

} // namespace

BOOST_AUTO_TEST_SUITE(images_test)

BOOST_AUTO_TEST_CASE(an_image_is_decoded_to_bgr_once_and_shared) {
  const temp_folder folder;
  write_png(folder / "a.png", 10);
  const auto sut = open("image", folder / "a.png").value();
  const auto first = sut->sample().value().value();
  const auto second = sut->sample().value().value();
  BOOST_TEST(
      (first.what() == format{.kind = content::image, .channels = 3, .width = 6, .height = 4}));
  BOOST_TEST(blue(first) == 10);
  BOOST_TEST(std::to_integer<int>(first.bytes()[2]) == 30);
  BOOST_TEST(first.data() == second.data());
}

BOOST_AUTO_TEST_CASE(a_grey_or_16_bit_file_becomes_bgr_too) {
  const temp_folder folder;
  BOOST_REQUIRE(cv::imwrite(folder / "grey.png", cv::Mat(2, 2, CV_8UC1, cv::Scalar(7))));
  BOOST_REQUIRE(cv::imwrite(folder / "deep.png", cv::Mat(2, 2, CV_16UC1, cv::Scalar(7 * 257))));
  for (const char* name : {"grey.png", "deep.png"}) {
    const auto p = open("image", folder / name).value()->sample().value().value();
    BOOST_TEST(p.what().channels == 3);
    BOOST_TEST(blue(p) == 7);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_image_is_an_error_that_names_it) {
  const temp_folder folder;
  std::ofstream(folder / "text.png") << "no picture";
  std::ofstream(folder / "empty.png");
  BOOST_TEST((open("image", folder / "missing.png").error().code == errc::not_found));
  for (const char* name : {"text.png", "empty.png"}) {
    const auto opened = open("image", folder / name);
    BOOST_REQUIRE(!opened.ok());
    BOOST_TEST((opened.error().code == errc::unreadable));
    BOOST_TEST(opened.error().message.find(name) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_is_played_in_name_order_over_and_over) {
  const temp_folder folder;
  write_png(folder / "c.png", 3);
  write_png(folder / "a.png", 1, 3, 2);
  write_png(folder / "b.png", 2);
  std::ofstream(folder / "notes.txt") << "not a picture";
  std::filesystem::create_directory(folder / "a-folder");
  const auto sut = open("images", folder.path().string()).value();
  for (const int expected : {1, 2, 3, 1, 2, 3, 1})
    BOOST_TEST(blue(*sut->sample().value()) == expected);
}

BOOST_AUTO_TEST_CASE(a_picture_that_goes_bad_fails_alone) {
  const temp_folder folder;
  for (const char* name : {"a.png", "b.png", "c.png"})
    write_png(folder / name, name[0]);
  const auto sut = open("images", folder.path().string()).value();
  std::ofstream(folder / "b.png") << "gone bad";
  BOOST_TEST(blue(*sut->sample().value()) == 'a');
  const auto bad = sut->sample();
  BOOST_REQUIRE(!bad.ok());
  BOOST_TEST(bad.error().message.find("b.png") != std::string::npos);
  BOOST_TEST(blue(*sut->sample().value()) == 'c');
}

BOOST_AUTO_TEST_CASE(a_folder_without_pictures_is_an_error) {
  const temp_folder folder;
  BOOST_TEST((open("images", folder.path().string()).error().code == errc::unreadable));
  BOOST_TEST((open("images", folder / "none").error().code == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
