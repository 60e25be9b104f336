// SPDX-License-Identifier: MIT
// A text file being written piece by piece; internal to the exports. A failure sticks and is asked
// for once, at the end.
#pragma once

#include "runtime/core/error.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

namespace peernet {

/// Thread: confined to one.
class text_file {
public:
  /// Makes the file or empties it.
  explicit text_file(std::filesystem::path path);

  template <class... Args>
  void print(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(buffer_), text, std::forward<Args>(args)...);
    if (buffer_.size() > chunk)
      flush();
  }
  void write(std::string_view text) { print("{}", text); }

  /// Writes what is left and closes. errc::io with the path and the reason if anything failed.
  [[nodiscard]] result<void> close();

private:
  static constexpr std::size_t chunk = 1u << 16;

  struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  void flush();

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, closer> file_;
  fmt::memory_buffer buffer_;
  int failure_ = 0; // errno
};

} // namespace peernet
