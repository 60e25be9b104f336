// SPDX-License-Identifier: MIT
// Linked into peernet-run, whose calls of probe_socket::send the linker leads here (--wrap).
#include "tests/system/muted_probes.hpp"

#include "transports/probes/probe_socket.hpp"

#include <cstdlib>
#include <unistd.h>

namespace peernet {

bool real_send(probe_socket* self, std::span<const std::byte> datagram,
               const udp_address& to) noexcept
    asm("__real__ZN7peernet12probe_socket4sendESt4spanIKSt4byteLm18446744073709551615EERKNS_"
        "11udp_addressE");
bool muted_send(probe_socket* self, std::span<const std::byte> datagram,
                const udp_address& to) noexcept
    asm("__wrap__ZN7peernet12probe_socket4sendESt4spanIKSt4byteLm18446744073709551615EERKNS_"
        "11udp_addressE");

bool muted_send(probe_socket* self, std::span<const std::byte> datagram,
                const udp_address& to) noexcept {
  const char* file = std::getenv(muting_file);
  return (file && ::access(file, F_OK) == 0) || real_send(self, datagram, to);
}

} // namespace peernet
