// SPDX-License-Identifier: MIT
#include "actors/attach.hpp"
#include "actors/child_process.hpp"
#include "actors/protocol.hpp"
#include "actors/system_config.hpp"
#include "runtime/core/clock.hpp"
#include "tests/support/deadline.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <optional>
#include <unistd.h>

using namespace peernet;

namespace {

/// A process' actor system, with a root that answers probes by adding one.
struct process {
  system_config config;
  caf::actor_system system{config};
  caf::actor root = system.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](probe_atom, std::int64_t n) { return n + 1; }};
  });
  ~process() { caf::anon_send_exit(root, caf::exit_reason::user_shutdown); }

  [[nodiscard]] caf::strong_actor_ptr root_ptr() const {
    return caf::actor_cast<caf::strong_actor_ptr>(root);
  }
  [[nodiscard]] std::int64_t ask(const caf::strong_actor_ptr& whom, std::int64_t n) {
    caf::scoped_actor self(system);
    std::int64_t answer = -1;
    self->request(caf::actor_cast<caf::actor>(whom), caf::duration{test_deadline},
                  probe_atom::value, n)
        .receive([&](std::int64_t a) { answer = a; }, [](const caf::error&) {});
    return answer;
  }
};

socket_pair connected_pair() {
  const auto pair = make_socket_pair();
  BOOST_REQUIRE(pair.ok());
  return *pair;
}

} // namespace

BOOST_AUTO_TEST_SUITE(attach_test)

BOOST_AUTO_TEST_CASE(one_process_finds_the_root_that_the_other_offers) {
  process offering, taking;
  const auto pair = connected_pair();
  attach_as(offering.system, pair.ours, offering.root_ptr());
  const auto root = attach_to(taking.system, pair.theirs, test_deadline);
  BOOST_REQUIRE_MESSAGE(root.ok(), (root.ok() ? "" : root.error().message));
  BOOST_TEST(taking.ask(*root, 41) == 42);
}

BOOST_AUTO_TEST_CASE(a_process_may_have_several_attached) {
  process offering, first, second;
  const auto a = connected_pair(), b = connected_pair();
  attach_as(offering.system, a.ours, offering.root_ptr());
  attach_as(offering.system, b.ours, offering.root_ptr());
  const auto one = attach_to(first.system, a.theirs, test_deadline);
  const auto two = attach_to(second.system, b.theirs, test_deadline);
  BOOST_REQUIRE(one.ok() && two.ok());
  BOOST_TEST(first.ask(*one, 1) == 2);
  BOOST_TEST(second.ask(*two, 2) == 3);
}

BOOST_AUTO_TEST_CASE(a_silent_other_side_is_given_up_after_the_patience) {
  process taking;
  const auto pair = connected_pair();
  const auto root = attach_to(taking.system, pair.theirs, std::chrono::milliseconds{30});
  BOOST_REQUIRE(!root.ok());
  BOOST_CHECK(root.error().code == errc::timeout);
  ::close(pair.ours);
}

BOOST_AUTO_TEST_CASE(an_other_side_that_hangs_up_is_an_error_not_a_wait) {
  process taking;
  const auto pair = connected_pair();
  ::close(pair.ours);
  const auto begin = clock::machine_now();
  const auto root = attach_to(taking.system, pair.theirs, std::chrono::hours{1});
  BOOST_TEST(!root.ok());
  BOOST_CHECK(clock::machine_now() - begin < test_deadline);
}

BOOST_AUTO_TEST_CASE(an_other_side_that_offers_nobody_is_refused) {
  process offering, taking;
  const auto pair = connected_pair();
  attach_as(offering.system, pair.ours, nullptr);
  const auto root = attach_to(taking.system, pair.theirs, test_deadline);
  BOOST_REQUIRE(!root.ok());
  BOOST_CHECK(root.error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_other_process_is_seen) {
  process taking;
  auto offering = std::make_unique<process>();
  const auto pair = connected_pair();
  attach_as(offering->system, pair.ours, offering->root_ptr());
  const auto root = attach_to(taking.system, pair.theirs, test_deadline);
  BOOST_REQUIRE(root.ok());
  caf::scoped_actor self(taking.system);
  self->monitor(caf::actor_cast<caf::actor>(*root));
  BOOST_TEST(taking.ask(*root, 0) == 1); // so that the other side knows of the monitor
  offering.reset();
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; },
                caf::after(caf::duration{test_deadline}) >> [] {});
  BOOST_TEST(down);
}

BOOST_AUTO_TEST_SUITE_END()
