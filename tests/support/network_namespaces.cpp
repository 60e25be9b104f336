// SPDX-License-Identifier: MIT
#include "tests/support/network_namespaces.hpp"

#include <cerrno>
#include <cstring>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace peernet {

namespace {

constexpr int no_program = 127;
constexpr int no_entry = 126;

} // namespace

result<void> run_ip(const network_namespace& inside, const std::vector<std::string>& words) {
  auto arguments = words;
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

result<void> join_by_cable(const cable_end& one, const cable_end& other) {
  const auto file =
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(other.inside.descriptor());
  if (auto done = run_ip(one.inside, {"link", "add", one.interface, "type", "veth", "peer", "name",
                                      other.interface, "netns", file});
      !done)
    return done;
  for (const auto& [near, far] : {std::pair{&one, &other}, {&other, &one}}) {
    // The way to the other end belongs to the address, so it is there again after a cut.
    if (auto done = run_ip(near->inside, {"address", "add", near->address, "peer",
                                          far->address + "/32", "dev", near->interface});
        !done)
      return done;
    if (auto done = run_ip(near->inside, {"link", "set", near->interface, "up"}); !done)
      return done;
  }
  return {};
}

result<joined_namespaces> joined_namespaces::make() {
  auto near = network_namespace::make();
  if (!near)
    return std::move(near).error();
  auto far = network_namespace::make();
  if (!far)
    return std::move(far).error();
  if (auto done = join_by_cable({*near, "cable", near_address}, {*far, "cable", far_address});
      !done)
    return std::move(done).error();
  return joined_namespaces{std::move(*near), std::move(*far)};
}

} // namespace peernet
