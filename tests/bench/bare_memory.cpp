// SPDX-License-Identifier: MIT
#include "tests/bench/frame_path.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace peernet::bench {
namespace {

constexpr std::size_t slots = 16;

/// Slots in shared memory, one writer and one reader. Eventfds count the full ones and the empty.
struct slot_ring {
  explicit slot_ring(std::size_t bytes)
      : size(bytes), full(::eventfd(0, EFD_SEMAPHORE)), empty(::eventfd(slots, EFD_SEMAPHORE)) {
    void* at =
        ::mmap(nullptr, size * slots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || full < 0 || empty < 0)
      throw std::runtime_error("no shared memory");
    memory = static_cast<char*>(at);
  }
  slot_ring(const slot_ring&) = delete;
  slot_ring& operator=(const slot_ring&) = delete;
  ~slot_ring() {
    ::munmap(memory, size * slots);
    ::close(full);
    ::close(empty);
  }
  static void take(int event) {
    std::uint64_t one = 0;
    if (::read(event, &one, sizeof one) != sizeof one)
      throw std::runtime_error("eventfd");
  }
  static void give(int event) {
    const std::uint64_t one = 1;
    if (::write(event, &one, sizeof one) != sizeof one)
      throw std::runtime_error("eventfd");
  }
  std::size_t size;
  int full, empty;
  char* memory = nullptr;
};

class memory_end : public frame_end {
public:
  memory_end(slot_ring& out, slot_ring& in) : out_(out), in_(in), bytes_(out.size) {}

  void send() override {
    slot_ring::take(out_.empty);
    std::memcpy(out_.memory + sent_++ % slots * out_.size, bytes_.data(), out_.size);
    slot_ring::give(out_.full);
  }
  void receive() override {
    slot_ring::take(in_.full);
    std::memcpy(bytes_.data(), in_.memory + received_++ % slots * in_.size, in_.size);
    slot_ring::give(in_.empty);
  }

private:
  slot_ring &out_, &in_;
  std::vector<char> bytes_;
  std::size_t sent_ = 0, received_ = 0;
};

class memory_pair : public frame_path {
public:
  explicit memory_pair(std::size_t size) : there_(size), back_(size) {}
  std::unique_ptr<frame_end> open(int side) override {
    return side == 0 ? std::make_unique<memory_end>(there_, back_)
                     : std::make_unique<memory_end>(back_, there_);
  }

private:
  slot_ring there_, back_;
};

} // namespace

std::unique_ptr<frame_path> bare_memory(std::size_t size) {
  return std::make_unique<memory_pair>(size + 88);
}

} // namespace peernet::bench
