// SPDX-License-Identifier: MIT
// Every file of every corpus through its parser: what once broke stays mended.
#include "tests/fuzz/fuzz_target.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<char> content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(corpus_test)

BOOST_AUTO_TEST_CASE(every_input_of_every_corpus_is_survived) {
  BOOST_TEST_REQUIRE(!peernet::fuzz_target::all().empty());
  for (const auto& t : peernet::fuzz_target::all()) {
    BOOST_TEST_CONTEXT(t.name) {
      std::size_t files = 0;
      for (const auto& file :
           fs::directory_iterator(fs::path(PEERNET_SOURCE_DIR) / "tests/fuzz/corpus" / t.name)) {
        BOOST_TEST_CHECKPOINT(file.path().string());
        const auto bytes = content(file.path());
        t.run(std::as_bytes(std::span(bytes)));
        // Cut short and with a byte turned over, too.
        t.run(std::as_bytes(std::span(bytes).first(bytes.size() / 2)));
        for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 64) {
          auto bent = bytes;
          bent[at] = static_cast<char>(bent[at] ^ 0x40);
          t.run(std::as_bytes(std::span(bent)));
        }
        ++files;
      }
      BOOST_TEST(files > 0u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
