// SPDX-License-Identifier: MIT
#include "actors/remote/machine.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fstream>
#include <net/if.h>
#include <sys/utsname.h>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(machine_test)

BOOST_AUTO_TEST_CASE(what_it_says_is_what_the_system_says) {
  const auto f = look_at_machine();
  BOOST_TEST(f.version == peernet_version());
  BOOST_TEST(f.version.find('.') != std::string::npos);
  BOOST_TEST(f.protocol == remote_protocol);
  BOOST_TEST(!f.host.empty());
  utsname u{};
  BOOST_REQUIRE(::uname(&u) == 0);
  BOOST_TEST(f.system.starts_with("Linux "));
  BOOST_TEST(f.system.find(u.release) != std::string::npos);
  BOOST_TEST(f.clock_domain == peernet::clock().domain());
  BOOST_TEST(f.cores == std::thread::hardware_concurrency());
  BOOST_TEST(f.governor.find('\n') == std::string::npos);
  for (const auto& [name, bytes] :
       {std::pair{"rmem_max", f.most_receive_buffer}, std::pair{"wmem_max", f.most_send_buffer}}) {
    const bool shown = std::filesystem::exists(std::string("/proc/sys/net/core/") + name);
    BOOST_TEST((shown ? bytes >= 2048 : bytes == 0), name << " " << bytes);
  }
}

BOOST_AUTO_TEST_CASE(what_only_the_owner_knows_is_left_to_him) {
  const auto f = look_at_machine();
  BOOST_TEST(f.name.empty());
  BOOST_TEST(f.ports.empty());
  BOOST_TEST(f.busy.empty());
  BOOST_TEST(f.most_shipped == 0u);
}

BOOST_AUTO_TEST_CASE(its_networks_are_addresses_that_others_could_reach) {
  for (const auto& n : look_at_machine().networks) {
    BOOST_TEST(::if_nametoindex(n.interface.c_str()) != 0u, n.interface);
    unsigned char bytes[16];
    BOOST_TEST(::inet_pton(n.address.find(':') != std::string::npos ? AF_INET6 : AF_INET,
                           n.address.c_str(), bytes) == 1,
               n.address);
    BOOST_TEST(!n.address.starts_with("127."));
    BOOST_TEST(!n.address.starts_with("fe80:"));
    BOOST_TEST((n.address != "::1"));
    BOOST_TEST((n.mtu == 0 || n.mtu >= 68)); // what IP asks for at least
  }
}

BOOST_AUTO_TEST_CASE(its_plugins_are_the_modules_in_the_folders_for_them) {
  const temp_folder one, two;
  for (const auto* file : {"peernet-lidar.so", "peernet-arm.so", "other.so", "peernet-notes.txt"})
    std::ofstream(one / file) << "";
  std::ofstream(two / "peernet-lidar.so") << "";
  const std::vector<std::filesystem::path> folders{one.path(), two.path(), one / "none"};
  BOOST_TEST((look_at_machine(folders).plugins == std::vector<std::string>{"arm", "lidar"}));
  BOOST_TEST(look_at_machine(std::vector<std::filesystem::path>{}).plugins.empty());
}

BOOST_AUTO_TEST_CASE(what_it_says_can_be_told) {
  const auto f = look_at_machine();
  const auto told = must(decode(encode(greeting{.facts = f})));
  BOOST_TEST((std::get<greeting>(told).facts == f));
}

BOOST_AUTO_TEST_SUITE_END()
