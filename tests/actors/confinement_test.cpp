// SPDX-License-Identifier: MIT
#include "actors/confinement.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace peernet;

namespace {

/// What a process that is confined to `folder` answers; 99 if it cannot be.
int confined(const std::string& folder, const std::function<int()>& asked) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0)
    ::_exit(confine_writes(folder).ok() ? asked() : 99);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// 1: the file was made or changed.
int writes(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return fd >= 0 && ::write(fd, "x", 1) == 1 ? 1 : 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(confinement_test)

BOOST_AUTO_TEST_CASE(a_confined_process_writes_below_its_folder_and_to_devices_only) {
  const temp_folder inside, outside;
  BOOST_TEST(writes(outside / "mine") == 1);
  if (confined(inside.path(), [] { return 0; }) == 99)
    return skip_test("this kernel has no Landlock");
  const std::string in = inside / "file", out = outside / "file", mine = outside / "mine";
  BOOST_TEST(confined(inside.path(), [&] { return writes(in); }) == 1);
  BOOST_TEST(confined(inside.path(), [&] { return writes(out); }) == 0);
  BOOST_TEST(confined(inside.path(), [&] { return writes(mine); }) == 0);
  BOOST_TEST(confined(inside.path(), [&] { return ::unlink(mine.c_str()) == 0 ? 1 : 0; }) == 0);
  BOOST_TEST(confined(inside.path(), [&] { return ::mkdir(out.c_str(), 0700) == 0 ? 1 : 0; }) == 0);
  BOOST_TEST(confined(inside.path(), [] { return writes("/dev/null"); }) == 1);
  // What it starts is confined, too.
  BOOST_TEST(confined(inside.path(), [&] {
               return std::system(("echo x 2>&- >" + out).c_str()) == 0 ? 1 : 0;
             }) == 0);
  BOOST_TEST(::access(out.c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
