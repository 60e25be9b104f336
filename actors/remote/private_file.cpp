// SPDX-License-Identifier: MIT
#include "actors/remote/private_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

error system_error(const std::string& what, const std::filesystem::path& file, int code) {
  return {code == ENOENT ? errc::not_found : errc::io,
          "cannot " + what + " " + file.string() + ": " + std::strerror(code)};
}

struct open_file {
  int fd;
  explicit open_file(int opened) : fd(opened) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (fd >= 0)
      ::close(fd);
  }
};

/// errno, or 0.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR)
      return errno;
    text.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

/// What was renamed or made in it is on the disk; a file system that cannot say so is none to wait
/// for.
void settle(const std::filesystem::path& folder) {
  const open_file opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd >= 0)
    ::fsync(opened.fd);
}

} // namespace

result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  if (folder.has_parent_path())
    std::filesystem::create_directories(folder.parent_path(), failed);
  if (!failed && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    failed = {errno, std::generic_category()};
  if (!failed && !std::filesystem::is_directory(folder, failed) && !failed)
    failed = std::make_error_code(std::errc::not_a_directory);
  if (failed)
    return error{errc::io, "cannot make the folder " + folder.string() + ": " + failed.message()};
  return {};
}

result<std::string> read_private_file(const std::filesystem::path& file, mode_t forbidden,
                                      std::size_t most) {
  // A pipe in its place must not make us wait.
  const open_file opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.fd < 0)
    return system_error("read", file, errno);
  struct stat about {};
  if (::fstat(opened.fd, &about) != 0)
    return system_error("read", file, errno);
  if (!S_ISREG(about.st_mode))
    return error{errc::unreadable, file.string() + " is no file"};
  if ((about.st_mode & forbidden) != 0)
    return error{errc::refused, "others may " +
                                    std::string((forbidden & 0044) != 0 ? "read" : "change") + " " +
                                    file.string() + ": chmod 600 it"};
  std::string text(most + 1, '\0');
  std::size_t have = 0;
  for (ssize_t n = 1; n != 0 && have < text.size();) {
    n = ::read(opened.fd, text.data() + have, text.size() - have);
    if (n < 0 && errno != EINTR)
      return system_error("read", file, errno);
    have += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  if (have > most)
    return error{errc::too_large,
                 file.string() + " has more than " + std::to_string(most) + " bytes"};
  text.resize(have);
  return text;
}

result<void> replace_private_file(const std::filesystem::path& file, std::string_view text) {
  auto beside = file.string() + ".XXXXXX";
  const open_file opened(::mkostemp(beside.data(), O_CLOEXEC)); // mode 0600
  if (opened.fd < 0)
    return error{errc::io, "cannot write " + file.string() + ": " + std::strerror(errno)};
  auto code = write_all(opened.fd, text);
  if (code == 0 && ::rename(beside.c_str(), file.c_str()) != 0)
    code = errno;
  if (code != 0) {
    ::unlink(beside.c_str());
    return error{errc::io, "cannot write " + file.string() + ": " + std::strerror(code)};
  }
  settle(file.parent_path());
  return {};
}

result<void> create_private_file(const std::filesystem::path& file, mode_t mode,
                                 std::string_view text) {
  const open_file opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (opened.fd < 0 && errno == EEXIST)
    return error{errc::refused, file.string() + " is there already"};
  if (opened.fd < 0)
    return error{errc::io, "cannot write " + file.string() + ": " + std::strerror(errno)};
  if (const auto code = write_all(opened.fd, text); code != 0) {
    ::unlink(file.c_str());
    return error{errc::io, "cannot write " + file.string() + ": " + std::strerror(code)};
  }
  settle(file.parent_path());
  return {};
}

result<folder_lock> folder_lock::take(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return system_error("open the folder", folder, errno);
  folder_lock lock(fd);
  while (::flock(fd, LOCK_EX) != 0)
    if (errno != EINTR)
      return system_error("lock the folder", folder, errno);
  return lock;
}

folder_lock::folder_lock(folder_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

folder_lock::~folder_lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace peernet
