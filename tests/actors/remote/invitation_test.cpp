// SPDX-License-Identifier: MIT
#include "actors/remote/invitation.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <sys/stat.h>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// A node's folder, and both fingerprints.
struct pairing {
  temp_folder folder;
  fingerprint coordinator, node;

  pairing() { node.bytes[0] = std::byte{1}; }

  [[nodiscard]] std::string invite(duration valid = 1h) const {
    return must(make_invitation(folder.path(), valid));
  }
  [[nodiscard]] std::string claim(const std::string& token) const {
    return pairing_claim(token, "coordinator", coordinator, node);
  }
  [[nodiscard]] result<std::string> redeem(const std::string& claimed) const {
    return redeem_invitation(folder.path(), claimed, coordinator, node);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(invitation_test)

BOOST_AUTO_TEST_CASE(works_once_and_is_answered_with_the_nodes_own_claim) {
  const pairing p;
  BOOST_TEST(!is_inviting(p.folder.path()));
  const auto token = p.invite();
  BOOST_TEST(is_inviting(p.folder.path()));
  const auto answer = must(p.redeem(p.claim(token)));
  BOOST_TEST(same_claim(answer, pairing_claim(token, "node", p.coordinator, p.node)));
  BOOST_TEST(answer != p.claim(token));
  BOOST_TEST(answer.size() == 64);
  BOOST_TEST(!is_inviting(p.folder.path()));
  BOOST_TEST(p.redeem(p.claim(token)).error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(a_token_has_26_characters_in_groups_and_no_two_are_equal) {
  const pairing p;
  std::set<std::string> tokens;
  for (int i = 0; i < 50; ++i) {
    const auto token = p.invite();
    BOOST_TEST(token.size() == 30);
    for (std::size_t at = 0; at < token.size(); ++at)
      BOOST_TEST((token[at] == '-') == (at % 6 == 5 && at < 24));
    BOOST_TEST(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567-") == token.npos);
    tokens.insert(token);
  }
  BOOST_TEST(tokens.size() == 50);
}

BOOST_AUTO_TEST_CASE(a_token_may_be_typed_in_any_case_with_or_without_groups) {
  const pairing p;
  auto typed = p.invite();
  std::erase(typed, '-');
  for (auto& c : typed)
    c = static_cast<char>(std::tolower(c));
  BOOST_TEST(p.redeem(p.claim(" " + typed + " ")).ok());
}

BOOST_AUTO_TEST_CASE(a_wrong_claim_is_refused_and_leaves_the_invitation) {
  const pairing p;
  const auto token = p.invite();
  fingerprint other;
  other.bytes[5] = std::byte{7};
  const std::string wrong[] = {"", "x", p.claim("AAAAA-BBBBB"), p.claim(std::string(1000, 'A')),
                               p.claim(token).substr(1), p.claim(token) + "0",
                               // the node's own, sent back; and another certificate at either side
                               pairing_claim(token, "node", p.coordinator, p.node),
                               pairing_claim(token, "coordinator", other, p.node),
                               pairing_claim(token, "coordinator", p.coordinator, other)};
  for (const auto& claimed : wrong)
    BOOST_TEST(p.redeem(claimed).error().code == errc::refused);
  BOOST_TEST(p.redeem(p.claim(token)).ok());
}

BOOST_AUTO_TEST_CASE(an_old_invitation_is_none) {
  const pairing p;
  const auto token = p.invite(0s);
  BOOST_TEST(!is_inviting(p.folder.path()));
  BOOST_TEST(p.redeem(p.claim(token)).error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(a_later_invitation_replaces_an_earlier_one) {
  const pairing p;
  const auto first = p.invite(), second = p.invite();
  BOOST_TEST(p.redeem(p.claim(first)).error().code == errc::refused);
  BOOST_TEST(p.redeem(p.claim(second)).ok());
}

BOOST_AUTO_TEST_CASE(of_many_at_the_same_time_one_is_let_in) {
  const pairing p;
  for (int round = 0; round < 20; ++round) {
    const auto claimed = p.claim(p.invite());
    std::atomic<int> ready{0}, granted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (++ready; ready < 4;) {
        }
        granted += p.redeem(claimed).ok() ? 1 : 0;
      });
    for (auto& t : threads)
      t.join();
    BOOST_TEST(granted == 1);
  }
}

BOOST_AUTO_TEST_CASE(the_file_is_its_owners_only_and_does_not_show_the_token) {
  const pairing p;
  auto token = p.invite();
  const auto file = p.folder / "invitation";
  struct stat about {};
  BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777) == 0600);
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  BOOST_TEST(text.find(token) == text.npos);
  std::erase(token, '-');
  BOOST_TEST(text.find(token) == text.npos);
  std::filesystem::permissions(file, std::filesystem::perms{0644});
  BOOST_TEST(!is_inviting(p.folder.path()));
}

BOOST_AUTO_TEST_CASE(a_broken_file_invites_nobody) {
  const pairing p;
  const auto claimed = p.claim(p.invite());
  const auto file = p.folder / "invitation";
  std::ifstream in(file);
  const std::string good{std::istreambuf_iterator<char>(in), {}};
  for (const auto& bad : {std::string(), good.substr(0, good.size() - 1), good + "\n", "x" + good,
                          good.substr(0, good.size() - 2) + "g\n"}) {
    std::ofstream(file) << bad;
    BOOST_TEST(!is_inviting(p.folder.path()));
    BOOST_TEST(p.redeem(claimed).error().code == errc::refused);
  }
  std::ofstream(file) << good;
  BOOST_TEST(p.redeem(claimed).ok());
}

BOOST_AUTO_TEST_SUITE_END()
