// SPDX-License-Identifier: MIT
// A disk that is soon full: memory under a folder (tmpfs). Only root may mount it.
#pragma once

#include "runtime/core/error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/mount.h>
#include <utility>

namespace peernet {

/// Lies over the folder as long as this object lives.
class small_disk {
public:
  /// `size` as mount takes it: "2m". errc::refused.
  [[nodiscard]] static result<small_disk> at(const std::string& folder, const std::string& size) {
    std::filesystem::create_directories(folder);
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0)
      return error{errc::refused,
                   std::string("root, or the right to mount (") + std::strerror(errno) + ")"};
    return small_disk(folder);
  }
  small_disk(small_disk&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  small_disk& operator=(small_disk&&) = delete;
  ~small_disk() {
    if (!folder_.empty())
      ::umount2(folder_.c_str(), MNT_DETACH);
  }

private:
  explicit small_disk(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

} // namespace peernet
