// SPDX-License-Identifier: MIT
// A socket that never blocks as OpenSSL reads and writes it. OpenSSL's own would raise SIGPIPE, and
// keeps what happened to the socket to itself.
#pragma once

struct bio_st; // OpenSSL's BIO

namespace peernet {

/// A connected socket, and what has been met at it.
struct met_socket {
  const int fd;
  bool heard = false;   ///< the first byte has come
  bool foreign = false; ///< and it was no TLS, which nothing is read of any more
  bool ended = false;   ///< the peer sends no more
  int broke = 0;        ///< errno; 0: it stands
};

/// Reads and writes `socket`, which outlives it. A connection that broke counts as one that takes
/// nothing just now: what the peer sent before, its alert above all, can still be read. Null: no
/// memory.
[[nodiscard]] bio_st* make_socket_bio(met_socket& socket);

/// Whether TLS begins so: a record of a handshake, or of an alert. Our frames never do.
[[nodiscard]] constexpr bool is_tls(unsigned char first) noexcept {
  return first == 0x16 || first == 0x15;
}

} // namespace peernet
