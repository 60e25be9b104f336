// SPDX-License-Identifier: MIT
#include "actors/remote/file_store.hpp"

#include "runtime/core/units.hpp"
#include "runtime/core/utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

error io_error(const std::string& doing, const fs::path& what) {
  return {errc::io, doing + " " + what.string() + ": " + std::strerror(errno)};
}

result<void> make_private(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed)
    fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed)
    return error{errc::io, "cannot make the folder " + folder.string() + ": " + failed.message()};
  return {};
}

std::string no_name(const std::string& name) {
  return "a file's name or digest that is none: \"" + printable(name).substr(0, 80) + "\"";
}

/// A new file beside `to`, open for writing.
result<std::pair<int, fs::path>> open_beside(const fs::path& to) {
  auto name = to.string() + ".XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0)
    return io_error("cannot write", to);
  return std::pair{fd, fs::path(name)};
}

/// A folder's lock among processes, let go with the object.
class directory_lock {
public:
  directory_lock(const fs::path& folder, int how)
      : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        held_(fd_ >= 0 && ::flock(fd_, how) == 0) {}
  ~directory_lock() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;

  [[nodiscard]] bool held() const noexcept { return held_; }
  /// The descriptor that holds it; the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_;
  bool held_;
};

} // namespace

bool is_inner_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 512 || name.find('\0') != name.npos)
    return false;
  for (int parts = 1;; ++parts) {
    const auto slash = name.find('/');
    const auto part = name.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || parts > 8)
      return false;
    if (slash == name.npos)
      return true;
    name.remove_prefix(slash + 1);
  }
}

incoming_file::incoming_file(fs::path to, std::string digest, std::uint64_t bytes, int fd,
                             fs::path temporary)
    : to_(std::move(to)),
      temporary_(std::move(temporary)),
      digest_(std::move(digest)),
      bytes_(bytes),
      fd_(fd),
      maker_(std::make_unique<digest_maker>()) {}

incoming_file::incoming_file(incoming_file&& other) noexcept
    : to_(std::move(other.to_)),
      temporary_(std::exchange(other.temporary_, {})),
      digest_(std::move(other.digest_)),
      bytes_(other.bytes_),
      got_(other.got_),
      fd_(std::exchange(other.fd_, -1)),
      maker_(std::move(other.maker_)) {}

incoming_file::~incoming_file() {
  if (fd_ >= 0)
    ::close(fd_);
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

result<void> incoming_file::add(std::span<const std::byte> piece) {
  if (piece.size() > missing())
    return error{errc::corrupt, "more bytes came than were announced for " + to_.string()};
  maker_->add(piece);
  got_ += piece.size();
  while (!piece.empty()) {
    const auto n = ::write(fd_, piece.data(), piece.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return io_error("cannot write", to_);
    piece = piece.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

result<void> incoming_file::finish() {
  if (missing() > 0 || (!digest_.empty() && maker_->finish() != digest_))
    return error{errc::corrupt, "what came is not the file that was announced: " + to_.string()};
  // Kept files are linked into work folders: nobody shall change them there.
  if (!digest_.empty() && ::fchmod(fd_, 0400) != 0)
    return io_error("cannot protect", to_);
  if (::close(std::exchange(fd_, -1)) != 0 || ::rename(temporary_.c_str(), to_.c_str()) != 0)
    return io_error("cannot write", to_);
  temporary_.clear();
  return {};
}

file_store::file_store(fs::path folder, std::uint64_t most)
    : folder_(std::move(folder)), most_(most) {}

fs::path file_store::place_of(const std::string& digest) const {
  return folder_ / "files" / digest;
}

result<std::vector<std::string>> file_store::missing(const std::vector<shipped_entry>& wanted) {
  std::uint64_t all = 0;
  for (const auto& w : wanted) {
    if (!is_inner_name(w.name) || !is_digest(w.digest))
      return error{errc::refused, no_name(w.name)};
    all += std::min(w.bytes, UINT64_MAX - all);
  }
  if (all > most_) {
    const auto [needed, taken] = print_excess(all, most_);
    return error{errc::too_large, "the files of this run are " + needed + ", more than the " +
                                      taken + " it takes for one run; start peernet-node with " +
                                      "--accept-files " + needed};
  }
  std::set<std::string> lacking;
  for (const auto& w : wanted) {
    const auto place = place_of(w.digest);
    std::error_code none;
    const auto whole = fs::is_regular_file(fs::symlink_status(place, none)) &&
                       fs::file_size(place, none) == w.bytes;
    if (const auto found = whole ? digest_of_file(place) : result<std::string>{""};
        !found || *found != w.digest) {
      fs::remove(place, none); // half of one, or changed by somebody
      lacking.insert(w.digest);
    } else {
      fs::last_write_time(place, fs::file_time_type::clock::now(), none); // used just now
    }
  }
  return std::vector<std::string>(lacking.begin(), lacking.end());
}

void file_store::make_room(std::uint64_t bytes) {
  std::error_code none;
  std::vector<fs::directory_entry> kept;
  std::uint64_t all = bytes;
  for (const auto& e : fs::directory_iterator(folder_ / "files", none))
    if (e.is_regular_file(none)) {
      kept.push_back(e);
      all += e.file_size(none);
    }
  std::ranges::sort(kept, {}, [&](const auto& e) { return e.last_write_time(none); });
  for (const auto& e : kept) {
    if (all <= most_)
      return;
    all -= e.file_size(none);
    fs::remove(e.path(), none);
  }
}

result<incoming_file> file_store::receive(const std::string& digest, std::uint64_t bytes) {
  if (!is_digest(digest) || bytes > most_)
    return error{errc::refused, "a file that was not asked for"};
  if (auto made = make_private(folder_ / "files"); !made)
    return std::move(made).error();
  make_room(bytes);
  auto to = place_of(digest);
  auto opened = open_beside(to);
  if (!opened)
    return std::move(opened).error();
  return incoming_file(std::move(to), digest, bytes, opened->first, std::move(opened->second));
}

work_folder::~work_folder() {
  std::error_code ignored;
  if (!path_.empty())
    fs::remove_all(path_, ignored);
  if (lock_ >= 0)
    ::close(lock_);
}

/// What nobody holds any more was left by a process that was killed.
void file_store::sweep() const {
  std::error_code none;
  std::vector<fs::path> left;
  for (const auto& e : fs::directory_iterator(folder_ / "runs", none))
    left.push_back(e.path());
  for (const auto& path : left)
    if (directory_lock(path, LOCK_EX | LOCK_NB).held())
      fs::remove_all(path, none);
}

result<work_folder> file_store::lay_out(const std::vector<shipped_entry>& files) {
  for (const auto& f : files)
    if (!is_inner_name(f.name) || !is_digest(f.digest))
      return error{errc::refused, no_name(f.name)};
  const auto runs = folder_ / "runs";
  if (auto made = make_private(runs); !made)
    return std::move(made).error();
  // One at a time: a folder that is just being made is not locked yet.
  const directory_lock all(runs, LOCK_EX);
  sweep();
  auto name = (runs / "run-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    return io_error("cannot make a folder in", runs);
  work_folder work(name, directory_lock(name, LOCK_EX | LOCK_NB).release());
  std::error_code failed;
  fs::create_directory(work.path() / "output", failed);
  for (const auto& f : files) {
    if (failed)
      break;
    const auto to = work.path() / f.name;
    fs::create_directories(to.parent_path(), failed);
    if (!failed)
      fs::create_hard_link(place_of(f.digest), to, failed);
  }
  if (failed)
    return error{errc::io, "cannot lay out the work folder " + name + ": " + failed.message()};
  return work;
}

result<incoming_file> receive_into(const fs::path& folder, const std::string& name,
                                   std::uint64_t bytes) {
  if (!is_inner_name(name))
    return error{errc::refused, no_name(name)};
  const auto to = folder / name;
  std::error_code failed;
  // The parts of a name are no way out, but a link that lies there would be.
  auto link = folder;
  for (const auto& part : fs::path(name).parent_path())
    if (fs::is_symlink(fs::symlink_status(link /= part, failed)))
      return error{errc::refused, to.string() + " lies behind a link"};
  if (fs::exists(fs::symlink_status(to, failed)))
    return error{errc::refused, to.string() + " is there already"};
  fs::create_directories(to.parent_path(), failed);
  if (failed)
    return error{errc::io, "cannot make the folder of " + to.string() + ": " + failed.message()};
  auto opened = open_beside(to);
  if (!opened)
    return std::move(opened).error();
  return incoming_file(to, "", bytes, opened->first, std::move(opened->second));
}

result<fs::path> default_cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
    return fs::path(cache) / "peernet";
  if (const char* home = std::getenv("HOME"); home && *home == '/')
    return fs::path(home) / ".cache" / "peernet";
  return error{errc::not_found, "there is no home folder to keep files in; set XDG_CACHE_HOME"};
}

} // namespace peernet
