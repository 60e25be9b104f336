// SPDX-License-Identifier: MIT
// The name of a file by what is in it: SHA-256, 64 hexadecimal digits.
#pragma once

#include "runtime/core/error.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace peernet {

/// Digests bytes as they come. Thread: one at a time.
class digest_maker {
public:
  digest_maker();
  void add(std::span<const std::byte> bytes);
  /// Once, at the end.
  [[nodiscard]] std::string finish();

private:
  alignas(8) std::array<unsigned char, 128> state_; ///< libsodium's
};

[[nodiscard]] std::string digest_of(std::string_view bytes);

/// errc::unreadable with the file and the system's reason.
[[nodiscard]] result<std::string> digest_of_file(const std::filesystem::path& file);

/// Digests of files that several ask for: each is read once, by whoever asks first. Thread: any.
class digest_book {
public:
  /// As digest_of_file().
  [[nodiscard]] result<std::string> of(const std::filesystem::path& file);

private:
  std::mutex mutex_;
  std::map<std::filesystem::path, std::shared_future<result<std::string>>> known_;
};

/// 64 hexadecimal digits in small letters: safe as a file's name.
[[nodiscard]] bool is_digest(std::string_view text) noexcept;

} // namespace peernet
