// SPDX-License-Identifier: MIT
#include "runtime/core/address.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace peernet {

bool is_loopback(const std::string& address) noexcept {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
    return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1)
    return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool same_address(const std::string& a, const std::string& b) noexcept {
  const auto parse = [](const std::string& text, in6_addr& into) {
    in_addr v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4) != 1)
      return ::inet_pton(AF_INET6, text.c_str(), &into) == 1;
    into = {};
    into.s6_addr[10] = into.s6_addr[11] = 0xFF; // as IPv6 writes it
    std::memcpy(into.s6_addr + 12, &v4, sizeof v4);
    return true;
  };
  in6_addr one{}, other{};
  return parse(a, one) && parse(b, other) ? std::memcmp(&one, &other, sizeof one) == 0 : a == b;
}

std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

} // namespace peernet
