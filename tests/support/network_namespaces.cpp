// SPDX-License-Identifier: MIT
#include "tests/support/network_namespaces.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace peernet {

namespace {

constexpr int no_program = 127;
constexpr int no_entry = 126;

/// Runs `ip` inside.
result<void> ip(const network_namespace& inside, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  std::string line;
  std::vector<char*> argv;
  for (auto& a : arguments) {
    line += (line.empty() ? "" : " ") + a;
    argv.push_back(a.data());
  }
  argv.push_back(nullptr);
  const auto pid = ::fork();
  if (pid == 0) {
    if (::setns(inside.descriptor(), CLONE_NEWNET) != 0)
      ::_exit(no_entry);
    ::execvp("ip", argv.data());
    ::_exit(no_program);
  }
  int status = -1;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid)
    return error{errc::io, "cannot run " + line + ": " + std::strerror(errno)};
  if (WIFEXITED(status) && WEXITSTATUS(status) == no_program)
    return error{errc::not_found, "the program ip; Debian's iproute2 brings it"};
  if (status != 0)
    return error{errc::refused, line + " failed with status " + std::to_string(status)};
  return {};
}

} // namespace

result<network_namespace> network_namespace::make() {
  int fd = -1, why = 0;
  // A thread goes into a new one and leaves it behind; the others stay where they are.
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0 ||
        (fd = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
      why = errno;
  }).join();
  if (fd < 0)
    return error{errc::refused, std::string("root, or the right to make network namespaces (") +
                                    std::strerror(why) + ")"};
  return network_namespace(fd);
}

network_namespace::network_namespace(network_namespace&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

network_namespace::~network_namespace() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<void> network_namespace::enter() const {
  if (::setns(fd_, CLONE_NEWNET) != 0)
    return error{errc::refused, std::string("cannot enter the network: ") + std::strerror(errno)};
  return {};
}

result<joined_namespaces> joined_namespaces::make() {
  auto near = network_namespace::make();
  if (!near)
    return std::move(near).error();
  auto far = network_namespace::make();
  if (!far)
    return std::move(far).error();
  const auto far_file =
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(far->descriptor());
  if (auto done = ip(*near, {"link", "add", "cable", "type", "veth", "peer", "name", "cable",
                             "netns", far_file});
      !done)
    return std::move(done).error();
  for (const auto& [side, address] : {std::pair{&*near, near_address}, {&*far, far_address}}) {
    if (auto done = ip(*side, {"address", "add", address + std::string("/24"), "dev", "cable"});
        !done)
      return std::move(done).error();
    if (auto done = ip(*side, {"link", "set", "cable", "up"}); !done)
      return std::move(done).error();
  }
  return joined_namespaces{std::move(*near), std::move(*far)};
}

} // namespace peernet
