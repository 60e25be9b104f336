// SPDX-License-Identifier: MIT
#include "actors/worker.hpp"

#include "actors/attach.hpp"
#include "actors/models/builtin.hpp"
#include "actors/node.hpp"
#include "actors/sensors/builtin.hpp"
#include "actors/sinks/builtin.hpp"
#include "actors/system_config.hpp"
#include "runtime/core/thread.hpp"
#include "transports/zmq_channel.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include <sys/prctl.h>
#include <unistd.h>

namespace peernet {

namespace {

constexpr std::string_view worker_word = "--as-node-of";

/// How long the actor system may take to come down; past it the process ends all the same.
constexpr duration shutdown_patience = std::chrono::seconds{3};

int number(const char* text) {
  int n = -1;
  const std::string_view view(text);
  std::from_chars(view.data(), view.data() + view.size(), n);
  return n;
}

} // namespace

void register_builtins(registry& types) {
  register_builtin_sensors(types);
  register_builtin_models(types);
  register_builtin_sinks(types);
  register_zmq_channels(types);
}

std::vector<std::string> worker_arguments(int control_fd) {
  return {std::string(worker_word), std::to_string(::getpid()), std::to_string(control_fd)};
}

bool is_worker(int argc, char** argv) { return argc == 4 && argv[1] == worker_word; }

int worker_main(int argc, char** argv) {
  if (!is_worker(argc, argv))
    return 2;
  const auto parent = number(argv[2]);
  const auto control_fd = number(argv[3]);
  // Whatever becomes of the coordinator, this process does not stay behind. The parent may have died before the
  // kernel knew of our wish, hence the second look.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    return 5;
  ::signal(SIGINT, SIG_IGN); // Ctrl-C reaches the whole group; the coordinator decides what it means
  ::signal(SIGPIPE, SIG_IGN);

  registry types;
  register_builtins(types);
  if (auto ok = types.status(); !ok) {
    std::fprintf(stderr, "peernet: %s\n", ok.error().message.c_str());
    return 1;
  }
  system_config config;
  caf::actor_system system(config);
  {
    caf::scoped_actor self(system);
    auto root = self->spawn<caf::detached + caf::monitored>(
        actors::node, actors::node_config{.types = &types, .known = &catalogue::builtin()});
    attach_as(system, control_fd, caf::actor_cast<caf::strong_actor_ptr>(root));
    self->receive([](const caf::down_msg&) {});
  }
  // Actors that still hold each other must not keep the process.
  const auto deadline = clock::machine_now() + shutdown_patience;
  while (system.registry().running() > 0 && clock::machine_now() < deadline)
    ::usleep(1000);
  if (system.registry().running() > 0)
    ::_exit(0);
  return 0;
}

} // namespace peernet
