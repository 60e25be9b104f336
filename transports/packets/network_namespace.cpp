// SPDX-License-Identifier: MIT
#include "transports/packets/network_namespace.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <thread>
#include <utility>

namespace peernet {

namespace {

peernet::descriptor own_network() {
  return peernet::descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

error no_network(int why) {
  const std::string cause = std::strerror(why);
  if (why == EPERM || why == EINVAL) // of a kernel that knows none
    return {errc::refused, "root, or the right to make network namespaces (" + cause + ")"};
  return {errc::io, "cannot make a network of its own for a node: " +
                        (why == ENOSPC ? "there are user.max_net_namespaces already" : cause)};
}

} // namespace

result<network_namespace> network_namespace::make() {
  peernet::descriptor fd;
  int why = 0;
  // A thread goes into a new one and leaves it behind; the others stay where they are.
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0 || !(fd = own_network()))
      why = errno;
  }).join();
  if (!fd)
    return no_network(why);
  return network_namespace(std::move(fd));
}

result<network_namespace> network_namespace::current() {
  auto fd = own_network();
  if (!fd)
    return error{errc::io,
                 std::string("cannot tell which network this is: ") + std::strerror(errno)};
  return network_namespace(std::move(fd));
}

result<void> network_namespace::enter() const {
  if (::setns(fd_.get(), CLONE_NEWNET) != 0)
    return error{errc::refused, std::string("cannot enter the network: ") + std::strerror(errno)};
  return {};
}

result<void> network_namespace::run_inside(const std::function<result<void>()>& task) const {
  result<void> done;
  std::thread([&] {
    done = enter();
    if (done)
      done = task();
  }).join();
  return done;
}

} // namespace peernet
