// SPDX-License-Identifier: MIT
#include "actors/attach.hpp"

#include "actors/caf_error.hpp"
#include "actors/system_config.hpp"
#include "runtime/core/clock.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/scribe.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <poll.h>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace peernet {

namespace {

/// BASP wants a port's number for its books; nothing listens on it.
constexpr std::uint16_t no_port = 1;

/// CAF's connection object around our descriptor. Semi-internal CAF API, the same its own tests
/// use: pinned to 0.17.6.
caf::io::scribe_ptr scribe_for(caf::actor_system& system, int fd) {
  caf::io::network::nonblocking(fd, true);
  return system.middleman().backend().new_scribe(fd);
}

caf::actor basp_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

constexpr char announcement = 'a';

/// Waits until the other side has said something. errc::timeout, errc::closed.
result<void> await_bytes(int fd, stamp deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::machine_now());
    pollfd p{fd, POLLIN, 0};
    const auto n = ::poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    char next = 0;
    if (n > 0)
      return ::recv(fd, &next, 1, MSG_PEEK) == 1
                 ? result<void>{}
                 : result<void>{error{errc::closed, "it closed the connection"}};
    if (left.count() <= 0)
      return error{errc::timeout, "no answer"};
  }
}

/// Waits until the next beat is at least `needed` away. CAF counts from the system's beginning; a
/// beat comes some milliseconds late.
void await_quiet(const caf::actor_system& system, duration needed) {
  constexpr duration late{std::chrono::milliseconds{50}};
  const auto& config = dynamic_cast<const system_config&>(system.config());
  const auto interval = system_config::heartbeat;
  const auto phase = (clock::machine_now() - config.begun()) % interval;
  if (phase < late)
    std::this_thread::sleep_for(late - phase);
  else if (phase + needed > interval)
    std::this_thread::sleep_for(interval - phase + late);
}

} // namespace

void announce(int fd) noexcept {
  // A side that is gone is noticed by attach_to.
  [[maybe_unused]] const auto n = ::send(fd, &announcement, 1, MSG_NOSIGNAL);
}

result<void> attach_as(caf::actor_system& system, int fd, const caf::strong_actor_ptr& root,
                       duration handshake, duration patience) {
  char said = 0;
  auto ready = await_bytes(fd, clock::machine_now() + patience);
  if (ready && (::recv(fd, &said, 1, 0) != 1 || said != announcement))
    ready = error{errc::corrupt, "the other side does not announce itself"};
  if (!ready) {
    ::close(fd);
    return ready;
  }
  await_quiet(system, handshake);
  caf::anon_send(basp_of(system), caf::publish_atom::value, scribe_for(system, fd), no_port, root,
                 std::set<std::string>{});
  return {};
}

result<caf::strong_actor_ptr> attach_to(caf::actor_system& system, int fd, duration patience) {
  const auto deadline = clock::machine_now() + patience;
  if (auto ready = await_bytes(fd, deadline); !ready) {
    ::close(fd);
    return std::move(ready).error();
  }
  await_quiet(system, local_handshake); // the rest is between CAF and a socket
  caf::scoped_actor self{system};
  result<caf::strong_actor_ptr> answer{error{errc::timeout, "no answer"}};
  self->request(basp_of(system), std::max(deadline - clock::machine_now(), local_handshake),
                caf::connect_atom::value, scribe_for(system, fd), no_port)
      .receive(
          [&](const caf::node_id&, const caf::strong_actor_ptr& root,
              const std::set<std::string>&) {
            answer =
                root ? result{root}
                     : result<caf::strong_actor_ptr>{error{errc::refused, "it offered no actor"}};
          },
          [&](const caf::error& e) { answer = from_caf(e); });
  return answer;
}

} // namespace peernet
