// SPDX-License-Identifier: MIT
#include "actors/remote/digest.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(digest_test)

BOOST_AUTO_TEST_CASE(it_is_sha256) {
  BOOST_TEST(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(digest_of("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(pieces_make_no_difference) {
  const std::string text(300'000, 'x');
  for (const std::size_t step : {std::size_t{1'000}, std::size_t{65'537}}) {
    digest_maker maker;
    for (std::size_t at = 0; at < text.size(); at += step)
      maker.add(bytes_of(std::string_view(text).substr(at, step)));
    maker.add({});
    BOOST_TEST(maker.finish() == digest_of(text));
  }
}

BOOST_AUTO_TEST_CASE(a_file_has_the_digest_of_its_bytes) {
  const temp_folder folder;
  for (const std::size_t size : {0u, 1u, (1u << 20), (1u << 20) + 1u}) {
    const std::string text(size, 'q');
    std::ofstream(folder / "file", std::ios::binary) << text;
    BOOST_TEST(must(digest_of_file(folder / "file")) == digest_of(text));
  }
}

BOOST_AUTO_TEST_CASE(a_book_reads_each_file_once_whoever_asks) {
  const temp_folder folder;
  std::ofstream(folder / "one") << "abc";
  std::ofstream(folder / "other") << "xyz";
  digest_book book;
  std::vector<std::thread> askers;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i)
    askers.emplace_back([&] { // where Boost.Test must not be asked
      const auto d = book.of(folder / "one");
      right += d.ok() && *d == digest_of("abc");
    });
  for (auto& a : askers)
    a.join();
  BOOST_TEST(right == 8);
  std::ofstream(folder / "one") << "changed"; // which nobody looks at any more
  BOOST_TEST(must(book.of(folder / "one")) == digest_of("abc"));
  BOOST_TEST(must(book.of(folder / "other")) == digest_of("xyz"));
  BOOST_TEST(!book.of(folder / "none").ok());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named) {
  const temp_folder folder;
  for (const auto& file : {folder / "none", folder.path().string()}) {
    const auto digest = digest_of_file(file);
    BOOST_REQUIRE(!digest.ok());
    BOOST_TEST(digest.error().code == errc::unreadable);
    BOOST_TEST(digest.error().message.find(file) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_digest_is_safe_as_a_name) {
  const std::string good = digest_of("abc");
  BOOST_TEST(is_digest(good));
  BOOST_TEST(!is_digest(""));
  BOOST_TEST(!is_digest(good.substr(1)));
  BOOST_TEST(!is_digest(good + "0"));
  for (const char c : {'A', 'g', '/', '.', '\0', ' ', '\n', '`'}) {
    auto bad = good;
    bad[63] = c;
    BOOST_TEST(!is_digest(bad));
  }
}

BOOST_AUTO_TEST_SUITE_END()
