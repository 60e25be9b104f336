// SPDX-License-Identifier: MIT
#include "actors/remote/trust.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>
#include <iterator>
#include <sys/stat.h>

using namespace peernet;

namespace {

fingerprint print(unsigned char last) {
  fingerprint f;
  f.bytes.back() = std::byte{last};
  return f;
}

std::string read(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& file, const std::string& text) {
  std::ofstream(file) << text;
  std::filesystem::permissions(file, std::filesystem::perms{0600});
}

} // namespace

BOOST_AUTO_TEST_SUITE(trust_test)

BOOST_AUTO_TEST_CASE(without_a_file_nobody_is_trusted) {
  const temp_folder folder;
  const trust known(folder.path());
  BOOST_TEST(must(known.all()).empty());
  BOOST_TEST(!known.knows(print(1), peer_role::node));
}

BOOST_AUTO_TEST_CASE(who_is_added_is_found_in_that_role_only) {
  const temp_folder folder;
  const trust known(folder.path() / "below");
  must(known.add({peer_role::coordinator, print(1), "laptop"}));
  must(known.add({peer_role::node, print(2), "robot"}));
  BOOST_TEST(must(known.find(print(1), peer_role::coordinator))->name == "laptop");
  BOOST_TEST(!known.knows(print(1), peer_role::node));
  BOOST_TEST(must(known.find(print(2), peer_role::node))->name == "robot");
  BOOST_TEST(!known.knows(print(2), peer_role::coordinator));
  BOOST_TEST(!known.knows(print(3), peer_role::node));
  struct stat about {};
  BOOST_REQUIRE(::stat((folder.path() / "below" / "trusted").c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777) == 0600);
}

BOOST_AUTO_TEST_CASE(adding_again_renames_and_keeps_what_else_its_owner_wrote) {
  const temp_folder folder;
  const auto line = "node " + to_string(print(2)) + " ";
  write(folder / "trusted", "# mine\n\n" + line + "robot\n# end");
  const trust known(folder.path());
  must(known.add({peer_role::node, print(2), "arm"}));
  must(known.add({peer_role::coordinator, print(2), "arm"}));
  BOOST_TEST(read(folder / "trusted") ==
             "# mine\n\n" + line + "arm\n# end\ncoordinator " + to_string(print(2)) + " arm\n");
}

BOOST_AUTO_TEST_CASE(names_of_strangers_become_plain) {
  const temp_folder folder;
  const trust known(folder.path());
  must(known.add({peer_role::node, print(1), "evil\nnode \x1b[2J x"}));
  must(known.add({peer_role::node, print(2), std::string(100, 'n')}));
  must(known.add({peer_role::node, print(3), ""}));
  const auto all = must(known.all());
  BOOST_REQUIRE(all.size() == 3);
  BOOST_TEST(all[0].name == "evil-node--[2J-x");
  BOOST_TEST(all[1].name == std::string(64, 'n'));
  BOOST_TEST(all[2].name == "unnamed");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_none_is_named_and_nobody_is_trusted_then) {
  const auto good = "node " + to_string(print(1)) + " robot\n";
  const std::string bad[] = {"friend " + to_string(print(2)) + " x",
                             "node SHA256:short x",
                             "node " + to_string(print(2)),
                             good.substr(0, good.size() - 1) + " two",
                             "node " + to_string(print(2)) + " \x1b[2J",
                             "node " + to_string(print(2)) + " " + std::string(65, 'n')};
  for (const auto& line : bad) {
    const temp_folder folder;
    write(folder / "trusted", good + "# a comment\n" + line + "\n");
    const trust known(folder.path());
    const auto all = known.all();
    BOOST_REQUIRE_MESSAGE(!all.ok(), line);
    BOOST_TEST(all.error().code == errc::unreadable);
    BOOST_TEST(all.error().message.find((folder / "trusted") + ":3: ") == 0U);
    BOOST_TEST(!known.knows(print(1), peer_role::node));
    BOOST_TEST(!known.add({peer_role::node, print(1), "robot"}).ok());
    BOOST_TEST(read(folder / "trusted") == good + "# a comment\n" + line + "\n");
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_others_may_change_trusts_nobody) {
  const temp_folder folder;
  const trust known(folder.path());
  must(known.add({peer_role::node, print(1), "robot"}));
  std::filesystem::permissions(folder / "trusted", std::filesystem::perms{0620});
  BOOST_TEST(known.all().error().code == errc::refused);
  BOOST_TEST(!known.knows(print(1), peer_role::node));
}

BOOST_AUTO_TEST_CASE(many_may_add_at_the_same_time) {
  const temp_folder folder;
  const trust known(folder.path());
  std::vector<std::thread> threads;
  for (unsigned char t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (unsigned char i = 0; i < 8; ++i)
        (void)known.add({peer_role::node, print(static_cast<unsigned char>(8 * t + i)), "peer"});
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(must(known.all()).size() == 32);
}

BOOST_AUTO_TEST_SUITE_END()
