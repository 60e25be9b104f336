// SPDX-License-Identifier: MIT
#include "transports/shm/shm_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>

using namespace peernet;

namespace {

constexpr std::size_t page = shm_front;

/// A file in memory with so much of it there, sealed so.
descriptor file_of(std::size_t size, std::size_t there, int seals) {
  descriptor file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  BOOST_REQUIRE(::ftruncate(file.get(), static_cast<off_t>(size)) == 0);
  if (there > 0)
    BOOST_REQUIRE(::posix_fallocate(file.get(), 0, static_cast<off_t>(there)) == 0);
  BOOST_REQUIRE(::fcntl(file.get(), F_ADD_SEALS, seals) == 0);
  return file;
}

bool is_refused(descriptor file) {
  const auto opened = shm_memory::open(std::move(file));
  return !opened.ok() && opened.error().code == errc::refused;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shm_memory_test)

BOOST_AUTO_TEST_CASE(behind_the_end_of_the_ring_comes_its_beginning) {
  auto made = shm_memory::make(3 * page);
  BOOST_REQUIRE(made.ok());
  const auto size = made->ring_size();
  BOOST_TEST(size == 3 * page);
  const std::string text = "over the end";
  std::memcpy(made->ring() + size - 5, text.data(), text.size());
  BOOST_TEST(std::memcmp(made->ring(), text.data() + 5, text.size() - 5) == 0);
  auto again = shm_memory::open(descriptor(::dup(made->file())));
  BOOST_REQUIRE(again.ok());
  BOOST_TEST(std::memcmp(again->ring() + size - 5, text.data(), text.size()) == 0);
}

BOOST_AUTO_TEST_CASE(a_size_is_rounded_up_to_whole_pages) {
  const auto made = shm_memory::make(page + 1);
  BOOST_REQUIRE(made.ok());
  BOOST_TEST(made->ring_size() == 2 * page);
}

BOOST_AUTO_TEST_CASE(memory_that_was_handed_over_cannot_shrink_any_more) {
  const auto made = shm_memory::make(page);
  BOOST_REQUIRE(made.ok());
  BOOST_TEST(::ftruncate(made->file(), 0) != 0);
  BOOST_TEST(::fcntl(made->file(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
}

BOOST_AUTO_TEST_CASE(what_could_kill_its_reader_is_refused) {
  BOOST_TEST(shm_memory::open(file_of(2 * page, 2 * page, F_SEAL_SHRINK)).ok());
  BOOST_TEST(is_refused(file_of(2 * page, 2 * page, F_SEAL_GROW))); // may shrink
  BOOST_TEST(is_refused(file_of(4 * page, page, F_SEAL_SHRINK)));   // not all there
  BOOST_TEST(is_refused(file_of(page, page, F_SEAL_SHRINK)));       // no ring
  BOOST_TEST(is_refused(file_of(2 * page + 1, 2 * page + 1, F_SEAL_SHRINK)));
  BOOST_TEST(is_refused(descriptor(::open("/dev/zero", O_RDWR | O_CLOEXEC))));
  BOOST_TEST(is_refused(descriptor{}));
}

BOOST_AUTO_TEST_CASE(more_than_the_machine_has_is_an_error_with_the_size) {
  const auto made = shm_memory::make(std::size_t{1} << 45);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().code == errc::io));
  BOOST_TEST(made.error().message.find("35184372088832") != std::string::npos,
             made.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
