// SPDX-License-Identifier: MIT
#include "runtime/plugin/loader.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace peernet;
namespace fs = std::filesystem;

namespace {

const std::vector<fs::path> stubs = {PEERNET_STUB_FOLDER};

/// The error of loading `module` from the stubs; its message names the file.
error failure(const std::string& module) {
  registry types(stubs);
  const auto loaded = types.ensure_module(module);
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST(loaded.error().message.find("peernet-" + module + ".so") != std::string::npos);
  return loaded.error();
}

/// Sets a variable for the length of a test.
class variable {
public:
  variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~variable() { ::unsetenv(name_); }

private:
  const char* name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(loader_test)

BOOST_AUTO_TEST_CASE(a_plugin_brings_its_types) {
  registry sut(stubs);
  BOOST_TEST(!sut.make_sensor("stub", {}, {}).ok());
  const auto loaded = sut.ensure_module("good");
  BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
  auto made = sut.make_sensor("stub", {}, {});
  BOOST_REQUIRE(made.ok());
  BOOST_TEST(made.value()->sample().value()->text() == "from the stub");
}

BOOST_AUTO_TEST_CASE(a_plugin_asked_for_twice_is_loaded_once) {
  registry sut(stubs);
  BOOST_TEST(sut.ensure_module("good").ok());
  BOOST_TEST(sut.ensure_module("good").ok()); // a second registration would be a duplicate
  BOOST_TEST(sut.status().ok());
}

BOOST_AUTO_TEST_CASE(two_registries_of_one_process_can_load_one_plugin) {
  registry first(stubs);
  registry second(stubs);
  BOOST_TEST(first.ensure_module("good").ok());
  BOOST_TEST(second.ensure_module("good").ok());
  BOOST_TEST(second.make_sensor("stub", {}, {}).ok());
}

BOOST_AUTO_TEST_CASE(a_plugin_whose_type_is_taken_is_an_error_that_names_both) {
  registry sut(stubs);
  BOOST_TEST(sut.ensure_module("good").ok());
  const auto second = sut.ensure_module("same-type");
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().message.find("'same-type'") != std::string::npos);
  BOOST_TEST(second.error().message.find("'stub'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plugin_for_another_abi_is_refused_before_it_runs) {
  const auto e = failure("wrong-abi");
  BOOST_TEST((e.code == errc::refused));
  BOOST_TEST(e.message.find("peernet-plugin-0 built-long-ago") != std::string::npos);
  BOOST_TEST(e.message.find(PEERNET_PLUGIN_ABI) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_library_without_the_entry_is_no_plugin) {
  const auto e = failure("without-entry");
  BOOST_TEST((e.code == errc::unsupported));
  BOOST_TEST(e.message.find("peernet_plugin_abi") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_symbol_is_found_when_loading_and_named) {
  const auto e = failure("unresolved");
  BOOST_TEST((e.code == errc::unreadable));
  BOOST_TEST(e.message.find("nobody_has_this_function") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_registration_throws_is_reported) {
  const auto e = failure("throws");
  BOOST_TEST((e.code == errc::internal));
  BOOST_TEST(e.message.find("no licence") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_library_is_an_error) {
  const auto folder = fs::temp_directory_path() / ("peernet-loader-" + std::to_string(::getpid()));
  fs::create_directory(folder);
  std::ofstream(folder / "peernet-noise.so") << "this is not an ELF file";
  registry sut({folder});
  const auto loaded = sut.ensure_module("noise");
  fs::remove_all(folder);
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.error().code == errc::unreadable));
  BOOST_TEST(loaded.error().message.find("peernet-noise.so") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_plugin_names_every_folder_and_the_remedy) {
  registry sut({"/no/first", "/no/second"});
  const auto loaded = sut.ensure_module("video");
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.error().code == errc::not_found));
  for (const char* part : {"peernet-video.so", "/no/first", "/no/second", "PEERNET_PLUGIN_PATH"})
    BOOST_TEST(loaded.error().message.find(part) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_leaves_the_folder_is_refused) {
  for (const char* name : {"../good", "a/b", "Good", "", "1st", "gu.t"}) {
    registry types;
    BOOST_TEST((load_plugin(name, stubs, types).error().code == errc::bad_scenario));
  }
}

BOOST_AUTO_TEST_CASE(folders_of_the_environment_come_before_the_build_s_own) {
  const auto own = plugin_folders();
  BOOST_REQUIRE(own.size() == 1u);
  BOOST_TEST(own[0] == fs::canonical(PEERNET_BINARY_DIR) / "lib" / "peernet");
  const variable path("PEERNET_PLUGIN_PATH", "/first::/second:");
  const auto folders = plugin_folders();
  BOOST_REQUIRE(folders.size() == 3u);
  BOOST_TEST(folders[0] == "/first");
  BOOST_TEST(folders[1] == "/second");
  BOOST_TEST(folders[2] == own[0]);
}

BOOST_AUTO_TEST_SUITE_END()
