// SPDX-License-Identifier: MIT
#include "actors/remote/machine.hpp"

#include "runtime/core/clock.hpp"

#include <arpa/inet.h>
#include <fstream>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <set>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace peernet {

namespace {

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::int64_t number_in(const std::string& file) {
  std::ifstream in(file);
  std::int64_t n = 0;
  in >> n;
  return in ? n : 0;
}

std::string text_of(const sockaddr& a) {
  char text[INET6_ADDRSTRLEN] = {};
  if (a.sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(a).sin_addr, text, sizeof text);
  else if (a.sa_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(a).sin6_addr, text, sizeof text);
  return text;
}

/// Addresses of interfaces that are up, loopback left out.
std::vector<machine_network> networks() {
  std::vector<machine_network> all;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0)
    return all;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  for (const auto* i = first; i; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
      continue;
    const auto address = text_of(*i->ifa_addr);
    if (address.empty() || address.starts_with("fe80:")) // of one cable only
      continue;
    const auto mtu = number_in("/sys/class/net/" + std::string(i->ifa_name) + "/mtu");
    all.push_back({i->ifa_name, address, static_cast<std::uint32_t>(mtu)});
  }
  return all;
}

/// Modules in the folders, by the name that a catalogue entry gives them.
std::vector<std::string> plugins_in(const std::vector<std::filesystem::path>& folders) {
  std::set<std::string> names;
  for (const auto& folder : folders) {
    std::error_code none;
    for (const auto& e : std::filesystem::directory_iterator(folder, none)) {
      const auto file = e.path().stem().string();
      if (e.path().extension() == ".so" && file.starts_with("peernet-"))
        names.insert(file.substr(8));
    }
  }
  return {names.begin(), names.end()};
}

} // namespace

machine_facts look_at_machine(const std::vector<std::filesystem::path>& folders) {
  machine_facts f;
  f.version = peernet_version();
  char host[256] = {};
  f.host = ::gethostname(host, sizeof host - 1) == 0 ? host : "unknown";
  if (utsname u{}; ::uname(&u) == 0)
    f.system = std::string(u.sysname) + " " + u.release + " " + u.machine;
  f.clock_domain = clock().domain();
  f.cores = std::thread::hardware_concurrency();
  f.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  f.most_receive_buffer = number_in("/proc/sys/net/core/rmem_max");
  f.most_send_buffer = number_in("/proc/sys/net/core/wmem_max");
  f.networks = networks();
  f.plugins = plugins_in(folders);
  return f;
}

std::string peernet_version() {
  return PEERNET_VERSION;
}

} // namespace peernet
