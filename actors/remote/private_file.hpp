// SPDX-License-Identifier: MIT
// Small files that only their owner may see or change: keys, invitations, who is trusted. Replaced
// whole or not at all, so that a reader never meets a half, nor does a crash leave one.
#pragma once

#include "runtime/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace peernet {

/// Makes the folder, and those above it that are missing, with mode 0700; one that is there stays
/// as it is. errc::io with the folder.
[[nodiscard]] result<void> make_private_folder(const std::filesystem::path& folder);

/// Reads a file of at most `most` bytes. errc::not_found; errc::refused if its mode has any of
/// `forbidden` (0077: nobody else may read it; 0022: nobody else may write it), with the command
/// that mends it; errc::too_large; errc::io.
[[nodiscard]] result<std::string> read_private_file(const std::filesystem::path& file,
                                                    mode_t forbidden, std::size_t most);

/// Writes it beside itself, then moves it into place; mode 0600; on the disk when this returns.
/// errc::io with the file.
[[nodiscard]] result<void> replace_private_file(const std::filesystem::path& file,
                                                std::string_view text);

/// Writes a file that must not exist yet: errc::refused if it does. errc::io.
[[nodiscard]] result<void> create_private_file(const std::filesystem::path& file, mode_t mode,
                                               std::string_view text);

/// While it lives, no other process or thread holds the lock of the same folder. Held for
/// milliseconds: between reading a file and replacing it.
class folder_lock {
public:
  /// Waits for it. errc::not_found, errc::io with the folder.
  [[nodiscard]] static result<folder_lock> take(const std::filesystem::path& folder);

  folder_lock(folder_lock&& other) noexcept;
  folder_lock& operator=(folder_lock&&) = delete;
  ~folder_lock();

private:
  explicit folder_lock(int fd) noexcept : fd_(fd) {}
  int fd_;
};

} // namespace peernet
