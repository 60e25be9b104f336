// SPDX-License-Identifier: MIT
#include "actors/attach.hpp"

#include "actors/caf_error.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/scribe.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <set>

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

} // namespace

void attach_as(caf::actor_system& system, int fd, const caf::strong_actor_ptr& root) {
  caf::anon_send(basp_of(system), caf::publish_atom::value, scribe_for(system, fd), no_port, root,
                 std::set<std::string>{});
}

result<caf::strong_actor_ptr> attach_to(caf::actor_system& system, int fd, duration patience) {
  caf::scoped_actor self{system};
  result<caf::strong_actor_ptr> answer{error{errc::timeout, "no answer"}};
  self->request(basp_of(system), patience, caf::connect_atom::value, scribe_for(system, fd),
                no_port)
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
