// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it.
#include "runtime/config/catalogue.hpp"
#include "runtime/core/detection.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/actors/models/run_model.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace peernet;

namespace {

result<std::unique_ptr<model>> make(const std::string& type, const options& o) {
  static registry types;
  const auto loaded = types.ensure_module("detect");
  BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
  return types.make_model(type, o, {.stage = "detector"});
}

options hog_options(double scale) {
  options o;
  o.set("scale", scale);
  o.set("threshold", 0.0);
  o.set("stride", std::int64_t{8});
  return o;
}

/// Any upright dark figure on light ground: head, body, legs. Real people are the system tests'.
payload picture_of_a_figure(std::uint32_t width, std::uint32_t height, std::uint16_t channels = 3) {
  const format f{.kind = content::image, .channels = channels, .width = width, .height = height};
  auto memory = buffer::acquire(image_bytes(f));
  std::memset(memory.data(), 200, memory.size());
  const auto bar = [&](double left, double top, double right, double bottom) {
    const auto part = [](double share, std::uint32_t of) {
      return static_cast<std::size_t>(share * of);
    };
    for (auto y = part(top, height); y < part(bottom, height); ++y)
      std::memset(memory.data() + (y * width + part(left, width)) * channels, 40,
                  (part(right, width) - part(left, width)) * channels);
  };
  bar(0.46, 0.15, 0.54, 0.27);
  bar(0.41, 0.28, 0.59, 0.55);
  bar(0.43, 0.55, 0.49, 0.85);
  bar(0.51, 0.55, 0.57, 0.85);
  return {f, std::move(memory)};
}

/// The figures that scenarios may name.
std::vector<std::string> reported_by(std::string_view name) {
  return catalogue::builtin().find(plugin_kind::model, name)->values;
}

} // namespace

BOOST_AUTO_TEST_SUITE(detect_test)

BOOST_AUTO_TEST_CASE(hog_answers_every_picture_with_a_list_and_its_length) {
  const auto sut = make("hog-people", hog_options(0.5)).value();
  BOOST_TEST(sut->traits().preprocess);
  BOOST_TEST(sut->traits().postprocess);
  BOOST_TEST(sut->traits().values == reported_by("hog-people"));
  for (const std::uint16_t channels : {1, 3}) {
    const auto run = run_model(*sut, picture_of_a_figure(640, 480, channels));
    BOOST_REQUIRE_MESSAGE(run.status.ok(), why(run.status));
    BOOST_REQUIRE(run.outputs.size() == 1u);
    BOOST_TEST((run.outputs[0].what().kind == content::detections));
    BOOST_TEST(run.values.at(0) == static_cast<double>(unpack(run.outputs[0]).size()));
  }
}

BOOST_AUTO_TEST_CASE(boxes_are_in_pixels_of_the_original_at_every_scale) {
  // With a threshold that everything passes there are boxes wherever the detector looked.
  for (const double scale : {1.0, 0.5}) {
    auto o = hog_options(scale);
    o.set("threshold", -10.0);
    const auto run = run_model(*make("hog-people", o).value(), picture_of_a_figure(320, 480));
    const auto found = unpack(run.outputs.at(0));
    BOOST_REQUIRE(!found.empty());
    float right = 0;
    for (const auto& d : found) {
      BOOST_TEST(d.name() == "person");
      BOOST_TEST(d.width * static_cast<float>(scale) >= 64 * 0.9f);
      right = std::max(right, d.x + d.width);
    }
    BOOST_TEST(right > 160); // not still in the scaled picture's half
  }
}

BOOST_AUTO_TEST_CASE(a_result_does_not_leak_into_the_next_sample) {
  auto o = hog_options(1.0);
  o.set("threshold", -10.0);
  const auto sut = make("hog-people", o).value();
  BOOST_TEST(!unpack(run_model(*sut, picture_of_a_figure(320, 480)).outputs.at(0)).empty());
  const auto after = run_model(*sut, payload::copy_of("no picture"));
  BOOST_TEST(!after.status.ok());
  BOOST_TEST(after.outputs.empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_picture_or_too_small_is_an_error) {
  const auto sut = make("hog-people", hog_options(0.5)).value();
  BOOST_TEST((run_model(*sut, payload::copy_of("hello")).status.error().code == errc::unsupported));
  const auto small = run_model(*sut, picture_of_a_figure(100, 100));
  BOOST_REQUIRE(!small.status.ok());
  BOOST_TEST(small.status.error().message.find("64x128") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(haar_runs_a_cascade) {
  const std::string cascade = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml";
  if (!std::filesystem::exists(cascade))
    return skip_test(cascade + " (Debian's package opencv-data) is not installed");
  options o;
  o.set("path", cascade);
  o.set("scale", 0.5);
  o.set("scale-factor", 1.1);
  for (const std::int64_t neighbours : {0, 3}) {
    o.set("min-neighbors", neighbours);
    const auto sut = make("haar", o).value();
    BOOST_TEST(sut->traits().values == reported_by("haar"));
    const auto run = run_model(*sut, picture_of_a_figure(320, 240));
    BOOST_REQUIRE_MESSAGE(run.status.ok(), why(run.status));
    BOOST_TEST((run.outputs.at(0).what().kind == content::detections));
    BOOST_TEST(run.values.count(0) == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_cascade_is_an_error_that_names_it) {
  const temp_folder folder;
  options o;
  o.set("scale", 1.0);
  o.set("scale-factor", 1.1);
  o.set("min-neighbors", std::int64_t{3});
  std::ofstream(folder / "text.xml") << "hello";
  std::ofstream(folder / "other.xml") << "<?xml version=\"1.0\"?><opencv_storage></opencv_storage>";
  for (const char* name : {"missing.xml", "text.xml", "other.xml"}) {
    o.set("path", folder / name);
    const auto made = make("haar", o);
    BOOST_REQUIRE(!made.ok());
    BOOST_TEST(made.error().message.find(name) != std::string::npos);
    BOOST_TEST(made.error().message.find('\n') == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
