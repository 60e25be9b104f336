// SPDX-License-Identifier: MIT
// What a machine keeps of the files that scenarios ship: each once, under its digest. A run sees
// them in a work folder of its own, outside which nothing that comes from a coordinator is ever
// written.
#pragma once

#include "actors/remote/digest.hpp"
#include "actors/remote/messages.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

class incoming_file;

/// A file that a node's sinks wrote, on its way into `folder` under `name`, which must be an inner
/// name; one that is there already is replaced by none: errc::refused.
[[nodiscard]] result<incoming_file> receive_into(const std::filesystem::path& folder,
                                                 const std::string& name, std::uint64_t bytes);

/// A name that stays within its folder: relative, of at most 8 parts, none of them empty, "." or
/// "..", no zero bytes, at most 512 characters.
[[nodiscard]] bool is_inner_name(std::string_view name) noexcept;

/// One file on its way in: to a temporary name until it is whole and what it says it is. Taken away
/// with the object if it does not come to that.
class incoming_file {
public:
  incoming_file(incoming_file&& other) noexcept;
  incoming_file& operator=(incoming_file&&) = delete;
  ~incoming_file();

  [[nodiscard]] std::uint64_t missing() const noexcept { return bytes_ - got_; }
  /// Where it will be.
  [[nodiscard]] const std::filesystem::path& place() const noexcept { return to_; }

  /// errc::io (a full disk), errc::corrupt (more than was announced).
  [[nodiscard]] result<void> add(std::span<const std::byte> piece);

  /// Puts it in its place. errc::corrupt if its bytes are not those that were announced.
  [[nodiscard]] result<void> finish();

private:
  friend class file_store;
  friend result<incoming_file> receive_into(const std::filesystem::path&, const std::string&,
                                            std::uint64_t);
  incoming_file(std::filesystem::path to, std::string digest, std::uint64_t bytes, int fd,
                std::filesystem::path temporary);

  std::filesystem::path to_, temporary_;
  std::string digest_; ///< empty: any content
  std::uint64_t bytes_ = 0, got_ = 0;
  int fd_ = -1;
  std::unique_ptr<digest_maker> maker_;
};

/// A run's own folder, gone with the object; locked as long as it lives, so that others can tell it
/// from one that was left behind.
class work_folder {
public:
  work_folder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  work_folder(work_folder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::exchange(other.lock_, -1)) {}
  work_folder& operator=(work_folder&&) = delete;
  ~work_folder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
  int lock_;
};

/// Thread: one at a time.
class file_store {
public:
  /// Keeps files below `folder`, made at the first need; `most` bytes for one run at most, and as
  /// many in all: what was not used longest goes first.
  file_store(std::filesystem::path folder, std::uint64_t most);

  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

  /// Which of these are not here, by digest. errc::too_large with both figures; errc::refused for
  /// names and digests that are none.
  [[nodiscard]] result<std::vector<std::string>> missing(const std::vector<shipped_entry>& wanted);

  /// Takes a file that was missing.
  [[nodiscard]] result<incoming_file> receive(const std::string& digest, std::uint64_t bytes);

  /// Makes the work folder of a run (mode 0700) with these files in it, and an empty folder
  /// "output". Folders that killed processes left are taken away then.
  [[nodiscard]] result<work_folder> lay_out(const std::vector<shipped_entry>& files);

private:
  [[nodiscard]] std::filesystem::path place_of(const std::string& digest) const;
  void sweep() const;
  void make_room(std::uint64_t bytes);

  std::filesystem::path folder_;
  std::uint64_t most_;
};

/// Where a user's own cache lies: $XDG_CACHE_HOME/peernet, else ~/.cache/peernet.
[[nodiscard]] result<std::filesystem::path> default_cache_folder();

} // namespace peernet
