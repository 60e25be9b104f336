// SPDX-License-Identifier: MIT
#include "runtime/core/buffer.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>
#include <vector>

using peernet::buffer;
using peernet::storage_ref;

BOOST_AUTO_TEST_SUITE(buffer_test)

BOOST_AUTO_TEST_CASE(a_block_has_the_size_asked_for_and_can_be_written) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{1} << 20}) {
    auto sut = buffer::acquire(size);
    BOOST_TEST(sut.size() == size);
    BOOST_TEST(sut.capacity() >= size);
    std::ranges::fill(sut.bytes(), std::byte{7});
  }
}

BOOST_AUTO_TEST_CASE(memory_is_used_again_once_the_last_reference_is_gone) {
  const std::size_t size = 3'000'000;
  auto first = buffer::acquire(size);
  auto* where = first.data();
  auto owner = first.release();
  auto second_reference = owner;
  owner = storage_ref{};
  BOOST_TEST(buffer::acquire(size).data() != where); // still referenced
  second_reference = storage_ref{};
  auto again = buffer::acquire(size);
  auto and_again = buffer::acquire(size);
  BOOST_TEST((again.data() == where || and_again.data() == where));
}

BOOST_AUTO_TEST_CASE(blocks_may_be_let_go_by_other_threads) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 2000; ++i) {
        auto b = buffer::acquire(static_cast<std::size_t>(512 << t));
        b.data()[0] = std::byte{1};
        const auto owner = b.release();
        std::jthread([copy = owner] {}).join();
        if (i % 100)
          i += 99;
      }
    });
}

BOOST_AUTO_TEST_SUITE_END()
