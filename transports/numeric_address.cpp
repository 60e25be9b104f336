// SPDX-License-Identifier: MIT
#include "transports/numeric_address.hpp"

#include <cstring>
#include <netdb.h>
#include <netinet/in.h>

namespace peernet {

result<numeric_address> numeric_address::read(const std::string& text, std::uint16_t port) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM; // any: one answer is enough
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  if (::getaddrinfo(text.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0)
    return error{errc::io, "\"" + text + "\" is no IP address"};
  numeric_address a;
  a.size = found->ai_addrlen;
  std::memcpy(&a.store, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return a;
}

numeric_address numeric_address::of(int socket) noexcept {
  numeric_address a;
  if (::getsockname(socket, a.get(), &a.size) != 0)
    a.store.ss_family = AF_UNSPEC;
  return a;
}

std::uint16_t numeric_address::port() const noexcept {
  switch (family()) {
  case AF_INET:
    return ntohs(reinterpret_cast<const sockaddr_in&>(store).sin_port);
  case AF_INET6:
    return ntohs(reinterpret_cast<const sockaddr_in6&>(store).sin6_port);
  default:
    return 0;
  }
}

std::string numeric_address::host() const {
  char text[NI_MAXHOST] = {};
  ::getnameinfo(get(), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

} // namespace peernet
