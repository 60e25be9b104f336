// SPDX-License-Identifier: MIT
// Runs on real input: video, pictures, detectors and codecs out of plugins.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/skip.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace fs = std::filesystem;
using namespace peernet;

namespace {

const std::string video = PEERNET_SOURCE_DIR "/.cache/vtest.avi";
const std::string cascade = "/usr/share/opencv4/haarcascades/haarcascade_fullbody.xml";

/// A camera whose pictures go to a sink that saves them: untouched within the node, and by way of
/// node "cloud" through a codec there and back.
const std::string pictures = R"([scenario]
samples = 5
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "synthetic-image"
width = 160
height = 120
arrival = "closed-loop"
[inference.mirror]
node = "cloud"
model = "echo"
[sinks.original]
node = "robot"
type = "save-images"
[sinks.travelled]
node = "robot"
type = "save-images"
[links.inside]
from = "camera"
to = "original"
[links.up]
from = "camera"
to = "mirror"
[links.down]
from = "mirror"
to = "travelled"
)";

using files = std::map<std::string, std::string>; ///< content by name

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

files files_in(const fs::path& folder) {
  files all;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing))
    all[entry.path().filename()] = read_file(entry.path());
  return all;
}

bool is_jpeg(const std::string& content) {
  return content.size() > 4 && content.compare(0, 3, "\xFF\xD8\xFF") == 0 &&
         content.compare(content.size() - 2, 2, "\xFF\xD9") == 0;
}

/// The quickstart shortened: none of its frames gives way on a busy machine, and so few of them say
/// nothing about how fast it is.
const std::vector<std::string> thirty_frames{
    "scenario.duration=2s",       "scenario.warmup=0s",
    "scenario.drain=20s",         "sensors.camera.rate=15Hz",
    "sensors.camera.max-lag=20s", "inference.detector.queue.policy=block",
    "expect.metrics={}"};

/// In the video, people are found from this frame on.
constexpr std::int64_t first_people = 24;

/// The quickstart's own file with some arguments, results beside everything else of this test.
std::vector<std::string> quickstart(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{PEERNET_SOURCE_DIR "/scenarios/quickstart.toml", "--output",
                                     "out"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_test)

BOOST_AUTO_TEST_CASE(the_quickstart_finds_people_in_a_video) {
  if (!fs::exists(video))
    return skip_test(video + " is missing; tools/setup --video fetches it");
  run_process run(quickstart(set(thirty_frames)), run_process::user::same);
  run.expect_end(0, {{"camera", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID");
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 30);
  for (const auto* step :
       {"sense", "encode", "link", "decode", "preprocess", "infer", "postprocess", "act"})
    BOOST_TEST(db.number("SELECT COUNT(DISTINCT trace) FROM spans WHERE step = '" +
                         std::string(step) + "'") == 30,
               step);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE place = 'detector' AND "
                       "name = 'people'") == 30);
  BOOST_TEST(db.number("SELECT MIN(trace) FROM metrics WHERE name = 'people' AND value > 0") ==
             first_people);
}

BOOST_AUTO_TEST_CASE(save_images_draws_the_boxes_of_people_found_elsewhere) {
  if (!fs::exists(video))
    return skip_test(video + " is missing; tools/setup --video fetches it");
  auto saving = thirty_frames;
  saving.insert(saving.end(), {"sensors.camera.path=" + video, "sinks.actuator.type=save-images"});
  auto with_frames = saving;
  with_frames.emplace_back("sinks.actuator.frames=camera");
  run_process boxes(quickstart(set(with_frames)), run_process::user::same);
  boxes.expect_end(0, {{"camera", 1}});
  BOOST_TEST(boxes.database().number("SELECT SUM(value) FROM metrics WHERE name = 'people'") > 0);
  const auto drawn = files_in(*boxes.results() + "/actuator");
  BOOST_TEST(drawn.size() == 30u);
  for (const auto& [name, content] : drawn)
    BOOST_TEST(is_jpeg(content), name);

  // The same frames as they were: an echo instead of the detector, and no compression on the way.
  auto text = read_file(PEERNET_SOURCE_DIR "/scenarios/quickstart.toml");
  const std::string hog = "model = \"hog-people\"\nscale = 0.5";
  BOOST_REQUIRE(text.find(hog) != std::string::npos);
  text.replace(text.find(hog), hog.size(), "model = \"echo\"");
  auto as_they_were = saving;
  as_they_were.emplace_back("links.uplink.codec=raw");
  run_process bare(text, set(as_they_were));
  bare.expect_end(0, {{"camera", 1}});
  const auto plain = files_in(*bare.results() + "/actuator");
  BOOST_TEST(plain.size() == 30u);
  for (const auto& [name, content] : plain) {
    const auto people = boxes.database().number(
        "SELECT value FROM metrics WHERE name = 'people' AND trace = " + name.substr(2, 8));
    BOOST_TEST((drawn.at(name) != content) == (people > 0), name << " shows " << people);
  }
}

BOOST_AUTO_TEST_CASE(a_haar_cascade_of_debian_runs) {
  if (!fs::exists(cascade))
    return skip_test(cascade + " is missing; Debian's opencv-data brings it");
  const auto haar = R"([scenario]
samples = 5
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "synthetic-image"
width = 160
height = 120
arrival = "closed-loop"
[inference.detector]
node = "cloud"
model = "haar"
path = ")" + cascade +
                    R"("
[sinks.show]
node = "robot"
type = "print"
[links.up]
from = "camera"
to = "detector"
codec = "png"
[links.down]
from = "detector"
to = "show"
)";
  run_process run(haar);
  run.expect_end(0, {{"camera", 1}});
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") == 5);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = 'detector' AND step = 'infer'") ==
             5);
  BOOST_TEST(run.out().find("show 0/0: ") != std::string::npos, run.out());
  BOOST_TEST(run.out().find("show 0/4: ") != std::string::npos, run.out());
}

BOOST_AUTO_TEST_CASE(png_keeps_every_pixel_and_jpeg_does_not) {
  const auto travelled = [](const std::string& codec) {
    run_process run(pictures, set({"links.up.codec=" + codec, "links.down.codec=" + codec}));
    run.expect_end(0, {{"camera", 2}});
    auto db = run.database();
    for (const auto* link : {"up", "down"})
      for (const auto* step : {"encode", "decode"})
        BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE place = '" + std::string(link) +
                             "' AND step = '" + step + "'") == (codec == "raw" ? 0 : 5),
                   codec << " " << link << " " << step);
    BOOST_TEST(db.number("SELECT bytes_sent < 5 * 160 * 120 * 3 FROM links WHERE name = 'up'") ==
               (codec == "raw" ? 0 : 1));
    // The sinks write the same pixels as the same file.
    const auto before = files_in(*run.results() + "/original");
    const auto after = files_in(*run.results() + "/travelled");
    BOOST_TEST(before.size() == 5u);
    BOOST_TEST(after.size() == 5u);
    for (const auto& [name, content] : after)
      BOOST_TEST(is_jpeg(content), name);
    return before == after;
  };
  BOOST_TEST(travelled("raw"));
  BOOST_TEST(travelled("png"));
  BOOST_TEST(!travelled("jpeg"));
}

BOOST_AUTO_TEST_CASE(pictures_of_a_folder_come_in_the_order_of_their_names) {
  // Made by one run, read by the next.
  run_process camera(pictures, {});
  camera.expect_end(0, {{"camera", 2}});
  const auto folder = *camera.results() + "/original";
  auto text = pictures;
  const std::string synthetic = "type = \"synthetic-image\"\nwidth = 160\nheight = 120";
  text.replace(text.find(synthetic), synthetic.size(),
               "type = \"images\"\npath = \"" + folder + "\"");
  run_process run(text, set({"scenario.samples=7"})); // two more: it begins again
  run.expect_end(0, {{"camera", 2}});
  const auto seen = files_in(*run.results() + "/original");
  BOOST_REQUIRE(seen.size() == 7u);
  std::vector<std::string> contents;
  for (const auto& [name, content] : seen)
    contents.push_back(content);
  BOOST_TEST((contents[5] == contents[0]));
  BOOST_TEST((contents[6] == contents[1]));
  BOOST_TEST((contents[1] != contents[0]));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written_is_refused_before_the_run) {
  for (const std::string folder : {"/proc/nix", "scenario.toml", "scenario.toml/x"})
    for (const bool check : {false, true}) {
      const auto arguments = set({"sinks.original.path=" + folder});
      run_process run(pictures, check ? [&] {
        auto more = arguments;
        more.emplace_back("--check");
        return more;
      }()
                                      : arguments);
      BOOST_TEST(run.exit_code() == 2, run.err());
      BOOST_TEST(run.err().find("sinks.original.path: cannot ") != std::string::npos, run.err());
      BOOST_TEST(run.err().find(folder) != std::string::npos, run.err());
      BOOST_TEST(!run.results());
    }
}

BOOST_AUTO_TEST_CASE(a_check_of_a_folder_that_can_be_made_leaves_none_behind) {
  auto more = set({"sinks.original.path=a/b/c"});
  more.emplace_back("--check");
  run_process run(pictures, more);
  BOOST_TEST(run.exit_code() == 0, run.err());
  BOOST_TEST(!fs::exists(run.folder() / "a"));
}

BOOST_AUTO_TEST_CASE(everything_that_cannot_be_loaded_is_told_at_once_at_its_key) {
  const auto write = [](const temp_folder& folder) {
    auto text = pictures;
    const std::string synthetic = "type = \"synthetic-image\"\nwidth = 160\nheight = 120";
    text.replace(text.find(synthetic), synthetic.size(), "type = \"image\"\npath = \"notes.txt\"");
    std::ofstream(folder / "scenario.toml") << text;
    std::ofstream(folder / "notes.txt") << "no picture\n";
  };
  run_process run({"scenario.toml", "--set", "sinks.original.path=/proc/nix", "--set",
                   "sinks.travelled.path=/proc/nox"},
                  run_process::user::same, write);
  BOOST_TEST(run.exit_code() == 2, run.err());
  BOOST_TEST(run.err().find("sensors.camera.path: ") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("sinks.original.path: ") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("sinks.travelled.path: ") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("scenario.toml:") != std::string::npos, run.err());
}

BOOST_AUTO_TEST_SUITE_END()
