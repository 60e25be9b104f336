// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it; what it writes is read with OpenCV.
#include "runtime/core/detection.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>
#include <opencv2/imgcodecs.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace peernet;

namespace {

constexpr std::uint32_t width = 200, height = 100;

/// Evenly dark.
payload picture(std::uint16_t channels = 3) {
  const format f{.kind = content::image, .channels = channels, .width = width, .height = height};
  auto memory = buffer::acquire(image_bytes(f));
  std::memset(memory.data(), 20, memory.size());
  return {f, std::move(memory)};
}

payload boxes(std::initializer_list<detection> found, const format& searched = {}) {
  return pack(std::span(found.begin(), found.size()), searched);
}

/// Keeps one frame, of sample 7.
struct one_frame final : frame_history {
  payload frame = picture();
  std::optional<payload> find(trace_id trace) const override {
    return trace == trace_id(0, 7) ? std::optional{frame} : std::nullopt;
  }
};

struct save_images_fixture {
  temp_folder folder;
  one_frame frames;

  std::unique_ptr<sink> make(options o = {}, bool with_frames = true) const {
    static registry types;
    const auto loaded = types.ensure_module("images");
    BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
    if (!o.has("every"))
      o.set("every", std::int64_t{1});
    return types
        .make_sink("save-images", o,
                   {.stage = "album",
                    .directory = folder.path().string(),
                    .output = folder / "results",
                    .frames = with_frames ? &frames : nullptr})
        .value();
  }

  static sample arrived(payload body, std::uint64_t seq = 7, std::uint32_t output = 0) {
    return {.header = {.trace = trace_id(0, seq), .output = output}, .body = std::move(body)};
  }

  cv::Mat saved(const std::string& name) const { return cv::imread(folder / name); }
};

/// Green as a drawn box is, whatever JPEG makes of it.
bool is_green(const cv::Mat& m, int x, int y) {
  const auto p = m.at<cv::Vec3b>(y, x);
  return p[1] > 150 && p[0] < 110 && p[2] < 110;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(save_images_test, save_images_fixture)

BOOST_AUTO_TEST_CASE(an_image_is_written_into_a_folder_of_the_sink_s_name) {
  for (const std::uint16_t channels : {1, 3})
    BOOST_TEST(make()->act(arrived(picture(channels), 40u + channels)).ok());
  for (const char* name : {"results/album/0-00000041.jpg", "results/album/0-00000043.jpg"}) {
    BOOST_REQUIRE(!saved(name).empty());
    BOOST_TEST(saved(name).cols == static_cast<int>(width));
    BOOST_TEST(!is_green(saved(name), 50, 20));
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_made_before_the_first_picture) {
  const auto sut = make();
  BOOST_TEST(!std::filesystem::exists(folder / "results"));
}

BOOST_AUTO_TEST_CASE(the_option_path_takes_precedence) {
  options o;
  o.set("path", std::string("pictures/today"));
  BOOST_TEST(make(o)->act(arrived(picture())).ok());
  BOOST_TEST(!saved("pictures/today/0-00000007.jpg").empty());
}

BOOST_AUTO_TEST_CASE(detections_are_drawn_on_a_copy_of_their_frame) {
  detection d{.x = 50, .y = 40, .width = 60, .height = 50, .score = 0.9f};
  d.set_label("person");
  BOOST_TEST(make()->act(arrived(boxes({d}))).ok());
  const auto drawn = saved("results/album/0-00000007.jpg");
  BOOST_REQUIRE(!drawn.empty());
  BOOST_TEST(is_green(drawn, 50, 70));
  BOOST_TEST(is_green(drawn, 80, 90));
  BOOST_TEST(!is_green(drawn, 80, 70));
  BOOST_TEST(
      std::ranges::all_of(frames.frame.bytes(), [](std::byte b) { return b == std::byte{20}; }));
}

BOOST_AUTO_TEST_CASE(boxes_found_in_a_smaller_picture_are_drawn_where_they_belong) {
  const detection d{.x = 25, .y = 20, .width = 30, .height = 25, .score = 0.9f};
  const format halved{.kind = content::image, .channels = 3, .width = 100, .height = 50};
  BOOST_TEST(make()->act(arrived(boxes({d}, halved))).ok());
  const auto drawn = saved("results/album/0-00000007.jpg");
  BOOST_REQUIRE(!drawn.empty());
  BOOST_TEST(is_green(drawn, 50, 70));
  BOOST_TEST(is_green(drawn, 80, 90));
  BOOST_TEST(!is_green(drawn, 30, 40));
}

BOOST_AUTO_TEST_CASE(a_class_of_the_whole_picture_is_written_at_its_top) {
  detection d{.score = 0.9f};
  d.set_label("tabby cat");
  BOOST_TEST(make()->act(arrived(boxes({d}))).ok());
  const auto drawn = saved("results/album/0-00000007.jpg");
  BOOST_TEST(is_green(drawn, 1, 4));
  BOOST_TEST(!is_green(drawn, 1, 60));
}

BOOST_AUTO_TEST_CASE(wild_numbers_from_a_model_do_no_harm) {
  const float far = std::numeric_limits<float>::max();
  const float none = std::numeric_limits<float>::quiet_NaN();
  for (const auto& searched : {format{}, format{.width = 1, .height = 0xFFFF'FFFF}})
    BOOST_TEST(make()
                   ->act(arrived(boxes({{.x = -far, .y = -far, .width = far, .height = far},
                                        {.x = far, .y = far, .width = far, .height = far},
                                        {.x = none, .y = 1, .width = 2, .height = 3},
                                        {.x = 1, .y = 2, .width = -5, .height = -5, .score = far}},
                                       searched)))
                   .ok());
  BOOST_TEST(!saved("results/album/0-00000007.jpg").empty());
}

BOOST_AUTO_TEST_CASE(detections_without_a_frame_are_an_error_that_says_why) {
  const auto late = make()->act(arrived(boxes({}), 8));
  BOOST_REQUIRE(!late.ok());
  BOOST_TEST(late.error().message.find("sample 8") != std::string::npos);
  const auto none = make({}, false)->act(arrived(boxes({})));
  BOOST_REQUIRE(!none.ok());
  BOOST_TEST(none.error().message.find("frames") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_picture_is_an_error) {
  BOOST_TEST((make()->act(arrived(payload::copy_of("text"))).error().code == errc::unsupported));
  auto lie = picture().what();
  lie.height *= 2;
  BOOST_TEST(!make()->act(arrived(payload(lie, buffer::acquire(10)))).ok());
}

BOOST_AUTO_TEST_CASE(samples_can_be_left_out_and_outputs_are_told_apart) {
  options o;
  o.set("every", std::int64_t{2});
  const auto sut = make(o);
  for (std::uint64_t seq = 0; seq < 4; ++seq)
    BOOST_TEST(sut->act(arrived(picture(), seq, seq == 2 ? 5 : 0)).ok());
  BOOST_TEST(!saved("results/album/0-00000000.jpg").empty());
  BOOST_TEST(saved("results/album/0-00000001.jpg").empty());
  BOOST_TEST(!saved("results/album/0-00000002.5.jpg").empty());
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made_is_an_error) {
  std::ofstream(folder / "results") << "in the way";
  const auto acted = make()->act(arrived(picture()));
  BOOST_REQUIRE(!acted.ok());
  BOOST_TEST((acted.error().code == errc::io));
  BOOST_TEST(acted.error().message.find("results") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
