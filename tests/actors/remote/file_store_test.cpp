// SPDX-License-Identifier: MIT
#include "actors/remote/file_store.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace peernet;
namespace fs = std::filesystem;

namespace {

shipped_entry entry(const std::string& name, const std::string& content) {
  return {name, digest_of(content), content.size()};
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::size_t count_in(const fs::path& folder) {
  std::error_code none;
  const fs::directory_iterator all(folder, none);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

unsigned mode_of(const fs::path& file) {
  struct stat s {};
  BOOST_REQUIRE(::lstat(file.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

template <class T>
void check_error(const result<T>& r, errc code, std::string_view what = "") {
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(r.error().code == code, r.error().message);
  BOOST_TEST(r.error().message.find(what) != std::string::npos, r.error().message);
}

struct fixture {
  temp_folder folder;
  const fs::path cache = folder / "cache", files = cache / "files";
  file_store store{cache, 1000};

  /// Ships it as a coordinator does.
  void keep(const std::string& content) {
    auto file = must(store.receive(digest_of(content), content.size()));
    must(file.add(bytes_of(content)));
    must(file.finish());
  }
  std::vector<std::string> missing(const std::vector<shipped_entry>& wanted) {
    return must(store.missing(wanted));
  }
  /// The later, the younger.
  void make_old(const std::string& content, int hours) {
    fs::last_write_time(files / digest_of(content),
                        fs::file_time_type::clock::now() - std::chrono::hours{hours});
  }
  bool has(const std::string& content) { return fs::exists(files / digest_of(content)); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(file_store_test, fixture)

BOOST_AUTO_TEST_CASE(inner_names_stay_within_their_folder) {
  for (const auto* name : {"a", "a/b", "files/0-a.png", "1/2/3/4/5/6/7/8", "..a", "a..", "...",
                           ".a", "a/.b", "a\\b", " "})
    BOOST_TEST(is_inner_name(name), name);
  BOOST_TEST(is_inner_name(std::string(512, 'a')));
  for (const auto* name : {"", "/", "/a", "a/", "a//b", ".", "..", "./a", "../a", "a/..", "a/../b",
                           "a/./b", "a/.", "1/2/3/4/5/6/7/8/9"})
    BOOST_TEST(!is_inner_name(name), name);
  BOOST_TEST(!is_inner_name(std::string(513, 'a')));
  BOOST_TEST(!is_inner_name(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(nothing_is_made_before_it_is_needed) {
  BOOST_TEST(missing({entry("a", "one")}).size() == 1u);
  BOOST_TEST(!fs::exists(cache));
}

BOOST_AUTO_TEST_CASE(a_file_is_shipped_once) {
  const auto one = entry("a", "one"), same = entry("b/c", "one"), two = entry("d", "two!");
  BOOST_TEST(missing({one, same, two}).size() == 2u); // by digest
  keep("one");
  BOOST_TEST((missing({one, same, two}) == std::vector{two.digest}));
  keep("two!");
  BOOST_TEST(missing({one, same, two}).empty());
  file_store later(cache, 1000);
  BOOST_TEST(must(later.missing({one, same, two})).empty());
  BOOST_TEST(missing({}).empty());
}

BOOST_AUTO_TEST_CASE(names_and_digests_that_are_none_are_refused) {
  for (const auto* name : {"", "../a", "/etc/passwd", "a/../../b"})
    check_error(store.missing({entry("good", "x"), entry(name, "one")}), errc::refused, name);
  for (const auto& digest : {std::string(), std::string("../") + std::string(61, 'a'),
                             std::string(64, 'A'), std::string(64, '/')}) {
    check_error(store.missing({{"a", digest, 1}}), errc::refused);
    check_error(store.receive(digest, 1), errc::refused);
    check_error(store.lay_out({{"a", digest, 1}}), errc::refused);
  }
  keep("one");
  check_error(store.lay_out({entry("../../a", "one")}), errc::refused);
  BOOST_TEST(count_in(cache / "runs") == 0u); // nothing is left of what was begun
  BOOST_TEST(!fs::exists(folder / "a"));
  BOOST_TEST(!fs::exists(cache / "a"));
}

BOOST_AUTO_TEST_CASE(more_than_is_taken_for_a_run_is_refused) {
  const auto sized = [](std::uint64_t bytes) {
    return shipped_entry{"a", digest_of(std::to_string(bytes)), bytes};
  };
  BOOST_TEST(must(store.missing({sized(400), sized(600)})).size() == 2u);
  check_error(store.missing({sized(400), sized(601)}), errc::too_large);
  check_error(store.missing({sized(1), sized(UINT64_MAX)}), errc::too_large);
  check_error(store.missing({sized(UINT64_MAX), sized(1)}), errc::too_large);
  check_error(store.receive(digest_of("x"), 1001), errc::refused);

  // In the words of the option, and what it would have to be.
  check_error(file_store(cache, 500'000).missing({sized(400'000), sized(521'645)}), errc::too_large,
              "the files of this run are 922kB, more than the 500kB it takes for one run; start "
              "peernet-node with --accept-files 922kB");
}

BOOST_AUTO_TEST_CASE(only_what_was_announced_is_kept) {
  const std::string content = "0123456789";
  {
    auto file = must(store.receive(digest_of(content), 10));
    must(file.add(bytes_of("01234")));
    BOOST_TEST(file.missing() == 5u);
    check_error(file.finish(), errc::corrupt); // less
  }
  {
    auto file = must(store.receive(digest_of(content), 10));
    must(file.add(bytes_of("01234")));
    check_error(file.add(bytes_of("567890")), errc::corrupt); // more
  }
  {
    auto file = must(store.receive(digest_of(content), 10));
    must(file.add(bytes_of("9876543210")));
    check_error(file.finish(), errc::corrupt); // another
  }
  BOOST_TEST(count_in(files) == 0u);
  BOOST_TEST(missing({entry("a", content)}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(half_a_file_goes_with_who_received_it) {
  const auto before = open_descriptors();
  {
    auto file = must(store.receive(digest_of("one"), 3));
    must(file.add(bytes_of("on")));
    BOOST_TEST(count_in(files) == 1u);
    BOOST_TEST(!has("one")); // not under its name
    auto moved = std::move(file);
    must(moved.add({}));
    BOOST_TEST(moved.missing() == 1u);
  }
  BOOST_TEST(count_in(files) == 0u);
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_file_of_no_bytes_is_a_file) {
  keep("");
  BOOST_TEST(missing({entry("a", "")}).empty());
  const auto work = must(store.lay_out({entry("a", "")}));
  BOOST_TEST(fs::file_size(work.path() / "a") == 0u);
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_is_an_error_that_names_the_file) {
  auto file = must(store.receive(digest_of("x"), 1000));
  rlimit as_it_was{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &as_it_was) == 0);
  rlimit small = as_it_was;
  small.rlim_cur = 100;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto done = file.add(bytes_of(std::string(1000, 'x')));
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &as_it_was) == 0);
  std::signal(SIGXFSZ, handler);
  check_error(done, errc::io, digest_of("x"));
}

BOOST_AUTO_TEST_CASE(a_kept_file_that_changed_is_noticed_and_taken_away) {
  const auto one = entry("a", "one");
  for (const auto* changed : {"eno", "longer", ""}) {
    keep("one");
    BOOST_TEST(missing({one}).empty());
    fs::permissions(files / one.digest, fs::perms::owner_all);
    write(files / one.digest, changed);
    BOOST_TEST(missing({one}).size() == 1u);
    BOOST_TEST(!has("one"));
  }
}

BOOST_AUTO_TEST_CASE(a_link_in_the_cache_is_no_kept_file) {
  const auto one = entry("a", "one");
  write(folder / "elsewhere", "one");
  fs::create_directories(files);
  fs::create_symlink(folder / "elsewhere", files / one.digest);
  BOOST_TEST(missing({one}).size() == 1u);
  keep("one");
  BOOST_TEST(fs::is_regular_file(fs::symlink_status(files / one.digest)));
  BOOST_TEST(read(folder / "elsewhere") == "one");
}

BOOST_AUTO_TEST_CASE(what_was_not_used_longest_goes_first) {
  const std::string old(400, 'o'), middle(300, 'm'), young(200, 'y'), next(500, 'n');
  keep(old), keep(middle), keep(young);
  make_old(old, 3), make_old(middle, 2), make_old(young, 1);
  BOOST_TEST(missing({entry("a", old)}).empty()); // used now
  keep(next);                                     // 1400 bytes are 400 too many
  BOOST_TEST(has(next));
  BOOST_TEST(has(old));
  BOOST_TEST(!has(middle));
  BOOST_TEST(!has(young));
}

BOOST_AUTO_TEST_CASE(no_more_goes_than_must) {
  const std::string old(400, 'o'), young(400, 'y'), next(600, 'n');
  keep(old), keep(young);
  make_old(old, 2), make_old(young, 1);
  keep(next);
  BOOST_TEST(!has(old));
  BOOST_TEST(has(young));
  BOOST_TEST(has(next));
}

BOOST_AUTO_TEST_CASE(a_work_folder_is_the_run_s_own) {
  keep("one"), keep("two!");
  const std::vector files_of_run{entry("files/0-a", "one"), entry("files/1-b/c", "two!"),
                                 entry("again", "one")};
  std::optional<work_folder> one = must(store.lay_out(files_of_run));
  const auto other = must(store.lay_out(files_of_run));
  const auto first = one->path(), second = other.path();
  BOOST_TEST(first != second);
  for (const auto& work : {first, second}) {
    BOOST_TEST(work.parent_path() == cache / "runs");
    BOOST_TEST(mode_of(work) == 0700u);
    BOOST_TEST(read(work / "files/0-a") == "one");
    BOOST_TEST(read(work / "files/1-b/c") == "two!");
    BOOST_TEST(read(work / "again") == "one");
    BOOST_TEST(fs::is_empty(work / "output"));
  }
  BOOST_TEST(mode_of(cache / "runs") == 0700u);
  BOOST_TEST(mode_of(files) == 0700u);
  BOOST_TEST(mode_of(first / "again") == 0400u);
  one.reset();
  BOOST_TEST(!fs::exists(first));
  BOOST_TEST(missing(files_of_run).empty()); // the kept ones stay
  BOOST_TEST(read(second / "again") == "one");
}

BOOST_AUTO_TEST_CASE(folders_that_a_killed_process_left_are_swept_and_those_in_use_are_not) {
  const auto in_use = must(store.lay_out({}));
  const auto left = cache / "runs/run-killed";
  fs::create_directories(left / "output/disk");
  write(left / "output/disk/a.jpg", "picture");
  file_store another(cache, 1000); // a second process with the same cache
  const auto next = must(another.lay_out({}));
  BOOST_TEST(!fs::exists(left));
  BOOST_TEST(fs::exists(in_use.path()));
  BOOST_TEST(fs::exists(next.path()));
}

BOOST_AUTO_TEST_CASE(a_work_folder_that_cannot_be_laid_out_is_not_left_behind) {
  keep("one");
  const auto one = [](const std::string& name) { return entry(name, "one"); };
  check_error(store.lay_out({one("a"), entry("b", "not here")}), errc::io);
  check_error(store.lay_out({one("a"), one("a")}), errc::io);
  check_error(store.lay_out({one("a"), one("a/b")}), errc::io);
  check_error(store.lay_out({one("output")}), errc::io);
  BOOST_TEST(count_in(cache / "runs") == 0u);
}

BOOST_AUTO_TEST_CASE(a_cache_that_cannot_be_made_is_an_error_with_its_folder) {
  write(folder / "file", "");
  file_store impossible(folder / "file/cache", 1000);
  check_error(impossible.receive(digest_of("x"), 1), errc::io, folder / "file/cache");
  check_error(impossible.lay_out({}), errc::io, folder / "file/cache");
}

BOOST_AUTO_TEST_CASE(outputs_come_under_their_names) {
  const fs::path results = folder / "results";
  auto file = must(receive_into(results, "recorder/0.png", 7));
  BOOST_TEST(!fs::exists(results / "recorder/0.png")); // not yet whole
  must(file.add(bytes_of("pict")));
  must(file.add(bytes_of("ure")));
  must(file.finish());
  BOOST_TEST(read(results / "recorder/0.png") == "picture");
  BOOST_TEST(count_in(results / "recorder") == 1u);
  {
    auto half = must(receive_into(results, "recorder/1.png", 7));
    must(half.add(bytes_of("pict")));
    check_error(half.add(bytes_of("ures")), errc::corrupt, "1.png");
    check_error(half.finish(), errc::corrupt, "1.png");
  }
  BOOST_TEST(count_in(results / "recorder") == 1u);
}

BOOST_AUTO_TEST_CASE(outputs_replace_nothing_and_stay_inside) {
  const fs::path results = folder / "results";
  write(results / "run.db", "precious");
  fs::create_symlink(folder / "nothing", results / "dangling");
  fs::create_directory(folder / "outside");
  fs::create_symlink(folder / "outside", results / "linked");
  fs::create_directory(results / "stage");
  for (const auto* name : {"run.db", "dangling", "stage"})
    check_error(receive_into(results, name, 1), errc::refused, name);
  for (const auto* name : {"../run.db", "/a", "", "a/../../b"})
    check_error(receive_into(results, name, 1), errc::refused);
  for (const auto* name : {"linked/a", "linked/new/a"})
    check_error(receive_into(results, name, 1), errc::refused, name);
  check_error(receive_into(results, "run.db/a", 1), errc::io, "run.db");
  BOOST_TEST(read(results / "run.db") == "precious");
  BOOST_TEST(fs::is_empty(folder / "outside"));
  BOOST_TEST(!fs::exists(folder / "nothing"));
}

BOOST_AUTO_TEST_CASE(results_may_lie_behind_a_link_themselves) {
  fs::create_directory(folder / "real");
  fs::create_symlink(folder / "real", folder / "results");
  auto file = must(receive_into(folder / "results", "a/b", 1));
  must(file.add(bytes_of("x")));
  must(file.finish());
  BOOST_TEST(read(folder / "real/a/b") == "x");
}

BOOST_AUTO_TEST_CASE(the_cache_is_the_user_s_own) {
  const auto set = [](const char* name, const char* value) {
    return value ? ::setenv(name, value, 1) : ::unsetenv(name);
  };
  const auto was = [](const char* name) {
    const char* v = std::getenv(name);
    return v ? std::optional<std::string>(v) : std::nullopt;
  };
  const auto home = was("HOME"), xdg = was("XDG_CACHE_HOME");
  set("HOME", "/home-of/me");
  set("XDG_CACHE_HOME", nullptr);
  BOOST_TEST(must(default_cache_folder()) == "/home-of/me/.cache/peernet");
  set("XDG_CACHE_HOME", "relative"); // as the rule for these variables says: ignored
  BOOST_TEST(must(default_cache_folder()) == "/home-of/me/.cache/peernet");
  set("XDG_CACHE_HOME", "/cache-of/me");
  BOOST_TEST(must(default_cache_folder()) == "/cache-of/me/peernet");
  set("XDG_CACHE_HOME", nullptr);
  set("HOME", nullptr);
  check_error(default_cache_folder(), errc::not_found, "XDG_CACHE_HOME");
  set("HOME", home ? home->c_str() : nullptr);
  set("XDG_CACHE_HOME", xdg ? xdg->c_str() : nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
