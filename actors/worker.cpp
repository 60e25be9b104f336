// SPDX-License-Identifier: MIT
#include "actors/worker.hpp"

#include "actors/attach.hpp"
#include "actors/confinement.hpp"
#include "actors/models/builtin.hpp"
#include "actors/node.hpp"
#include "actors/sensors/builtin.hpp"
#include "actors/sinks/builtin.hpp"
#include "actors/system_config.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/plugin/known_types.hpp"
#include "transports/shm/shm_channel.hpp"
#include "transports/tcp/tcp_channel.hpp"
#include "transports/udp/udp_channel.hpp"
#include "transports/zmq/zmq_channel.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <malloc.h>
#include <memory>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>

namespace peernet {

namespace {

constexpr std::string_view worker_word = "--as-node-of";
constexpr std::string_view far_away = "remote"; ///< instead of a number

/// How long the actor system may take to come down; past it the process ends all the same.
constexpr duration shutdown_patience = std::chrono::seconds{3};

/// How long the coordinator may take to attach: others may be slow to start.
constexpr duration coordinator_patience = std::chrono::seconds{60};

/// How long the direct connections to other nodes may take to stand.
constexpr duration peer_patience = std::chrono::seconds{10};

int number(std::string_view text) {
  int n = -1;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

/// "3:7:offer" → peer 3 over descriptor 7, we offer.
peer_socket read_peer(std::string_view text) {
  const auto first = text.find(':');
  const auto second = text.find(':', first + 1);
  return {.peer = static_cast<node_id>(number(text.substr(0, first))),
          .fd = number(text.substr(first + 1, second - first - 1)),
          .offers = text.substr(second + 1) == "offer"};
}

/// Connects our root with the roots of the other nodes. False: one did not come in time.
bool meet_peers(caf::actor_system& system, const caf::strong_actor_ptr& root, node_id self,
                const std::vector<peer_socket>& peers, const peer_table& known) {
  const auto deadline = clock::machine_now() + peer_patience;
  for (const auto& p : peers)
    if (!p.offers)
      announce(p.fd);
  for (const auto& p : peers)
    if (p.offers && !attach_as(system, p.fd, root, local_handshake, peer_patience))
      return false;
  for (const auto& p : peers) {
    if (p.offers)
      continue;
    const auto peer = attach_to(system, p.fd, peer_patience);
    if (!peer)
      return false;
    caf::anon_send(caf::actor_cast<caf::actor>(root), peer_atom::value, p.peer, *peer);
    caf::anon_send(caf::actor_cast<caf::actor>(*peer), peer_atom::value, self, root);
  }
  const auto met = [&](const peer_socket& p) { return static_cast<bool>(known.find(p.peer)); };
  while (!std::ranges::all_of(peers, met) && clock::machine_now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return std::ranges::all_of(peers, met);
}

/// Freed memory stays with the process. Given back to the kernel, as large blocks are by default,
/// every received megabyte would fault its 256 pages in again on the measured path.
void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20); // the most that is allowed
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

} // namespace

void register_builtins(registry& types) {
  register_builtin_sensors(types);
  register_builtin_models(types);
  register_builtin_sinks(types);
  register_zmq_channels(types);
  register_udp_channel(types);
  register_tcp_channel(types);
  register_shm_channel(types);
}

std::vector<std::string> worker_arguments(int control_fd, std::optional<node_id> self,
                                          const std::vector<peer_socket>& peers) {
  std::vector<std::string> arguments{std::string(worker_word), std::to_string(::getpid()),
                                     std::to_string(control_fd),
                                     self ? std::to_string(*self) : std::string(far_away)};
  for (const auto& p : peers)
    arguments.push_back(std::to_string(p.peer) + ":" + std::to_string(p.fd) + ":" +
                        (p.offers ? "offer" : "take"));
  return arguments;
}

bool is_worker(int argc, char** argv) {
  return argc >= 5 && argv[1] == worker_word;
}

int worker_main(int argc, char** argv) {
  if (!is_worker(argc, argv))
    return 2;
  const auto parent = number(argv[2]);
  const auto control_fd = number(argv[3]);
  const auto is_far = argv[4] == far_away;
  const auto self_number = is_far ? node_id{0} : static_cast<node_id>(number(argv[4]));
  std::vector<peer_socket> sockets;
  for (int i = 5; i < argc; ++i)
    sockets.push_back(read_peer(argv[i]));
  // Whatever becomes of the coordinator, this process does not stay behind. The parent may have
  // died before the kernel knew of our wish, hence the second look.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    return 5;
  // Wishes to stop reach the whole group; the coordinator decides what they mean.
  for (const int wish : {SIGINT, SIGTERM, SIGHUP})
    ::signal(wish, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  keep_freed_memory();
  // While there is one thread.
  if (is_far)
    if (auto done = confine_writes(std::filesystem::current_path()); !done)
      std::fprintf(stderr, "warning: %s: models of this run can write wherever this user may\n",
                   done.error().message.c_str());

  if (const auto& wrong = mistakes_of_known_types(); !wrong.empty()) {
    std::fputs(to_string(wrong).c_str(), stderr);
    return 1;
  }
  system_config config;
  std::shared_ptr<const void> kept; // in use by a thread that did not come back from a plugin
  caf::actor_system system(config);
  peer_table peers;
  peer_doors doors(system);
  registry types;
  register_builtins(types);
  auto channel = std::make_unique<caf_channel>(system, peers);
  auto* const channels = channel.get();
  types.add_channel("caf", std::move(channel));
  if (auto ok = types.status(); !ok) {
    std::fprintf(stderr, "peernet: %s\n", ok.error().message.c_str());
    return 1;
  }
  {
    caf::scoped_actor self(system);
    actors::node_config node{.types = &types,
                             .known = &known_types(),
                             .peers = &peers,
                             .channels = channels,
                             .doors = &doors,
                             .confined_to = is_far ? std::filesystem::current_path().string() : "",
                             .kept = &kept};
    const auto root = self->spawn<caf::detached + caf::monitored>(actors::node, node);
    const auto root_ptr = caf::actor_cast<caf::strong_actor_ptr>(root);
    if (!meet_peers(system, root_ptr, self_number, sockets, peers))
      ::_exit(5); // the coordinator sees it and says so
    // Who started us, and does not attach, is no coordinator any more.
    if (!attach_as(system, control_fd, root_ptr, is_far ? network_handshake : local_handshake,
                   coordinator_patience))
      ::_exit(5);
    self->receive([](const caf::down_msg&) {});
  }
  if (kept)
    ::_exit(0); // a thread still uses what an orderly end would take away, perhaps for ever
  doors.close();
  peers.clear();
  // Actors that still hold each other must not keep the process.
  const auto deadline = clock::machine_now() + shutdown_patience;
  while (system.registry().running() > 0 && clock::machine_now() < deadline)
    ::usleep(1000);
  if (system.registry().running() > 0)
    ::_exit(0);
  return 0;
}

} // namespace peernet
