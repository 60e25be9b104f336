// SPDX-License-Identifier: MIT
#include "actors/child_process.hpp"

#include "runtime/core/clock.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h> // environ
#include <utility>

namespace peernet {

namespace {

error system_error(const std::string& doing, int number) {
  return {errc::io, doing + ": " + std::strerror(number)};
}

std::string describe_end(int status) {
  if (WIFEXITED(status))
    return "exit code " + std::to_string(WEXITSTATUS(status));
  const auto number = WTERMSIG(status);
  return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

/// The parent's environment with these variables in it.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> all;
  for (char** v = environ; *v; ++v) {
    const std::string line(*v);
    if (!variables.contains(line.substr(0, line.find('='))))
      all.push_back(line);
  }
  for (const auto& [name, value] : variables)
    all.push_back(name + "=" + value);
  return all;
}

/// A process begins in the network of the thread that starts it: the calling thread goes in for as
/// long as `start` takes. Null: it stays where it is.
result<void> with_network(const network_namespace* network, const std::function<void()>& start) {
  if (!network)
    return start(), result<void>{};
  const auto own = network_namespace::current();
  if (!own)
    return own.error();
  if (auto inside = network->enter(); !inside)
    return inside;
  start();
  return own->enter();
}

} // namespace

result<child_process> child_process::start(const std::string& program,
                                           const std::vector<std::string>& arguments,
                                           const std::vector<int>& inherited,
                                           const child_surroundings& around) {
  std::vector<char*> argv;
  auto name = program;
  argv.push_back(name.data());
  auto copies = arguments;
  for (auto& a : copies)
    argv.push_back(a.data());
  argv.push_back(nullptr);

  auto variables = environment_with(around.variables);
  std::vector<char*> environment;
  for (auto& v : variables)
    environment.push_back(v.data());
  environment.push_back(nullptr);

  // dup2 onto itself is how posix_spawn lets one descriptor through although it is marked
  // close-on-exec.
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : inherited)
    ::posix_spawn_file_actions_adddup2(&actions, fd, fd);
  if (!around.folder.empty())
    ::posix_spawn_file_actions_addchdir_np(&actions, around.folder.c_str());
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  if (around.own_group)
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  int failed = 0;
  auto moved = with_network(around.network, [&] {
    failed = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(),
                           environment.data());
  });
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (!moved) {
    const child_process stray{pid, around.own_group}; // ends here, if there is one
    return std::move(moved).error();
  }
  if (failed != 0)
    return system_error("cannot start " + program, failed);
  return child_process{pid, around.own_group};
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      own_group_(other.own_group_),
      end_(std::move(other.end_)) {}

child_process& child_process::operator=(child_process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(own_group_, other.own_group_);
  std::swap(end_, other.end_);
  return *this;
}

child_process::~child_process() {
  if (pid_ > 0 && !ended()) {
    kill();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
}

std::optional<std::string> child_process::ended() {
  int status = 0;
  if (!end_ && pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    end_ = describe_end(status);
    if (own_group_)
      ::kill(-pid_, SIGKILL); // what it left behind
  }
  return end_;
}

std::optional<std::string> child_process::wait(stamp deadline) {
  while (!ended() && clock::machine_now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  return ended();
}

void child_process::kill() noexcept {
  if (pid_ > 0 && !end_)
    ::kill(own_group_ ? -pid_ : pid_, SIGKILL);
}

result<socket_pair> make_socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    return system_error("cannot make a socket pair", errno);
  return socket_pair{fds[0], fds[1]};
}

} // namespace peernet
