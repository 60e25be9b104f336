// SPDX-License-Identifier: MIT
#include "runtime/config/shipped_files.hpp"
#include "runtime/config/writer.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/runtime/config/ordinary_user.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>

using namespace peernet;
namespace fs = std::filesystem;

namespace {

const std::string everything = R"([scenario]
duration = "10s"
[nodes.robot]
host = "10.0.0.4"
[nodes.cloud]
host = "10.0.0.5"
[sensors.camera]
node = "robot"
type = "video"
path = "clips/walk.avi"
rate = "10Hz"
[sensors.album]
node = "robot"
type = "images"
path = "pictures/"
rate = "10Hz"
[inference.detector]
node = "cloud"
model = "haar"
path = "faces.xml"
[sinks.actuator]
node = "robot"
type = "save-images"
[links.uplink]
from = "camera"
to = "detector"
[links.second]
from = "album"
to = "detector"
[links.downlink]
from = "detector"
to = "actuator"
)";

/// A scenario in a folder of its own.
class place {
public:
  void write(const std::string& name) const {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    std::ofstream(folder_ / name) << name;
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }

  [[nodiscard]] scenario read(const std::vector<std::string>& overrides = {}) const {
    return read_right(everything, overrides, folder_.path().string());
  }
  [[nodiscard]] auto of(const std::string& node,
                        const std::vector<std::string>& overrides = {}) const {
    return files_to_ship(read(overrides), node, catalogue::builtin());
  }
  /// "name here > name there" of what must go well.
  [[nodiscard]] std::vector<std::string> listed(const std::string& node,
                                                const std::vector<std::string>& o = {}) const {
    const auto files = of(node, o);
    BOOST_REQUIRE_MESSAGE(files.ok(), why(files));
    std::vector<std::string> lines;
    for (const auto& f : *files)
      lines.push_back(fs::path(f.path).lexically_relative(path()).string() + " > " + f.name);
    return lines;
  }
  void expect_refused(errc code, const std::string& begin, std::string_view remedy) const {
    const auto files = of("robot");
    BOOST_REQUIRE(!files.ok());
    const auto& message = files.error().message;
    BOOST_TEST((files.error().code == code), message);
    BOOST_TEST(message.starts_with(begin), message);
    BOOST_TEST(message.find(remedy) != std::string::npos, message);
  }

private:
  temp_folder folder_;
};

void expect_same(const std::vector<std::string>& found, const std::vector<std::string>& wanted) {
  BOOST_TEST(found == wanted, boost::test_tools::per_element());
}

/// Parts of a name that a node would refuse.
bool is_safe(const std::string& name) {
  for (const auto& part : fs::path(name))
    if (part.string().starts_with('.') || part.string().size() > longest_shipped_part ||
        part.string().find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789._-") != std::string::npos)
      return false;
  return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shipped_files_test)

BOOST_AUTO_TEST_CASE(what_a_nodes_stages_name_and_is_here_is_shipped) {
  const place here;
  here.write("clips/walk.avi");
  here.write("faces.xml");
  here.write("out/old.png"); // what a sink writes is no business of ours
  const auto files = here.of("robot");
  BOOST_REQUIRE_MESSAGE(files.ok(), why(files));
  BOOST_REQUIRE_EQUAL(files->size(), 1u);
  BOOST_TEST(((*files)[0] ==
              shipped_file{"sensors.camera.path", here / "clips/walk.avi", "files/0-walk.avi"}));
  expect_same(here.listed("cloud"), {"faces.xml > files/0-faces.xml"});
  BOOST_TEST(here.listed("nobody").empty());
}

BOOST_AUTO_TEST_CASE(a_folder_is_shipped_with_everything_below_it) {
  const place here;
  here.write("clips/walk.avi");
  for (const auto* file : {"pictures/b.png", "pictures/a.png", "pictures/more/c.png"})
    here.write(file);
  fs::create_directory(here / "pictures/none");
  BOOST_REQUIRE_EQUAL(::mkfifo((here / "pictures/pipe").c_str(), 0600), 0);
  expect_same(here.listed("robot"),
              {"clips/walk.avi > files/0-walk.avi", "pictures/a.png > files/1-pictures/a.png",
               "pictures/b.png > files/1-pictures/b.png",
               "pictures/more/c.png > files/1-pictures/more/c.png"});
}

BOOST_AUTO_TEST_CASE(what_is_not_here_stays_as_it_is_written) {
  const place here;
  here.write("0");
  for (const std::string path :
       {"0", "7", "rtsp://camera/stream", "/dev/null", "frame-%03d.png", "nowhere.avi", "clips"})
    BOOST_TEST(here.listed("robot", {"sensors.camera.path=\"" + path + "\""}).empty(), path);
  fs::create_directories(here / "faces.xml"); // a folder where a file is meant
  BOOST_TEST(here.listed("cloud").empty());
}

BOOST_AUTO_TEST_CASE(settings_name_shipped_files_in_the_work_folder) {
  const place here;
  here.write("pictures/a.png");
  here.write("faces.xml");
  const auto s = here.read();
  const auto files = here.of("robot");
  BOOST_REQUIRE_MESSAGE(files.ok(), why(files));
  const auto there = with_shipped_paths(s, "robot", *files);
  const auto path = [](const stage_config& c) { return c.settings.get<std::string>("path"); };
  BOOST_TEST(path(there.sensors[1]) == "files/0-pictures");
  BOOST_TEST(path(there.sensors[0]) == "clips/walk.avi"); // not here, so there
  BOOST_TEST(path(there.inference[0]) == "faces.xml");    // another node's
  BOOST_TEST((with_shipped_paths(s, "cloud", *files) == s));

  const temp_folder work; // and the node can read it, in a folder that holds only its own
  const auto text = write_scenario(there, catalogue::builtin());
  const auto read = read_scenario_text(text, "run.toml", work.path().string(), {},
                                       catalogue::builtin(), {.look_for_files = false});
  BOOST_TEST(read.ok(), to_string(read.errors));
}

BOOST_AUTO_TEST_CASE(two_settings_with_one_file_get_one_each) {
  const place here;
  here.write("faces.xml");
  expect_same(here.listed("cloud", {"inference.other={ node = \"cloud\", model = \"haar\", "
                                    "path = \"./clips/../faces.xml\" }",
                                    "links.on={ from = \"camera\", to = \"other\" }",
                                    "links.back={ from = \"other\", to = \"actuator\" }"}),
              {"faces.xml > files/0-faces.xml", "faces.xml > files/1-faces.xml"});
}

BOOST_AUTO_TEST_CASE(unsafe_names_are_changed_without_losing_their_order) {
  const place here;
  for (const auto* file : {"pictures/b c.png", "pictures/b_c.png", "pictures/a.png",
                           "pictures/.hidden", "pictures/sub/x.png", "clips/k\xc3\xbc $(x).avi"})
    here.write(file);
  expect_same(here.listed("robot", {"sensors.camera.path=clips/k\xc3\xbc $(x).avi"}),
              {"clips/k\xc3\xbc $(x).avi > files/0-k_____x_.avi",
               "pictures/.hidden > files/1-pictures/0-.hidden",
               "pictures/a.png > files/1-pictures/1-a.png",
               "pictures/b c.png > files/1-pictures/2-b_c.png",
               "pictures/b_c.png > files/1-pictures/3-b_c.png",
               "pictures/sub/x.png > files/1-pictures/4-sub/x.png"});
}

BOOST_AUTO_TEST_CASE(every_name_is_one_that_a_node_takes) {
  const place here;
  const std::string longest(250, 'x');
  here.write("clips/" + longest + ".avi");
  for (int i = 0; i < 12; ++i) {
    here.write("pictures/" + longest + std::to_string(i));
    here.write("pictures/.." + std::to_string(i) + "/\xff\n.png");
  }
  const auto files = here.of("robot", {"sensors.camera.path=clips/" + longest + ".avi"});
  BOOST_REQUIRE_MESSAGE(files.ok(), why(files));
  BOOST_TEST(files->size() == 25u);
  std::set<std::string> names;
  for (const auto& f : *files) {
    BOOST_TEST(is_safe(f.name), f.name);
    BOOST_TEST(names.insert(f.name).second, f.name);
  }
  BOOST_TEST(files->front().name.ends_with("xx.avi")); // the ending tells the format
  std::vector<std::string> here_sorted, there_sorted;
  for (const auto& f : *files) {
    here_sorted.push_back(f.path);
    there_sorted.push_back(f.name);
  }
  BOOST_TEST(std::is_sorted(here_sorted.begin() + 1, here_sorted.end()));
  BOOST_TEST(std::is_sorted(there_sorted.begin() + 1, there_sorted.end()));
}

BOOST_AUTO_TEST_CASE(links_are_followed_inside_the_folder_only) {
  const place here;
  here.write("pictures/a.png");
  here.write("secret.png");
  fs::create_symlink("a.png", here / "pictures/b.png");
  expect_same(here.listed("robot"), {"pictures/a.png > files/0-pictures/a.png",
                                     "pictures/a.png > files/0-pictures/b.png"});
  const auto begin = "sensors.album.path: \"" + here / "pictures/c.png" + "\" is a link";
  for (const auto* target : {"../secret.png", "nowhere", "."}) {
    fs::create_symlink(target, here / "pictures/c.png");
    here.expect_refused(errc::unreadable, begin, "put what it leads to in its place");
    fs::remove(here / "pictures/c.png");
  }
  fs::rename(here / "pictures", here / "real"); // the folder itself may be a link
  fs::create_directory_symlink("real", here / "pictures");
  expect_same(here.listed("robot"),
              {"pictures/a.png > files/0-pictures/a.png", "real/a.png > files/0-pictures/b.png"});
}

BOOST_AUTO_TEST_CASE(a_folder_that_gives_nothing_is_refused) {
  const place here;
  fs::create_directories(here / "pictures/none");
  here.expect_refused(errc::unreadable, "sensors.album.path: \"" + here / "pictures" + "\"",
                      "is a folder without any file; name the right one");
  here.write("pictures/a.png");
  BOOST_REQUIRE_EQUAL(::chmod(here.path().c_str(), 0711), 0);
  BOOST_REQUIRE_EQUAL(::chmod((here / "pictures/none").c_str(), 0), 0);
  {
    const ordinary_user user;
    here.expect_refused(errc::unreadable, "sensors.album.path: \"" + here / "pictures/none" + "\"",
                        "Permission denied");
  }
}

BOOST_AUTO_TEST_CASE(names_have_a_limit_of_depth_and_length) {
  const place here;
  const std::string deep = "pictures/d/d/d/d/d";
  here.write(deep + "/a.png");
  const auto deepest = here.listed("robot");
  expect_same(deepest, {deep + "/a.png > files/0-" + deep + "/a.png"});
  here.write(deep + "/d/a.png");
  here.expect_refused(errc::too_large, "sensors.album.path: \"" + here / deep + "/d\" is nested",
                      "up to 6 levels of a folder; name a folder nearer to what is needed");
  fs::remove_all(here / "pictures");
  const std::string wide(100, 'w');
  const auto below = "pictures/" + wide + "/" + wide + "/" + wide + "/" + wide + "/";
  here.write(below + std::string(512 - 17 - 4 * 101, 'f'));
  BOOST_TEST(here.of("robot")->at(0).name.size() == longest_shipped_name);
  const auto longer = below + std::string(512 - 17 - 4 * 101 + 1, 'g');
  here.write(longer);
  here.expect_refused(errc::too_large, "sensors.album.path: \"" + here / longer + "\" has too long",
                      "shorten some of them");
}

BOOST_AUTO_TEST_CASE(a_node_is_sent_ten_thousand_files_at_most) {
  const place here;
  fs::create_directories(here / "pictures");
  for (std::size_t i = 0; i < most_shipped_files; ++i)
    std::ofstream(here / "pictures/" + std::to_string(i));
  BOOST_TEST(here.listed("robot").size() == most_shipped_files);
  here.write("clips/walk.avi");
  here.expect_refused(errc::too_large, "sensors.album.path: ",
                      "is one more than the 10000 files that a node may be sent; take what");
}

BOOST_AUTO_TEST_SUITE_END()
