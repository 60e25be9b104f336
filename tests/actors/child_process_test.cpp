// SPDX-License-Identifier: MIT
#include "actors/child_process.hpp"
#include "runtime/core/clock.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace peernet;

namespace {

child_process start(const std::string& program, const std::vector<std::string>& arguments = {},
                    const std::vector<int>& inherited = {}) {
  auto started = child_process::start(program, arguments, inherited);
  BOOST_REQUIRE_MESSAGE(started.ok(), why(started));
  return *std::move(started);
}

child_process shell(const std::string& command, const std::vector<int>& inherited = {}) {
  return start("/bin/sh", {"-c", command}, inherited);
}

stamp deadline() {
  return clock::machine_now() + test_deadline;
}

/// One descriptor of a pair, closed with it.
struct open_pair {
  socket_pair fds = *make_socket_pair();
  ~open_pair() {
    ::close(fds.ours);
    if (fds.theirs >= 0)
      ::close(fds.theirs);
  }
  /// All that the other side writes until nobody holds it any more.
  std::string read_to_end() {
    ::close(std::exchange(fds.theirs, -1));
    std::string text;
    char some[256];
    for (ssize_t n; (n = ::read(fds.ours, some, sizeof some)) > 0;)
      text.append(some, static_cast<std::size_t>(n));
    return text;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(child_process_test)

BOOST_AUTO_TEST_CASE(how_a_child_ended_is_said_in_words) {
  BOOST_TEST(start("/bin/true").wait(deadline()).value_or("") == "exit code 0");
  BOOST_TEST(shell("exit 3").wait(deadline()).value_or("") == "exit code 3");
  auto killed = shell("kill -TERM $$");
  BOOST_TEST(killed.wait(deadline()).value_or("") == "killed by signal 15 (Terminated)");
  BOOST_TEST(killed.ended().value_or("") == "killed by signal 15 (Terminated)"); // and stays said
}

BOOST_AUTO_TEST_CASE(a_child_gets_its_arguments_as_they_are) {
  open_pair p;
  auto c = start("/bin/sh",
                 {"-c", "printf '%s|' \"$@\" >&" + std::to_string(p.fds.theirs), "name",
                  "two words", "", "$HOME", "*"},
                 {p.fds.theirs});
  BOOST_TEST(p.read_to_end() == "two words||$HOME|*|");
  BOOST_TEST(c.wait(deadline()).value_or("") == "exit code 0");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_an_error_that_names_it) {
  const auto none = child_process::start("/no/such/program", {}, {});
  BOOST_REQUIRE(!none.ok());
  BOOST_CHECK(none.error().code == errc::io);
  BOOST_TEST(none.error().message.find("/no/such/program") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(waiting_ends_at_the_deadline_and_killing_ends_the_child) {
  open_pair p; // the child waits for a word that never comes
  auto c = shell("read x <&" + std::to_string(p.fds.theirs), {p.fds.theirs});
  BOOST_CHECK(!c.ended());
  BOOST_CHECK(!c.wait(clock::machine_now()));
  BOOST_CHECK(!c.wait(clock::machine_now() + std::chrono::milliseconds{5}));
  c.kill();
  BOOST_TEST(c.wait(deadline()).value_or("") == "killed by signal 9 (Killed)");
  c.kill(); // nobody else's process dies of it
}

BOOST_AUTO_TEST_CASE(a_child_that_is_let_go_of_is_killed_and_reaped) {
  open_pair p;
  pid_t pid = -1;
  {
    auto c = shell("read x <&" + std::to_string(p.fds.theirs), {p.fds.theirs});
    pid = c.pid();
    BOOST_TEST(::kill(pid, 0) == 0);
  }
  BOOST_TEST(::waitpid(pid, nullptr, WNOHANG) == -1);
  BOOST_TEST(errno == ECHILD); // no zombie is left
}

BOOST_AUTO_TEST_CASE(a_child_can_be_moved) {
  open_pair p;
  auto first = shell("read x <&" + std::to_string(p.fds.theirs), {p.fds.theirs});
  const auto pid = first.pid();
  auto second = std::move(first);
  BOOST_TEST(second.pid() == pid);
  BOOST_CHECK(!second.ended());
  auto third = start("/bin/true");
  third = std::move(second);
  BOOST_TEST(third.pid() == pid);
  third.kill();
  BOOST_TEST(third.wait(deadline()).value_or("") == "killed by signal 9 (Killed)");
}

BOOST_AUTO_TEST_CASE(inherited_descriptors_keep_their_numbers_and_all_others_are_closed) {
  open_pair given, kept;
  const auto n = [](int fd) { return std::to_string(fd); };
  auto c =
      shell("[ -e /proc/self/fd/" + n(given.fds.theirs) + " ] && echo given >&" +
                n(given.fds.theirs) + "; for fd in " + n(given.fds.ours) + " " + n(kept.fds.ours) +
                " " + n(kept.fds.theirs) + "; do [ -e /proc/self/fd/$fd ] && echo leaked $fd >&" +
                n(given.fds.theirs) + "; done; true",
            {given.fds.theirs});
  BOOST_TEST(given.read_to_end() == "given\n");
  BOOST_TEST(c.wait(deadline()).value_or("") == "exit code 0");
}

BOOST_AUTO_TEST_CASE(a_child_may_live_in_another_network_than_its_parent) {
  const auto other = network_namespace::make();
  if (!other)
    return skip_test(other.error().message);
  open_pair p;
  const auto fd = std::to_string(p.fds.theirs);
  auto c = child_process::start("/bin/sh", {"-c", "readlink /proc/self/ns/net >&" + fd},
                                {p.fds.theirs}, {.network = &*other});
  BOOST_REQUIRE(c.ok());
  const auto theirs = p.read_to_end();
  BOOST_TEST(c->wait(deadline()).value_or("") == "exit code 0");
  const auto file = "/proc/self/fd/" + std::to_string(other->descriptor());
  BOOST_TEST(theirs == std::filesystem::read_symlink(file).string() + "\n");
  const auto ours = std::filesystem::read_symlink("/proc/thread-self/ns/net").string();
  BOOST_TEST(theirs != ours + "\n"); // and the parent came back
}

BOOST_AUTO_TEST_CASE(a_socket_pair_is_connected_and_closed_on_exec) {
  open_pair p;
  BOOST_TEST(::send(p.fds.ours, "x", 1, 0) == 1);
  char c = 0;
  BOOST_TEST(::recv(p.fds.theirs, &c, 1, 0) == 1);
  BOOST_TEST(c == 'x');
  for (const int fd : {p.fds.ours, p.fds.theirs})
    BOOST_TEST((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
