// SPDX-License-Identifier: MIT
#include "transports/shm/shm_memory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

namespace peernet {

namespace {

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

/// More would hardly be a ring: 64 GiB.
constexpr std::size_t largest_ring = std::size_t{1} << 36;

/// What the machine could give without taking it from others, bytes; 0: it does not say. The system
/// itself would go on giving until it has to kill somebody.
std::size_t memory_to_spare() {
  std::ifstream facts("/proc/meminfo");
  std::string key, unit;
  std::size_t kib = 0;
  while (facts >> key >> kib) {
    if (key == "MemAvailable:")
      return kib * 1024;
    std::getline(facts, unit);
  }
  return 0;
}

error os_error(const std::string& what) {
  return {errc::io, what + ": " + std::strerror(errno)};
}

} // namespace

shm_memory::shm_memory(shm_memory&& other) noexcept
    : file_(std::move(other.file_)),
      base_(std::exchange(other.base_, nullptr)),
      ring_(std::exchange(other.ring_, 0)) {}

shm_memory& shm_memory::operator=(shm_memory&& other) noexcept {
  if (this == &other)
    return *this;
  unmap();
  file_ = std::move(other.file_);
  base_ = std::exchange(other.base_, nullptr);
  ring_ = std::exchange(other.ring_, 0);
  return *this;
}

result<shm_memory> shm_memory::make(std::size_t ring) {
  ring = (ring + shm_front - 1) / shm_front * shm_front;
  shm_memory made;
  made.file_ = descriptor(::memfd_create("peernet-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto what = "cannot have a ring of " + std::to_string(ring) + " bytes in shared memory";
  if (!made.file_)
    return os_error(what);
  if (const auto most = memory_to_spare() / 2; ring > std::min(most, largest_ring))
    return error{errc::io, what + ": at most half of what this machine has to spare, " +
                               std::to_string(most) + " bytes; make `ring` smaller"};
  // Taken at once: memory that is missing later would kill whoever touches it.
  if (const auto code =
          ::posix_fallocate(made.file_.get(), 0, static_cast<off_t>(shm_front + ring));
      code != 0) {
    errno = code;
    return os_error(what);
  }
  if (::fcntl(made.file_.get(), F_ADD_SEALS, seals) != 0)
    return os_error(what);
  if (auto mapped = made.map(ring); !mapped)
    return std::move(mapped).error();
  return made;
}

result<shm_memory> shm_memory::open(descriptor file) {
  struct stat about {};
  const auto has = ::fcntl(file.get(), F_GET_SEALS); // -1 for every other kind of file
  if (has < 0 || (has & F_SEAL_SHRINK) == 0 || ::fstat(file.get(), &about) != 0)
    return error{errc::refused, "no shared memory, or some that may shrink"};
  const auto size = static_cast<std::size_t>(about.st_size);
  constexpr std::size_t block = 512;
  if (size < 2 * shm_front || size % shm_front != 0 || size - shm_front > largest_ring ||
      static_cast<std::size_t>(about.st_blocks) * block < size)
    return error{errc::refused, "shared memory of an impossible size, or not all there"};
  shm_memory opened;
  opened.file_ = std::move(file);
  if (auto mapped = opened.map(size - shm_front); !mapped)
    return std::move(mapped).error();
  return opened;
}

result<void> shm_memory::map(std::size_t ring) {
  const auto all = shm_front + 2 * ring;
  void* const place = ::mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED)
    return os_error("no room to map shared memory of " + std::to_string(all) + " bytes");
  base_ = static_cast<std::byte*>(place);
  ring_ = ring;
  const auto put = [&](std::byte* at, std::size_t size, std::size_t from) {
    return ::mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE,
                  file_.get(), static_cast<off_t>(from)) != MAP_FAILED;
  };
  if (put(base_, shm_front + ring, 0) && put(base_ + shm_front + ring, ring, shm_front))
    return {};
  auto failed = os_error("cannot map shared memory of " + std::to_string(ring) + " bytes");
  unmap();
  return failed;
}

void shm_memory::unmap() noexcept {
  if (base_)
    ::munmap(base_, shm_front + 2 * ring_);
  base_ = nullptr;
  ring_ = 0;
}

} // namespace peernet
