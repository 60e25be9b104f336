// SPDX-License-Identifier: MIT
#include "tests/support/run_sockets.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace peernet {

namespace fs = std::filesystem;

namespace {

/// Inodes of the sockets behind a process's descriptors.
std::set<std::string> sockets_of(const fs::path& process) {
  constexpr std::string_view before = "socket:[";
  std::set<std::string> inodes;
  std::error_code gone;
  for (const auto& fd : fs::directory_iterator(process / "fd", gone)) {
    const auto target = fs::read_symlink(fd.path(), gone).string();
    if (!gone && target.compare(0, before.size(), before) == 0)
      inodes.insert(target.substr(before.size(), target.size() - before.size() - 1));
  }
  return inodes;
}

/// The words of every line behind the heading.
template <class Visit>
void each_line(const fs::path& table, Visit&& visit) {
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string word; words >> word;)
      fields.push_back(word);
    visit(fields);
  }
}

} // namespace

std::vector<open_door> open_doors(pid_t pid) {
  const auto process = fs::path("/proc") / std::to_string(pid);
  const auto ours = sockets_of(process);
  std::vector<open_door> found;
  // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
  constexpr std::size_t local = 1, state = 3, inode = 9;
  for (const std::string family : {"tcp", "tcp6", "udp", "udp6"})
    each_line(process / "net" / family, [&](const std::vector<std::string>& fields) {
      if (fields.size() <= inode || ours.count(fields[inode]) == 0)
        return;
      const auto colon = fields[local].find(':');
      const auto port =
          static_cast<std::uint16_t>(std::stoul(fields[local].substr(colon + 1), nullptr, 16));
      constexpr const char* listening = "0A";
      if (family[0] == 't' ? fields[state] == listening : port != 0)
        found.push_back({family, fields[local].substr(0, colon), port});
    });
  // Num RefCount Protocol Flags Type St Inode Path
  constexpr std::size_t flags = 3, unix_inode = 6, path = 7;
  constexpr unsigned long accepts = 0x10000;
  each_line(process / "net" / "unix", [&](const std::vector<std::string>& fields) {
    if (fields.size() > unix_inode && ours.count(fields[unix_inode]) != 0 &&
        (std::stoul(fields[flags], nullptr, 16) & accepts) != 0)
      found.push_back({"unix", fields.size() > path ? fields[path] : "", 0});
  });
  return found;
}

} // namespace peernet
