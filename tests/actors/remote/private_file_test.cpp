// SPDX-License-Identifier: MIT
#include "actors/remote/private_file.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>
#include <sys/stat.h>

using namespace peernet;

namespace {

mode_t mode_of(const std::filesystem::path& file) {
  struct stat about {};
  BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

} // namespace

BOOST_AUTO_TEST_SUITE(private_file_test)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_and_only_its_owner_may) {
  const temp_folder folder;
  const auto file = folder.path() / "file";
  must(replace_private_file(file, "one"));
  must(replace_private_file(file, "another"));
  BOOST_TEST(must(read_private_file(file, 0077, 100)) == "another");
  BOOST_TEST(mode_of(file) == 0600);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_folder_is_made_with_those_above_it) {
  const temp_folder folder;
  const auto below = folder.path() / "a" / "b";
  must(make_private_folder(below));
  must(make_private_folder(below));
  BOOST_TEST(mode_of(below) == 0700);
  std::ofstream(folder / "file") << "x";
  const auto failed = make_private_folder(folder.path() / "file");
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST(failed.error().message.find("file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_may_not_be_read_says_why) {
  const temp_folder folder;
  const auto file = folder.path() / "file";
  BOOST_TEST(read_private_file(file, 0, 100).error().code == errc::not_found);
  must(create_private_file(file, 0644, "text"));
  BOOST_TEST(create_private_file(file, 0644, "text").error().code == errc::refused);
  const auto open = read_private_file(file, 0077, 100);
  BOOST_REQUIRE(!open.ok());
  BOOST_TEST(open.error().code == errc::refused);
  BOOST_TEST(open.error().message.find("chmod 600") != std::string::npos);
  BOOST_TEST(must(read_private_file(file, 0022, 4)) == "text");
  BOOST_TEST(read_private_file(file, 0022, 3).error().code == errc::too_large);
  BOOST_TEST(read_private_file(folder.path(), 0, 100).error().code == errc::unreadable);
  BOOST_REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  BOOST_TEST(read_private_file(folder / "pipe", 0, 100).error().code == errc::unreadable);
}

BOOST_AUTO_TEST_CASE(a_lock_keeps_others_out_while_it_lives) {
  const temp_folder folder;
  BOOST_TEST(folder_lock::take(folder.path() / "none").error().code == errc::not_found);
  int inside = 0, most = 0; // the lock guards them
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const auto lock = folder_lock::take(folder.path());
        if (!lock)
          return;
        // What flock() guards, no sanitizer knows of.
        std::atomic_ref(most).store(
            std::max(std::atomic_ref(most).load(), std::atomic_ref(inside).fetch_add(1) + 1));
        std::this_thread::yield();
        --std::atomic_ref(inside);
      }
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(most == 1);
}

BOOST_AUTO_TEST_SUITE_END()
