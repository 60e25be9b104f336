// SPDX-License-Identifier: MIT
#include "actors/remote/trust.hpp"

#include "actors/remote/private_file.hpp"

#include <algorithm>
#include <string_view>

namespace peernet {

namespace {

constexpr std::size_t largest_file = 1 << 20; // some ten thousand peers
constexpr std::size_t longest_name = 64;

bool is_shown(char c) {
  return c > ' ' && c <= '~';
}

std::string_view to_text(peer_role role) {
  return role == peer_role::coordinator ? "coordinator" : "node";
}

/// The words of a line, between blanks.
std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string_view> words;
  for (auto at = line.find_first_not_of(blanks); at != line.npos;
       at = line.find_first_not_of(blanks)) {
    line.remove_prefix(at);
    const auto end = std::min(line.find_first_of(blanks), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

/// A peer, nothing for an empty line or a comment, or what is wrong.
result<std::optional<trusted_peer>> read_line(std::string_view line) {
  const auto words = words_of(line);
  if (words.empty() || words[0].starts_with('#'))
    return std::optional<trusted_peer>{};
  trusted_peer peer;
  if (words[0] == to_text(peer_role::coordinator))
    peer.role = peer_role::coordinator;
  else if (words[0] != to_text(peer_role::node))
    return error{errc::unreadable, "a line begins with \"coordinator\" or \"node\""};
  if (words.size() != 3)
    return error{errc::unreadable, "a line has a role, a fingerprint and a name without blanks"};
  auto print = parse_fingerprint(words[1]);
  if (!print)
    return error{errc::unreadable, print.error().message};
  peer.print = *print;
  peer.name = words[2];
  if (peer.name.size() > longest_name || !std::all_of(peer.name.begin(), peer.name.end(), is_shown))
    return error{errc::unreadable, "a name has at most 64 plain characters"};
  return std::optional(std::move(peer));
}

/// Names come from other machines and go to terminals.
std::string plain_name(std::string name) {
  name.resize(std::min(name.size(), longest_name));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_shown(c); }, '-');
  return name.empty() ? "unnamed" : name;
}

struct trust_line {
  std::string text;
  std::optional<trusted_peer> peer;
};

result<std::vector<trust_line>> read_lines(const std::filesystem::path& file) {
  auto text = read_private_file(file, 0022, largest_file); // who may change it may command here
  if (!text && text.error().code == errc::not_found)
    return std::vector<trust_line>{};
  if (!text)
    return text.error();
  std::vector<trust_line> lines;
  std::string_view left = *text;
  while (!left.empty()) {
    const auto end = std::min(left.find('\n'), left.size());
    const auto line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    auto peer = read_line(line);
    if (!peer)
      return error{errc::unreadable, file.string() + ":" + std::to_string(lines.size() + 1) + ": " +
                                         peer.error().message};
    lines.push_back({std::string(line), *std::move(peer)});
  }
  return lines;
}

} // namespace

result<std::vector<trusted_peer>> trust::all() const {
  auto lines = read_lines(folder_ / "trusted");
  if (!lines)
    return lines.error();
  std::vector<trusted_peer> peers;
  for (auto& line : *lines)
    if (line.peer)
      peers.push_back(*std::move(line.peer));
  return peers;
}

result<std::optional<trusted_peer>> trust::find(const fingerprint& print, peer_role role) const {
  auto peers = all();
  if (!peers)
    return std::move(peers).error();
  const auto at = std::ranges::find_if(
      *peers, [&](const trusted_peer& p) { return p.print == print && p.role == role; });
  return at == peers->end() ? std::optional<trusted_peer>{} : std::move(*at);
}

result<void> trust::add(const trusted_peer& peer) const {
  if (auto made = make_private_folder(folder_); !made)
    return made;
  const auto lock = folder_lock::take(folder_);
  if (!lock)
    return lock.error();
  auto lines = read_lines(folder_ / "trusted");
  if (!lines)
    return lines.error();
  auto line = std::find_if(lines->begin(), lines->end(), [&](const trust_line& l) {
    return l.peer && l.peer->print == peer.print && l.peer->role == peer.role;
  });
  if (line == lines->end())
    line = lines->insert(line, trust_line{});
  line->text =
      std::string(to_text(peer.role)) + " " + to_string(peer.print) + " " + plain_name(peer.name);
  std::string text;
  for (const auto& l : *lines)
    text += l.text + "\n";
  return replace_private_file(folder_ / "trusted", text);
}

} // namespace peernet
