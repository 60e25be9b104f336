// SPDX-License-Identifier: MIT
#include "runtime/trace/text_file.hpp"

#include <cerrno>
#include <cstring>

namespace peernet {

text_file::text_file(std::filesystem::path path)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "we")) {
  if (!file_)
    failure_ = errno;
}

void text_file::flush() {
  if (failure_ == 0 &&
      std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size())
    failure_ = errno;
  buffer_.clear();
}

result<void> text_file::close() {
  flush();
  if (file_ && std::fclose(file_.release()) != 0 && failure_ == 0)
    failure_ = errno;
  if (failure_ != 0)
    return error{errc::io, "cannot write " + path_.string() + ": " + std::strerror(failure_)};
  return {};
}

} // namespace peernet
