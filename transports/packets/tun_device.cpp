// SPDX-License-Identifier: MIT
#include "transports/packets/tun_device.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <utility>

namespace peernet {

result<tun_device> tun_device::make(const network_namespace& inside, const std::string& name) {
  constexpr const char* path = "/dev/net/tun";
  descriptor fd;
  auto done = inside.run_inside([&]() -> result<void> {
    fd.reset(::open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!fd && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
      return error{errc::io, std::string("cannot open ") + path + ": " + std::strerror(errno)};
    if (!fd)
      return error{errc::refused, std::string("the right to use ") + path + " (" +
                                      std::strerror(errno) +
                                      "; the kernel's module tun brings it)"};
    ifreq wish{};
    wish.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::strncpy(wish.ifr_name, name.c_str(), IFNAMSIZ - 1);
    if (::ioctl(fd.get(), TUNSETIFF, &wish) == 0)
      return {};
    const auto cause = name + ": " + std::strerror(errno);
    return errno == EPERM
               ? error{errc::refused, "the right to make network interfaces (" + cause + ")"}
               : error{errc::io, "cannot make the interface " + cause};
  });
  if (!done)
    return std::move(done).error();
  return tun_device(std::move(fd));
}

std::size_t tun_device::read(std::span<std::byte> room) const noexcept {
  const auto n = ::read(fd_.get(), room.data(), room.size());
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

bool tun_device::write(std::span<const std::byte> packet) const noexcept {
  return ::write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

} // namespace peernet
