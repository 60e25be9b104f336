// SPDX-License-Identifier: MIT
#include "tests/support/machines.hpp"

#include "tests/support/run_scenarios.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/why.hpp"

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

namespace {

constexpr const char* daemon_port = "7447";

void require(const result<void>& done) {
  BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
}

std::string interface_to(const std::string& network, const std::string& other) {
  return network + "-" + other;
}

std::size_t count_of(const std::string& what, const std::string& text) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

/// Runs a program that comes to its end; what it prints.
std::string done_by(const marked_process::settings& what) {
  marked_process p(what);
  await_that(what.program + " ends", [&] { return p.ended(); });
  BOOST_REQUIRE_MESSAGE(p.code() == 0, what.program << " failed: " << p.err());
  return p.out();
}

} // namespace

void await_that(std::string_view what, const std::function<bool()>& met,
                std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  for (; !met(); std::this_thread::sleep_for(between_looks))
    if (std::chrono::steady_clock::now() > deadline)
      BOOST_FAIL("waited " << at_most.count() << " ms in vain until " << what);
}

// -- one ------------------------------------------------------------------------------------------

machine::machine(std::string name, unsigned number, const std::vector<std::string>& networks,
                 const std::string& below, network_namespace inside)
    : name_(std::move(name)),
      number_(number),
      networks_(networks),
      folder_(below + "/" + name_),
      mark_(fs::path(below).filename().string() + "/" + name_),
      inside_(std::move(inside)) {
  fs::create_directory(folder_);
  require(run_ip(inside_, {"link", "set", "lo", "up"}));
}

std::string machine::address(const std::string& network) const {
  const auto at = std::ranges::find(networks_, network);
  BOOST_REQUIRE_MESSAGE(at != networks_.end(), "there is no network " << network);
  return "10.77." + std::to_string(at - networks_.begin()) + "." + std::to_string(number_);
}

std::string machine::host() const {
  return address(networks_.front()) + ":" + daemon_port;
}

marked_process::settings machine::command(const std::string& program,
                                          const std::vector<std::string>& arguments) const {
  static unsigned count = 0;
  return {.program = program,
          .arguments = arguments,
          .mark = mark_ + "/" + std::to_string(++count),
          .folder = folder_,
          .output = *this / program + "-" + std::to_string(count) + "-",
          .network = &inside_,
          .variables = {{"HOME", folder_},
                        {"XDG_CONFIG_HOME", folder_},
                        {"XDG_CACHE_HOME", *this / "cache"}}};
}

void machine::make_identity() {
  fs::remove_all(*this / "identity");
  const auto said = done_by(command(
      "peernet-node", {"--init", "--name", name_, "--identity", *this / "identity", "--show"}));
  const auto at = said.find("SHA256:");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, said);
  print_ = said.substr(at, said.find_first_of(" \n", at) - at);
}

void machine::trust(const machine& other, const std::string& role) {
  done_by(command("peernet-node",
                  {"--identity", *this / "identity", "--trust", role, other.print_, other.name_}));
}

void machine::start_daemon(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--listen",         host(),    "--identity",
                                     *this / "identity", "--cache", *this / "cache"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto how = command("peernet-node", arguments);
  how.mark = mark_;
  how.output = *this / "daemon-";
  const auto before = log().size();
  daemon_.emplace(how);
  await_that(name_ + " listens", [&] {
    const auto said = log();
    BOOST_REQUIRE_MESSAGE(!daemon_->ended(), "the daemon ended: " << said);
    return said.find("listening at " + host(), before) != std::string::npos;
  });
}

std::string machine::second_host() const {
  return address(networks_.front()) + ":7448";
}

std::unique_ptr<marked_process>
machine::start_second_daemon(const std::vector<std::string>& more) const {
  std::vector<std::string> arguments{"--listen",         second_host(), "--identity",
                                     *this / "identity", "--cache",     *this / "second-cache"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto how = command("peernet-node", arguments);
  how.mark = mark_;
  auto second = std::make_unique<marked_process>(how);
  await_that(name_ + " listens twice",
             [&] { return second->err().find("listening at") != std::string::npos; });
  return second;
}

std::string machine::log() const {
  return read_whole(*this / "daemon-stderr");
}

void machine::await_log(const std::string& text, std::size_t times) {
  await_that(name_ + " says \"" + text + "\"", [&] { return count_of(text, log()) >= times; });
}

std::vector<pid_t> machine::workers() const {
  std::vector<pid_t> found;
  for (const auto& m : processes_marked(mark_))
    if (m.plays_node())
      found.push_back(m.pid);
  return found;
}

pid_t machine::worker() {
  std::vector<pid_t> found;
  await_that(name_ + " plays a node", [&] { return !(found = workers()).empty(); });
  return found.front();
}

std::uint64_t machine::received_over(const std::string& network) const {
  std::uint64_t sum = 0;
  std::thread([&] { // what /proc shows of networks depends on where the thread is that looks
    if (!inside_.enter())
      return;
    std::istringstream lines(read_whole("/proc/thread-self/net/dev"));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name;
      std::uint64_t received = 0;
      if (words >> name >> received && name.starts_with(network + "-"))
        sum += received;
    }
  })
      .join();
  return sum;
}

// -- all ------------------------------------------------------------------------------------------

std::unique_ptr<machines> machines::make_strangers(const std::vector<std::string>& names,
                                                   const std::vector<std::string>& networks) {
  std::unique_ptr<machines> lab(new machines);
  for (const auto& name : names) {
    auto inside = network_namespace::make();
    if (!inside) {
      skip_test(inside.error().message);
      return nullptr;
    }
    lab->all_.push_back(std::make_unique<machine>(
        name, lab->all_.size() + 1, networks, lab->folder_.path().string(), std::move(*inside)));
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i + 1; j < names.size(); ++j)
      for (const auto& network : networks) {
        const auto& [one, other] = std::pair{std::cref(*lab->all_[i]), std::cref(*lab->all_[j])};
        const auto done = join_by_cable(
            {one.get().inside(), interface_to(network, names[j]), one.get().address(network)},
            {other.get().inside(), interface_to(network, names[i]), other.get().address(network)});
        if (!done && done.error().code == errc::not_found) {
          skip_test(done.error().message);
          return nullptr;
        }
        require(done);
      }
  for (auto& m : lab->all_)
    m->make_identity();
  return lab;
}

std::unique_ptr<machines> machines::make(const std::vector<std::string>& names,
                                         const std::vector<std::string>& networks) {
  auto lab = make_strangers(names, networks);
  if (!lab)
    return nullptr;
  lab->introduce();
  for (std::size_t i = 1; i < names.size(); ++i)
    lab->all_[i]->start_daemon();
  return lab;
}

void machines::introduce() {
  for (std::size_t i = 1; i < all_.size(); ++i) {
    all_[i]->trust(first(), "coordinator");
    first().trust(*all_[i], "node");
  }
}

machines::~machines() {
  namespace unit = boost::unit_test;
  const auto test = unit::framework::current_test_case().p_id;
  if (unit::results_collector.results(test).passed())
    return;
  for (const auto& m : all_)
    if (const auto said = m->log(); !said.empty())
      BOOST_TEST_MESSAGE("-- daemon of " << m->name() << ":\n" << said);
}

machine& machines::operator[](std::string_view name) {
  const auto found = std::ranges::find(all_, name, [](const auto& m) { return m->name(); });
  BOOST_REQUIRE_MESSAGE(found != all_.end(), "there is no machine " << name);
  return **found;
}

/// A hosts file.
std::string machines::hosts() const {
  std::string text;
  for (const auto& m : all_) {
    text += "[" + m->name() + "]\n";
    if (m->has_daemon())
      text += "host = \"" + m->host() + "\"\n";
    for (const auto& network : m->networks())
      text += "addresses." + network + " = \"" + m->address(network) + "\"\n";
  }
  return text;
}

run_process machines::run(std::string_view scenario, const std::vector<std::string>& overrides,
                          const std::vector<std::string>& more,
                          const std::function<void(const temp_folder&)>& prepare) {
  std::vector<std::string> arguments{"scenario.toml", "--hosts",    "hosts.toml",        "--output",
                                     "out",           "--identity", first() / "identity"};
  const auto append = [&](const std::vector<std::string>& words) {
    arguments.insert(arguments.end(), words.begin(), words.end());
  };
  append(set(overrides));
  append(more);
  return run_process(arguments, here(), [&](const temp_folder& folder) {
    std::ofstream(folder / "scenario.toml") << scenario;
    std::ofstream(folder / "hosts.toml") << hosts();
    if (prepare)
      prepare(folder);
  });
}

run_process machines::run_on_both_daemons(std::string_view scenario,
                                          const std::vector<std::string>& overrides) {
  const auto& cloud = (*this)["cloud"];
  return run(scenario, overrides, {}, [&](const temp_folder& folder) {
    std::ofstream(folder / "hosts.toml")
        << "[cloud]\nhost = \"" << cloud.host() << "\"\n[edge]\nhost = \"" << cloud.second_host()
        << "\"\n";
  });
}

run_process::surroundings machines::here() const {
  run_process::surroundings where{.network = &first().inside(),
                                  .variables = first().command("", {}).variables};
  for (const auto& m : all_)
    where.machines.push_back(m->mark());
  return where;
}

void machines::set_link(std::string_view one, std::string_view other, const std::string& network,
                        const std::string& state) {
  require(run_ip((*this)[one].inside(),
                 {"link", "set", interface_to(network, std::string(other)), state}));
}

void machines::cut(std::string_view one, std::string_view other, const std::string& network) {
  set_link(one, other, network, "down");
}

void machines::restore(std::string_view one, std::string_view other, const std::string& network) {
  set_link(one, other, network, "up");
}

void machines::await_free(std::chrono::milliseconds at_most) {
  for (const auto& m : all_)
    if (m->has_daemon())
      await_that(
          m->name() + " is free",
          [&] {
            auto said = m->log();
            said.erase(0, said.rfind("listening at ")); // what others before it said
            return m->workers().empty() &&
                   count_of(" begins; ", said) <= count_of(" is over: ", said);
          },
          at_most);
}

} // namespace peernet
