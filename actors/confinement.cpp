// SPDX-License-Identifier: MIT
#include "actors/confinement.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace peernet {

namespace {

// Rights that newer kernels know; Debian's header may not.
constexpr std::uint64_t refer = 1u << 13, truncate = 1u << 14;

constexpr std::uint64_t changing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                   LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

/// What this kernel can hold a process from.
std::uint64_t handled(long version) {
  return changing | (version >= 2 ? refer : 0) | (version >= 3 ? truncate : 0);
}

error failed(const char* doing) {
  return {errc::io, std::string(doing) + ": " + std::strerror(errno)};
}

/// A folder that is not there needs no rule.
bool allow(int rules, const char* folder, std::uint64_t access) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = ::open(folder, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return errno == ENOENT;
  const auto added = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  ::close(rule.parent_fd);
  return added == 0;
}

} // namespace

result<void> confine_writes(const std::filesystem::path& folder) {
  const auto version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1)
    return error{errc::unsupported, "this kernel has no Landlock"};
  const auto all = handled(version);
  const auto writing = LANDLOCK_ACCESS_FS_WRITE_FILE | (version >= 3 ? truncate : 0);
  landlock_ruleset_attr what{};
  what.handled_access_fs = all;
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &what, sizeof what, 0));
  if (rules < 0)
    return failed("cannot confine this process");
  const auto done = allow(rules, folder.c_str(), all) && allow(rules, "/dev/shm", all) &&
                    allow(rules, "/dev", writing) &&
                    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                    ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  const auto why = failed("cannot confine this process");
  ::close(rules);
  return done ? result<void>{} : result<void>{why};
}

} // namespace peernet
