// SPDX-License-Identifier: MIT
#include "actors/sinks/builtin.hpp"
#include "runtime/core/detection.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

std::string of_text(std::string_view text) {
  return summarize(payload::copy_of(text));
}

} // namespace

BOOST_AUTO_TEST_SUITE(summarize_test)

BOOST_AUTO_TEST_CASE(text_is_shown_as_it_is) {
  BOOST_TEST(of_text("forward 0.5 m/s") == "forward 0.5 m/s");
  BOOST_TEST(of_text("Grüße, 東京 🙂") == "Grüße, 東京 🙂");
  BOOST_TEST(of_text("") == "");
}

BOOST_AUTO_TEST_CASE(nothing_that_commands_a_terminal_gets_through) {
  BOOST_TEST(of_text("a\nb\tc") == "a\\nb\\tc");
  BOOST_TEST(of_text("\x1b[2J\x7f") == "\\x1b[2J\\x7f");
  BOOST_TEST(of_text("\xc2\x9b"
                     "2J") == "\\xc2\\x9b2J"); // CSI as one character of the second set
  BOOST_TEST(of_text(std::string_view("\0", 1)) == "\\x00");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_escaped_one_by_one) {
  BOOST_TEST(of_text("\xff") == "\\xff");
  BOOST_TEST(of_text("\xc0\xaf") == "\\xc0\\xaf");          // overlong
  BOOST_TEST(of_text("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // surrogate
  BOOST_TEST(of_text("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  BOOST_TEST(of_text("\xe6\x9d") == "\\xe6\\x9d"); // cut off
  BOOST_TEST(of_text("\xc3(") == "\\xc3(");
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_between_characters) {
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += "é";
  const auto line = of_text(text);
  BOOST_TEST(line.starts_with(text.substr(0, 400)));
  BOOST_TEST(line.substr(400).starts_with("…"));
  BOOST_TEST(of_text(text.substr(0, 400)) == text.substr(0, 400));
}

BOOST_AUTO_TEST_CASE(detections_are_listed) {
  std::vector<detection> found(2);
  found[0] = {.x = 12, .y = 34, .width = 60, .height = 120, .score = 0.874f};
  found[0].set_label("person");
  found[1] = {.score = 0.5f};
  found[1].set_label("tabby\x1b cat");
  BOOST_TEST(summarize(pack(found)) == "person 0.87 @ 12,34 60x120, tabby\\x1b cat 0.50");
  BOOST_TEST(summarize(pack({})) == "nothing detected");
  found.resize(25);
  BOOST_TEST(summarize(pack(found)).ends_with(" and 5 more"));
}

BOOST_AUTO_TEST_CASE(wild_numbers_make_a_line_too) {
  detection d{.x = 3e38f, .y = -3e38f, .width = 3e38f, .height = 3e38f, .score = 3e38f};
  BOOST_TEST(!summarize(pack(std::span{&d, 1})).empty());
  d.width = std::numeric_limits<float>::quiet_NaN();
  BOOST_TEST(!summarize(pack(std::span{&d, 1})).empty());
}

BOOST_AUTO_TEST_CASE(other_payloads_are_told_by_their_extent) {
  const format image{.kind = content::image, .channels = 3, .width = 640, .height = 480};
  BOOST_TEST(summarize(payload(image, buffer::acquire(0))) == "image 640x480x3");
  const format tensor{.kind = content::tensor, .type = element::f32, .width = 1000, .height = 4};
  BOOST_TEST(summarize(payload(tensor, buffer::acquire(0))) == "tensor 1000x4 f32");
  BOOST_TEST(summarize(payload(format{}, buffer::acquire(100))) == "100 B");
}

BOOST_AUTO_TEST_SUITE_END()
