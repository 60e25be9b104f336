// SPDX-License-Identifier: MIT
#include "tests/support/marked_process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

const std::string programs = PEERNET_BINARY_DIR "/bin/";
constexpr const char* mark_key = "PEERNET_TEST_RUN";
constexpr uid_t nobody = 65534;
constexpr int cannot_start = 126;

/// The parts of a text in which each ends with a zero, as /proc writes them.
std::vector<std::string> zero_ended(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    parts.emplace_back(text.c_str() + at);
    at += parts.back().size() + 1;
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// In the new process: becomes the program. Never returns.
[[noreturn]] void become(const marked_process::settings& s) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that is killed leaves nothing behind
  ::setenv(mark_key, s.mark.c_str(), 1);
  for (const auto& [name, value] : s.variables)
    ::setenv(name.c_str(), value.c_str(), 1);
  const int nothing = ::open("/dev/null", O_RDONLY);
  const auto file = [&](const char* name) {
    return ::open((s.output + name).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  };
  const int out = file("stdout"), err = file("stderr");
  if (::dup2(nothing, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0)
    ::_exit(cannot_start);
  for (const int fd : {nothing, out, err})
    ::close(fd);
  if (::chdir(s.folder.c_str()) != 0 || (s.network && !s.network->enter()))
    ::_exit(cannot_start);
  if (s.who == marked_process::user::nobody &&
      (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0))
    ::_exit(cannot_start);
  auto words = s.arguments;
  words.insert(words.begin(), programs + s.program);
  std::vector<char*> argv;
  for (auto& w : words)
    argv.push_back(w.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(cannot_start);
}

} // namespace

std::string read_whole(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool run_member::plays_node() const {
  return arguments.size() >= 5 && arguments[1] == "--as-node-of";
}

std::optional<unsigned> run_member::node() const {
  if (!plays_node() || !is_number(arguments[4]))
    return std::nullopt;
  return static_cast<unsigned>(std::stoul(arguments[4]));
}

std::vector<run_member> processes_marked(const std::string& mark) {
  std::vector<run_member> all;
  std::error_code gone; // processes come and go while we look
  const auto wanted = std::string(mark_key) + "=" + mark;
  for (const auto& entry : fs::directory_iterator("/proc", gone)) {
    if (!is_number(entry.path().filename()))
      continue;
    const auto surroundings = zero_ended(read_whole(entry.path() / "environ"));
    if (std::find(surroundings.begin(), surroundings.end(), wanted) != surroundings.end())
      all.push_back(
          {std::stoi(entry.path().filename()), zero_ended(read_whole(entry.path() / "cmdline"))});
  }
  return all;
}

marked_process::marked_process(settings s) : settings_(std::move(s)) {
  pid_ = ::fork();
  BOOST_REQUIRE_MESSAGE(pid_ >= 0, "cannot fork: " << std::strerror(errno));
  if (pid_ == 0)
    become(settings_);
  ::setpgid(pid_, pid_); // both sides: whoever is first
}

marked_process::~marked_process() {
  kill_all();
  if (!status_)
    ::waitpid(pid_, nullptr, 0);
}

void marked_process::kill_all() noexcept {
  if (!status_)
    ::kill(pid_, SIGKILL);
  for (const auto& m : marked())
    ::kill(m.pid, SIGKILL);
}

bool marked_process::ended() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
    status_ = status;
  return status_.has_value();
}

std::optional<int> marked_process::code() {
  if (!ended())
    return {};
  return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -WTERMSIG(*status_);
}

std::string marked_process::out() const {
  return read_whole(settings_.output + "stdout");
}
std::string marked_process::err() const {
  return read_whole(settings_.output + "stderr");
}

} // namespace peernet
