// SPDX-License-Identifier: MIT
// peernet-node: the command line of the daemon, and of who this machine is and whom it trusts.
// Everything it does is in actors/node_daemon.hpp and actors/remote/.
#include "actors/node_daemon.hpp"
#include "actors/remote/invitation.hpp"
#include "actors/remote/machine.hpp"
#include "actors/remote/pairing.hpp"
#include "actors/worker.hpp"
#include "runtime/config/declared_types.hpp"
#include "runtime/config/node_host.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/units.hpp"
#include "runtime/plugin/loader.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <malloc.h>
#include <mutex>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace peernet;

constexpr int internal_error = 1, bad_usage = 2, refused = 5;

struct wishes {
  bool init = false, show = false, invite = false, insecure = false;
  std::string name, listen, identity_folder, cache, plugins, ports, accept_files = "4GB";
  std::string invited_for = "10min";
  std::vector<std::string> pair, trusted;
};

int complain(const error& e, int code) {
  std::cerr << "peernet-node: " << e.message << "\n";
  return code;
}

int code_of(const error& e) {
  switch (e.code) {
  case errc::refused:
  case errc::absent:
  case errc::untrusted:
  case errc::unencrypted:
  case errc::timeout:
  case errc::closed:
    return refused;
  case errc::internal:
  case errc::io:
    return internal_error;
  default:
    return bad_usage;
  }
}

std::string host_name() {
  return look_at_machine().host;
}

void show_identity(const identity& self) {
  std::cout << self.name() << "  " << to_string(self.print()) << "\n";
}

/// A new identity; one that is there stays.
result<void> init(const wishes& w, const std::filesystem::path& folder) {
  auto made = identity::make(w.name.empty() ? host_name() : w.name);
  if (!made)
    return std::move(made).error();
  if (auto stored = made->store(folder); !stored)
    return stored;
  std::cout << "made the identity of this machine in " << folder.string() << "\n";
  show_identity(*made);
  return {};
}

result<void> show(const identity& self, const std::filesystem::path& folder) {
  show_identity(self);
  auto all = trust(folder).all();
  if (!all)
    return std::move(all).error();
  for (const auto& p : *all)
    std::cout << (p.role == peer_role::coordinator ? "trusts coordinator " : "trusts node        ")
              << to_string(p.print) << "  " << p.name << "\n";
  return {};
}

/// "coordinator SHA256:… laptop"
result<void> add_trust(const std::vector<std::string>& words, const std::filesystem::path& folder) {
  if (words[0] != "coordinator" && words[0] != "node")
    return error{errc::bad_scenario, "--trust: \"" + words[0] +
                                         "\" is no role; write coordinator (it may run scenarios "
                                         "here) or node (we may run scenarios there)"};
  auto print = parse_fingerprint(words[1]);
  if (!print)
    return error{print.error().code, "--trust: " + print.error().message};
  return trust(folder).add({.role = words[0] == "node" ? peer_role::node : peer_role::coordinator,
                            .print = *print,
                            .name = words[2]});
}

result<void> invite(const wishes& w, const std::filesystem::path& folder) {
  const auto valid = parse_duration(w.invited_for);
  if (!valid || *valid <= duration{0})
    return error{errc::bad_scenario, "--invite-for: write a time such as \"10min\""};
  auto token = make_invitation(folder, *valid);
  if (!token)
    return std::move(token).error();
  std::cout << "one coordinator may pair with this machine within " << w.invited_for
            << "; run there:\n  peernet-node --pair ADDRESS:PORT " << *token << "\n"
            << std::flush;
  return {};
}

result<void> pair(const wishes& w, const identity& self, const std::filesystem::path& folder) {
  const auto at = parse_node_host(w.pair[0]);
  if (!at)
    return error{at.error().code, "--pair: " + at.error().message};
  auto peer = pair_with(at->name, at->port, w.pair[1], self, folder, std::chrono::seconds{10});
  if (!peer)
    return std::move(peer).error();
  std::cout << "paired with node \"" << peer->name << "\" at " << to_string(*at) << "\n"
            << to_string(peer->print) << "\n";
  return {};
}

/// One line, whole, whichever thread it comes from.
void log(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cerr << utc_compact(wall_clock_ns()) << " " << line << std::endl;
}

/// Tells of strangers at the door: of the first at once, of more once a minute and at the end.
class door_watch {
public:
  explicit door_watch(const node_daemon& daemon) : daemon_(daemon) {}
  ~door_watch() { tell(); }

  void look() {
    if (!told_at_ || clock::machine_now() - *told_at_ >= std::chrono::minutes{1})
      tell();
  }

private:
  void tell() {
    const auto& c = daemon_.counters();
    const std::uint64_t unknown = c.rejected, silent = c.too_slow + c.crowded_out;
    if (unknown + silent <= told_)
      return;
    log("turned away strangers: " + std::to_string(unknown + silent - told_) +
        " (since the start " + std::to_string(unknown) +
        " without a certificate that is known here, " + std::to_string(silent) + " silent)");
    told_ = unknown + silent;
    told_at_ = clock::machine_now();
  }

  const node_daemon& daemon_;
  std::uint64_t told_ = 0;
  std::optional<stamp> told_at_;
};

result<node_daemon::settings> daemon_settings(const wishes& w, std::optional<identity> self,
                                              const std::filesystem::path& folder) {
  const auto at = parse_listen_address(w.listen);
  if (!at)
    return error{errc::bad_scenario, "--listen: " + at.error().message};
  const auto most = parse_size(w.accept_files);
  if (!most)
    return error{errc::bad_scenario, "--accept-files: " + most.error().message};
  const auto ports = w.ports.empty() ? result{port_range{}} : parse_port_range(w.ports);
  if (!ports)
    return error{errc::bad_scenario, "--ports: " + ports.error().message};
  if (!w.plugins.empty() && !std::filesystem::is_directory(w.plugins))
    return error{errc::not_found, "--allow-plugins: " + w.plugins + " is no folder"};
  if (w.plugins.find(':') != std::string::npos)
    return error{errc::bad_scenario, "--allow-plugins: " + w.plugins +
                                         ": a folder's name must have no colon, which separates "
                                         "folders elsewhere; rename it or give a link to it"};
  catalogue types = catalogue::builtin(); // what its workers will know
  if (const auto wrong = declare_types(plugin_folders(w.plugins), types); !wrong.empty())
    return error{errc::bad_scenario, "--allow-plugins: " + to_string(wrong)};
  const auto cache =
      w.cache.empty() ? default_cache_folder() : result{std::filesystem::absolute(w.cache)};
  if (!cache)
    return cache.error();
  const auto name = self ? self->name() : host_name();
  return node_daemon::settings{
      .address = at->name,
      .port = at->port,
      .self = std::move(self),
      .folder = folder,
      .service = {.name = name,
                  .program = std::filesystem::read_symlink("/proc/self/exe").string(),
                  .plugins = w.plugins.empty()
                                 ? ""
                                 : std::filesystem::absolute(w.plugins).lexically_normal().string(),
                  .ports = *ports,
                  .cache = *cache,
                  .most_shipped = *most,
                  .log = log}};
}

/// Until somebody wants it to end.
int serve(const wishes& w, std::optional<identity> self, const std::filesystem::path& folder) {
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&ends, number);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr); // before there are other threads
  ::signal(SIGPIPE, SIG_IGN);
  // What visitors cost goes back to the system when they leave, however much it was once.
  ::mallopt(M_TRIM_THRESHOLD, 128 << 10);
  auto settings = daemon_settings(w, std::move(self), folder);
  if (!settings)
    return complain(settings.error(), code_of(settings.error()));
  auto daemon = node_daemon::open(std::move(*settings));
  if (!daemon)
    return complain(daemon.error(), code_of(daemon.error()));
  const auto& at = (*daemon)->at();
  if (w.insecure)
    log("warning: --insecure: no encryption, and whoever reaches " + at.address +
        " may run scenarios here");
  log("listening at " + bracketed(at.address) + ":" + std::to_string(at.port));
  {
    door_watch watch(**daemon);
    for (timespec second{1, 0}; ::sigtimedwait(&ends, nullptr, &second) < 0;)
      watch.look();
  }
  log("ending");
  return 0;
}

int obey(const wishes& w) {
  const auto folder = w.identity_folder.empty()
                          ? default_identity_folder()
                          : result{std::filesystem::absolute(w.identity_folder)};
  if (!folder)
    return complain(folder.error(), bad_usage);
  if (w.init)
    if (auto done = init(w, *folder); !done)
      return complain(done.error(), code_of(done.error()));
  std::optional<identity> self;
  if (!w.insecure) {
    auto loaded = identity::load(*folder);
    if (!loaded)
      return complain(loaded.error(), bad_usage);
    self = std::move(*loaded);
  }
  const auto step = [&](bool wanted, auto&& does) -> std::optional<int> {
    if (!wanted)
      return {};
    if (auto done = does(); !done)
      return complain(done.error(), code_of(done.error()));
    return {};
  };
  if (w.insecure && (w.show || w.invite || !w.pair.empty()))
    return complain({errc::bad_scenario, "--insecure goes with --listen alone"}, bad_usage);
  for (const auto& failed :
       {step(!w.trusted.empty(), [&] { return add_trust(w.trusted, *folder); }),
        step(!w.pair.empty(), [&] { return pair(w, *self, *folder); }),
        step(w.invite, [&] { return invite(w, *folder); }),
        step(w.show, [&] { return show(*self, *folder); })})
    if (failed)
      return *failed;
  return w.listen.empty() ? 0 : serve(w, std::move(self), *folder);
}

} // namespace

int main(int argc, char** argv) {
  if (is_worker(argc, argv))
    return worker_main(argc, argv);
  CLI::App app("Lets coordinators that this machine trusts run a PeerNet node here.",
               "peernet-node");
  wishes w;
  app.add_flag("--init", w.init, "make this machine's key and certificate, once");
  app.add_option("--name", w.name, "how others shall call this machine (with --init)");
  app.add_option("--listen", w.listen, "serve at ADDRESS[:PORT]; port 7447 if none is given");
  app.add_flag("--invite", w.invite, "let one coordinator pair with this machine; prints a token");
  app.add_option("--invite-for", w.invited_for, "how long the token is good")
      ->capture_default_str();
  app.add_option("--pair", w.pair, "pair with the machine at ADDRESS:PORT that gave out TOKEN")
      ->expected(2)
      ->type_name("ADDRESS:PORT TOKEN");
  app.add_option("--trust", w.trusted, "trust a fingerprint without a token")
      ->expected(3)
      ->type_name("coordinator|node FINGERPRINT NAME");
  app.add_flag("--show", w.show, "print this machine's fingerprint and whom it trusts");
  app.add_option("--allow-plugins", w.plugins,
                 "a folder of plugins that runs may use beside PeerNet's own");
  app.add_option("--ports", w.ports, "where data may come in: 7500-7599; default: any free port");
  app.add_option("--accept-files", w.accept_files, "at most so many bytes of files for a run")
      ->capture_default_str();
  app.add_option("--cache", w.cache, "where shipped files are kept; default ~/.cache/peernet");
  app.add_option("--identity", w.identity_folder,
                 "where key and trust lie; default ~/.config/peernet");
  app.add_flag("--insecure", w.insecure,
               "no encryption, no certificates; peernet-run must say so, too");
  app.set_version_flag("--version", peernet_version());
  try {
    app.parse(argc, argv);
    if (!w.init && !w.show && !w.invite && w.listen.empty() && w.pair.empty() && w.trusted.empty())
      throw CLI::RequiredError("--listen");
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : bad_usage;
  }
  try {
    return obey(w);
  } catch (const std::exception& e) {
    return complain({errc::internal, e.what()}, internal_error);
  }
}
