// SPDX-License-Identifier: MIT
// What a process says and hands over at a receiving end of `shm`: a greeting, or anything else,
// with as many descriptors as it likes.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/row.hpp"
#include "transports/shm/shm_socket.hpp"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace peernet;

constexpr std::size_t most_handed = 2 * shm_handed;

/// Sends `said` with `count` descriptors.
void say(int socket, std::span<const std::byte> said, std::size_t count) {
  std::array<int, most_handed> files{};
  files.fill(STDIN_FILENO);
  iovec part{const_cast<std::byte*>(said.data()), said.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof files)> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = space.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    auto* const c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(c), files.data(), count * sizeof(int));
  }
  must_hold(::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(said.size()));
}

} // namespace

PEERNET_FUZZ_TARGET(shm_greeting) {
  std::array<int, 2> ends{};
  must_hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const descriptor ours(ends[0]), theirs(ends[1]);
  const int lowest_free = ::fcntl(ours.get(), F_DUPFD_CLOEXEC, 0);
  ::close(lowest_free);

  row input(bytes);
  const auto count = input.number() % (most_handed + 1);
  const auto said = input.bytes(input.number());
  if (!said.empty())
    say(theirs.get(), said, count);
  const auto came = take_over(ours.get());
  constexpr shm_greeting right;
  const bool whole = said.size() >= sizeof right &&
                     std::memcmp(said.data(), &right, sizeof right) == 0 && count == shm_handed;
  must_hold(came.ok() == whole);
  must_hold(came.ok() ? came->size() == shm_handed
                      : (came.error().code == errc::would_block) == said.empty());
  if (came.ok())
    return;
  const int still_free = ::fcntl(ours.get(), F_DUPFD_CLOEXEC, 0); // whatever came is closed again
  ::close(still_free);
  must_hold(still_free == lowest_free);
}
