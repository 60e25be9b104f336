// SPDX-License-Identifier: MIT
#include "tests/support/packet_networks.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace peernet {

result<packet_networks> packet_networks::make(unsigned queue) {
  auto near = network_namespace::make(), far = network_namespace::make();
  if (!near || !far)
    return near ? far.error() : near.error();
  auto from = tun_device::make(*near, "packets"), to = tun_device::make(*far, "packets");
  if (!from || !to)
    return from ? to.error() : from.error();
  auto near_doors = interfaces::of(*near), far_doors = interfaces::of(*far);
  if (!near_doors || !far_doors)
    return near_doors ? far_doors.error() : near_doors.error();
  for (const auto& [doors, address] :
       {std::pair{&*near_doors, near_address}, {&*far_doors, far_address}}) {
    if (auto done = doors->add_address("packets", std::string(address) + "/30"); !done)
      return done.error();
    if (auto done = doors->raise("packets", queue); !done)
      return done.error();
  }
  return packet_networks{std::move(*near),
                         std::move(*far),
                         std::move(*near_doors),
                         std::move(*far_doors),
                         {std::move(*from), std::move(*to)}};
}

sockaddr_in ipv4_at(const char* address, std::uint16_t port) {
  sockaddr_in a{.sin_family = AF_INET, .sin_port = htons(port)};
  ::inet_pton(AF_INET, address, &a.sin_addr);
  return a;
}

result<descriptor> socket_inside(const network_namespace& inside, int type, const char* address,
                                 std::uint16_t port) {
  descriptor fd;
  auto done = inside.run_inside([&]() -> result<void> {
    fd.reset(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const auto a = ipv4_at(address, port);
    if (fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0)
      return {};
    return error{errc::io, std::string("no socket on ") + address + ": " + std::strerror(errno)};
  });
  if (!done)
    return std::move(done).error();
  return fd;
}

} // namespace peernet
