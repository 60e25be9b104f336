// SPDX-License-Identifier: MIT
#include "actors/run_folders.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <utility>

namespace fs = std::filesystem;
using namespace peernet;

BOOST_AUTO_TEST_SUITE(run_folders_test)

BOOST_AUTO_TEST_CASE(the_private_folder_is_closed_to_others_and_goes_with_all_in_it) {
  std::string path;
  {
    auto made = private_folder::make();
    BOOST_REQUIRE(made.ok());
    const private_folder moved = std::move(*made);
    path = moved.path();
    BOOST_TEST(static_cast<unsigned>(fs::status(path).permissions()) == 0700u);
    std::ofstream(path + "/socket") << "x";
  }
  BOOST_TEST(!path.empty());
  BOOST_TEST(!fs::exists(path));
  BOOST_TEST(private_folder::none().path().empty());
}

BOOST_AUTO_TEST_CASE(two_results_of_one_second_have_folders_of_their_own) {
  const temp_folder here;
  const auto one = make_results_folder(here / "a/b", "echo");
  const auto two = make_results_folder(here / "a/b", "echo");
  BOOST_REQUIRE((one.ok() && two.ok()));
  BOOST_TEST(*one != *two);
  for (const auto& folder : {*one, *two}) {
    BOOST_TEST(fs::is_directory(folder));
    BOOST_TEST(fs::path(folder).filename().string().substr(0, 5) == "echo-");
  }
}

BOOST_AUTO_TEST_CASE(an_output_that_cannot_be_is_named) {
  const temp_folder here;
  BOOST_TEST(make_results_folder("", "echo").error().message.find("--output") == 0u);
  const auto file = here / "file";
  std::ofstream(file) << "x";
  const auto refused = make_results_folder(file, "echo");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.find(file) != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
