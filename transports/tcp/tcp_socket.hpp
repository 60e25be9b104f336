// SPDX-License-Identifier: MIT
// TCP sockets as the tcp channel wants them: none of them waits unless asked to, and what they
// carry leaves at once.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "transports/descriptor.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>
#include <sys/uio.h>

namespace peernet {

/// How long a connection may be silent where it should not be (bytes that nobody confirms, a
/// machine that is gone) until it counts as broken.
inline constexpr std::chrono::seconds tcp_dead_after{10};

/// What the kernel may hold of a sender's bytes that are not yet on the way. More would only be
/// stale: the link's queue and policy are to decide what waits.
inline constexpr int tcp_unsent_bytes = 128 << 10;

/// "10.0.0.5:7447", "[::1]:7447".
[[nodiscard]] std::string address_and_port(const std::string& address, std::uint16_t port);

/// What errno says, for people.
[[nodiscard]] std::string errno_text(int code);

/// A listening socket on an IP address; port 0: any free one. errc::io with address and port.
[[nodiscard]] result<descriptor> tcp_listen(const std::string& address, std::uint16_t port);
[[nodiscard]] std::uint16_t tcp_port_of(int socket) noexcept;

/// A socket that begins to connect: it is writable once that is decided, and `tcp_error` says how.
/// errc::io with the text if it is no IP address, or nothing leads there.
[[nodiscard]] result<descriptor> tcp_begin_connect(const std::string& address, std::uint16_t port);

/// The socket's pending error, taken; 0 for none.
[[nodiscard]] int tcp_error(int socket) noexcept;

/// Sets what all our connections have; `sends`: and what the sending end has.
void tune_connection(int socket, bool sends) noexcept;

/// From now on `receive_some` can wait on this socket, so long at most.
void allow_waiting(int socket, std::chrono::milliseconds longest) noexcept;

/// As ::sendmsg and ::recvmsg: no SIGPIPE, not interrupted, and without waiting unless `wait`.
ssize_t send_some(int socket, std::span<iovec> parts) noexcept;
ssize_t receive_some(int socket, std::span<iovec> parts, bool wait = false) noexcept;

/// The errno of a call that would have had to wait.
[[nodiscard]] constexpr bool would_wait(int code) noexcept {
  return code == EAGAIN || code == EWOULDBLOCK;
}

} // namespace peernet
