// SPDX-License-Identifier: MIT
#include "actors/remote/socket_bio.hpp"

#include "actors/remote/raw_socket.hpp"

#include <cerrno>
#include <cstddef>
#include <memory>
#include <openssl/bio.h>
#include <utility>

namespace peernet {

namespace {

met_socket& socket_of(BIO* bio) noexcept {
  return *static_cast<met_socket*>(::BIO_get_data(bio));
}

int read_bio(BIO* bio, char* into, std::size_t size, std::size_t* got) noexcept {
  auto& s = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const auto n = receive_some(s.fd, into, size);
  if (n > 0) {
    *got = static_cast<std::size_t>(n);
    s.foreign = !std::exchange(s.heard, true) && !is_tls(static_cast<unsigned char>(*into));
    return s.foreign ? 0 : 1;
  }
  *got = 0;
  if (n == 0)
    s.ended = true;
  else if (is_wait(errno))
    BIO_set_retry_read(bio);
  else
    s.broke = errno;
  return 0;
}

int write_bio(BIO* bio, const char* from, std::size_t size, std::size_t* sent) noexcept {
  auto& s = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const auto n = send_some(s.fd, from, size);
  *sent = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (n > 0)
    return 1;
  if (!is_wait(errno))
    s.broke = errno;
  BIO_set_retry_write(bio);
  return 0;
}

long control_bio(BIO* bio, int command, long, void*) noexcept {
  if (command == BIO_CTRL_EOF)
    return socket_of(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct free_method {
  void operator()(BIO_METHOD* m) const noexcept { ::BIO_meth_free(m); }
};

BIO_METHOD* method() {
  static const std::unique_ptr<BIO_METHOD, free_method> made = [] {
    auto* m = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "peernet socket");
    if (m) {
      ::BIO_meth_set_read_ex(m, read_bio);
      ::BIO_meth_set_write_ex(m, write_bio);
      ::BIO_meth_set_ctrl(m, control_bio);
    }
    return std::unique_ptr<BIO_METHOD, free_method>(m);
  }();
  return made.get();
}

} // namespace

BIO* make_socket_bio(met_socket& socket) {
  BIO* const bio = method() ? ::BIO_new(method()) : nullptr;
  if (bio) {
    ::BIO_set_data(bio, &socket);
    ::BIO_set_init(bio, 1);
  }
  return bio;
}

} // namespace peernet
