// SPDX-License-Identifier: MIT
#include "runtime/trace/text_file.hpp"
#include "tests/runtime/trace/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(text_file_test)

BOOST_AUTO_TEST_CASE(everything_written_is_in_the_file_in_place_of_what_was_there) {
  const scratch_folder folder;
  std::ofstream(folder / "t") << "old and longer than the new";
  text_file sut(folder / "t");
  sut.print("{}-{}\n", 1, "two");
  sut.write("{not a format}");
  BOOST_TEST(sut.close().ok());
  BOOST_TEST(contents(folder / "t") == "1-two\n{not a format}");
}

BOOST_AUTO_TEST_CASE(a_file_larger_than_the_buffer_is_complete) {
  const scratch_folder folder;
  text_file sut(folder / "t");
  const std::string line(999, 'x');
  for (int i = 0; i < 1000; ++i)
    sut.print("{}\n", line);
  BOOST_TEST(sut.close().ok());
  BOOST_TEST(std::filesystem::file_size(folder / "t") == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_or_written_is_said_at_the_end) {
  const scratch_folder folder;
  text_file nowhere(folder / "none" / "t");
  nowhere.write("x");
  BOOST_TEST(nowhere.close().error().message.find("none/t: No such file") != std::string::npos);
  text_file full("/dev/full");
  full.write(std::string(1u << 20, 'x'));
  BOOST_TEST((full.close().error().code == errc::io));
}

BOOST_AUTO_TEST_SUITE_END()
