// SPDX-License-Identifier: MIT
// peernet-run: the command line of one run. Everything it does is in actors/run_scenario.hpp.
#include "actors/doctor.hpp"
#include "actors/link_forecast.hpp"
#include "actors/run_scenario.hpp"
#include "actors/worker.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/plugin/known_types.hpp"
#include "tools/peernet-run/progress_line.hpp"
#include "tools/peernet-run/remote_options.hpp"
#include "transports/udp/udp_socket.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace {

std::atomic<int> interrupts{0};

void on_interrupt(int) {
  interrupts.fetch_add(1);
}

/// Standard input, output and error are open, if only to nothing: else the next socket would get
/// one of their numbers, and what is printed would go there.
void open_standard_descriptors() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR))
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
}

/// Every lane of every copy has descriptors of its own; the usual limit is far below what is
/// allowed. Nodes inherit it.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void listen_to_interrupts() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) { // SIGHUP: only the terminal is gone
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN && number != SIGTERM)
      continue; // nohup, or a job in the background: whoever started us does not want it heard
    action = {};
    action.sa_handler = on_interrupt;
    ::sigaction(number, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
}

int code(peernet::exit_code c) {
  return static_cast<int>(c);
}

/// With --json standard output carries the summary alone: what sinks print goes to standard error,
/// in the nodes too, which inherit it. Returns where the summary goes.
int take_standard_output() {
  const int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return kept;
}

bool copy_file_to(int fd, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t done = 0; done < text.size();) {
    const auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0)
      return false;
    done += static_cast<std::size_t>(n);
  }
  return !in.bad();
}

/// What was printed has really gone out; a full disk is told of here at the latest.
bool flush_standard_output() {
  if (std::cout.flush())
    return true;
  std::cerr << "peernet-run: cannot write to standard output: " << std::strerror(errno) << "\n";
  return false;
}

/// Puts the program's name before each line.
void complain(const std::string& lines) {
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);)
    std::cerr << "peernet-run: " << line << "\n";
}

/// Reads the file and prints every mistake; nothing is started before it is flawless.
int check_or_run(const std::string& file, const std::vector<std::string>& overrides,
                 const std::string& hosts, const peernet::remote_options& remote,
                 peernet::run_options options, bool json, bool doctor) {
  if (const auto& wrong = peernet::mistakes_of_known_types(); !wrong.empty()) {
    std::cerr << peernet::to_string(wrong);
    return code(peernet::exit_code::bad_scenario);
  }
  const auto what =
      peernet::read_scenario_file(file, overrides, peernet::known_types(),
                                  {.hosts = hosts, .look_for_files = !remote.joins() && !doctor});
  if (!what) {
    std::cerr << peernet::to_string(what.errors);
    return code(peernet::exit_code::bad_scenario);
  }
  if (remote.joins()) {
    std::string problem;
    const auto ended = peernet::join_run(what, remote, options.access, options.program,
                                         *options.interrupts, problem);
    complain(problem);
    return code(ended);
  }
  const int summary_fd = json ? take_standard_output() : STDOUT_FILENO;
  peernet::progress_line progress(::isatty(STDERR_FILENO) != 0);
  options.on_progress = [&](const peernet::run_progress& p) { progress.show(p); };
  options.on_message = [&](const std::string& line) { progress.say("peernet-run: " + line); };
  if (doctor) {
    const auto found = peernet::examine(what, options);
    progress.clear();
    if (found.code != peernet::exit_code::interrupted)
      std::cout << peernet::print(found);
    return code(flush_standard_output() ? found.code : peernet::exit_code::internal_error);
  }
  const auto done = peernet::run_scenario(what, options);
  progress.clear();
  complain(done.problem);
  if (options.purpose == peernet::run_purpose::check && done.code == peernet::exit_code::passed) {
    const auto plan = peernet::make_plan(what.scenario);
    std::cout << peernet::describe(*plan, what.scenario, peernet::known_types())
              << peernet::forecast_udp(what.scenario, *plan, peernet::granted_receive_memory);
  }
  if (json) {
    if (done.summary && !copy_file_to(summary_fd, done.folder + "/summary.json")) {
      std::cerr << "peernet-run: cannot write the summary to standard output\n";
      return code(peernet::exit_code::internal_error);
    }
    return code(done.code);
  }
  if (done.summary)
    std::cout << peernet::print_summary(*done.summary);
  if (!done.folder.empty())
    std::cout << "\nResults: " << done.folder << "\n";
  const auto worse = done.code == peernet::exit_code::bad_scenario;
  return code(flush_standard_output() || worse ? done.code : peernet::exit_code::internal_error);
}

} // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  if (peernet::is_worker(argc, argv))
    return peernet::worker_main(argc, argv);

  CLI::App app("Runs a PeerNet scenario over its nodes and reports where every millisecond went.",
               "peernet-run");
  std::string file;
  std::string hosts;
  std::vector<std::string> overrides;
  peernet::run_options options;
  peernet::remote_options remote;
  bool json = false, check = false, doctor = false;
  app.add_option("scenario", file, "the scenario, a TOML file");
  app.add_option("--set", overrides, "override a key: --set links.uplink.transport=zmq-ipc")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--output", options.output, "results land in a new folder below this one")
      ->capture_default_str();
  app.add_flag("--check", check,
               "validate, load every plugin and model, print the resolved graph; run nothing");
  app.add_flag("--doctor", doctor,
               "examine machines, ports, clocks and settings that a run would need; run nothing");
  app.add_flag("--json", json, "print summary.json instead of the summary");
  app.add_option("--hosts", hosts, "a TOML file that says which machine plays which node");
  app.add_option("--listen", remote.listen, "where nodes with start = \"join\" come: ADDR:PORT");
  app.add_option("--join-timeout", remote.join_timeout, "how long to wait for them")
      ->capture_default_str();
  app.add_option("--node", remote.node, "play this node for a coordinator elsewhere");
  app.add_option("--coordinator", remote.coordinator, "where it listens: ADDR:PORT");
  app.add_option("--ports", remote.ports,
                 "where data from other machines may come in: 7500-7599; default: any free port");
  app.add_option("--identity", remote.identity_folder,
                 "where key and trust lie; default ~/.config/peernet");
  app.add_flag("--insecure", remote.insecure,
               "no encryption, no certificates; the other machines must say so, too");
  app.set_version_flag("--version", PEERNET_VERSION);
  try {
    app.parse(argc, argv); // names an unknown option before a missing scenario
    if (file.empty())
      throw CLI::RequiredError("scenario");
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : code(peernet::exit_code::bad_scenario);
  }
  listen_to_interrupts();
  raise_descriptor_limit();
  options.program = std::filesystem::read_symlink("/proc/self/exe").string();
  options.interrupts = &interrupts;
  options.purpose = check ? peernet::run_purpose::check : peernet::run_purpose::measure;
  try {
    auto access = peernet::resolve(remote);
    if (!access) {
      complain(access.error().message);
      return code(peernet::exit_code::bad_scenario);
    }
    if (remote.insecure)
      complain("warning: --insecure: nothing that leaves this machine is encrypted");
    options.access = std::move(*access);
    return check_or_run(file, overrides, hosts, remote, std::move(options), json, doctor);
  } catch (const std::exception& e) {
    std::cerr << "peernet-run: " << e.what() << "\n";
    return code(peernet::exit_code::internal_error);
  }
}
