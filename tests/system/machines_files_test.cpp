// SPDX-License-Identifier: MIT
// Files that a node on another machine needs lie on the coordinator's: they are shipped, once, and
// what sinks write there comes home.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>

namespace fs = std::filesystem;
using namespace peernet;
using namespace std::literals;

namespace {

const std::string album_of_cloud = R"([scenario]
samples = 6
[nodes.robot]
[nodes.cloud]
[sensors.album]
node = "cloud"
type = "images"
path = "pictures"
arrival = "closed-loop"
timeout = "20s"
[sinks.wall]
node = "robot"
type = "save-images"
[links.down]
from = "album"
to = "wall"
codec = "png"
)";

constexpr int pictures = 3;
constexpr unsigned width = 640, height = 480;
constexpr std::uint64_t album_bytes = pictures * width * height;

/// A grey picture that no other run has: its noise comes from `seed`.
void write_picture(const fs::path& file, unsigned seed) {
  std::ofstream out(file, std::ios::binary);
  out << "P5\n" << width << " " << height << "\n255\n";
  for (unsigned i = 0; i < width * height; ++i)
    out.put(static_cast<char>((seed = seed * 1'103'515'245 + 12'345) >> 16));
}

void write_album(const temp_folder& folder) {
  fs::create_directory(folder / "pictures");
  for (int i = 0; i < pictures; ++i)
    write_picture(fs::path(folder / "pictures") / (std::to_string(i) + ".pgm"),
                  static_cast<unsigned>(i));
}

/// By path, the number under which the disk knows each file below: a new one has another.
std::map<std::string, ino_t> files_below(const std::string& folder) {
  std::map<std::string, ino_t> all;
  std::error_code missing;
  for (const auto& e : fs::recursive_directory_iterator(folder, missing))
    if (struct stat about{}; ::stat(e.path().c_str(), &about) == 0 && S_ISREG(about.st_mode))
      all[e.path()] = about.st_ino;
  return all;
}

std::size_t pictures_in(const fs::path& folder) {
  std::size_t count = 0;
  std::error_code missing;
  for (const auto& e : fs::recursive_directory_iterator(folder, missing))
    count += e.path().extension() == ".png" || e.path().extension() == ".jpg" ? 1 : 0;
  return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_files_test)

BOOST_AUTO_TEST_CASE(files_are_shipped_once) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  const auto play = [&] {
    auto run = lab->run(album_of_cloud, {}, {}, write_album);
    run.expect_end(0, {{"album", 1}});
    BOOST_TEST(run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                     "outcome = 'delivered'") == 6);
    BOOST_TEST(pictures_in(*run.results()) == 6u);
  };
  BOOST_TEST(files_below(cloud / "cache").empty());
  play();
  lab->await_free();
  const auto kept = files_below(cloud / "cache");
  BOOST_TEST(kept.size() == std::size_t{pictures}); // and no work folder is left
  const auto received = cloud.received_over("lan");
  BOOST_TEST(received > album_bytes);
  play();
  lab->await_free();
  BOOST_TEST((files_below(cloud / "cache") == kept));
  BOOST_TEST(cloud.received_over("lan") - received < album_bytes / 2);
}

BOOST_AUTO_TEST_CASE(what_was_changed_is_shipped_again) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  lab->run(album_of_cloud, {}, {}, write_album).expect_end(0, {{"album", 1}});
  lab->run(album_of_cloud, {}, {},
           [](const temp_folder& folder) {
             write_album(folder);
             write_picture(fs::path(folder / "pictures") / "1.pgm", 77);
           })
      .expect_end(0, {{"album", 1}});
  lab->await_free();
  BOOST_TEST(files_below(cloud / "cache").size() == std::size_t{pictures} + 1);
}

BOOST_AUTO_TEST_CASE(paths_begin_at_the_scenario_wherever_the_user_stands) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  const auto below = [&](const temp_folder& folder) {
    fs::create_directories(folder / "lab/pictures");
    write_album(folder);
    fs::remove(folder / "lab/pictures");
    fs::rename(folder / "pictures", folder / "lab/pictures");
    std::ofstream(folder / "lab/scenario.toml") << album_of_cloud;
    std::ofstream(folder / "hosts.toml")
        << "[cloud]\nhost = \"" << (*lab)["cloud"].host() << "\"\n";
  };
  run_process run({"lab/scenario.toml", "--output", "out", "--hosts", "hosts.toml", "--identity",
                   lab->first() / "identity"},
                  lab->here(), below);
  run.expect_end(0, {{"album", 1}});
  BOOST_TEST(pictures_in(*run.results()) == 6u);
}

BOOST_AUTO_TEST_CASE(what_a_sink_writes_on_another_machine_comes_home) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(album_of_cloud, {"sensors.album.node=robot", "sinks.wall.node=cloud"}, {},
                      write_album);
  run.expect_end(0, {{"album", 1}});
  BOOST_TEST(pictures_in(*run.results()) == 6u);
  lab->await_free();
  BOOST_TEST(files_below((*lab)["cloud"] / "cache").empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_nowhere_is_named_with_its_place) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(album_of_cloud); // without pictures
  BOOST_TEST(run.exit_code() == 2, run.err());
  BOOST_TEST(run.err().find("scenario.toml:8:8: error: sensors.album.path: node cloud (" +
                            (*lab)["cloud"].host() + "): ") != std::string::npos,
             run.err());
  BOOST_TEST(run.err().find("pictures") != std::string::npos, run.err());
  BOOST_TEST(!run.results());
  lab->await_free();
  auto next = lab->run(album_of_cloud, {}, {}, write_album);
  next.expect_end(0, {{"album", 1}});
}

BOOST_AUTO_TEST_CASE(more_than_the_owner_accepts_is_refused_with_both_figures) {
  auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  lab->introduce();
  auto& cloud = (*lab)["cloud"];
  cloud.start_daemon({"--accept-files", "500kB"});
  auto run = lab->run(album_of_cloud, {}, {}, write_album); // 922 kB
  BOOST_TEST(run.exit_code() == 5, run.err());
  BOOST_TEST(run.err().find("node cloud (" + cloud.host() +
                            "): the files of this run are 922kB, more than the 500kB it takes for "
                            "one run; start peernet-node with --accept-files 922kB") !=
                 std::string::npos,
             run.err());
  BOOST_TEST(!run.results());
  BOOST_TEST(files_below(cloud / "cache").empty());
  auto next = lab->run(echo_scenario);
  next.expect_end(0, {{"probe", 1}});
}

BOOST_AUTO_TEST_SUITE_END()
