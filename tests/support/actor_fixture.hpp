// SPDX-License-Identifier: MIT
// Actors without threads and without waiting: CAF's deterministic scheduler runs them when the test
// says so, and time passes when the test says so. Detached actors and the middleman are not to be
// had here.
#pragma once

#include "actors/caf_error.hpp"
#include "actors/system_config.hpp"
#include "runtime/core/time.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace peernet {

/// What came of a request.
template <class... Reply>
struct answer {
  std::optional<std::tuple<Reply...>> value;
  std::optional<peernet::error> problem;

  [[nodiscard]] bool pending() const { return !value && !problem; }
  [[nodiscard]] bool ok() const { return value.has_value(); }
  /// The first thing of the reply; fails the test when there is none.
  [[nodiscard]] const auto& get() const {
    BOOST_REQUIRE_MESSAGE(ok(), (problem ? problem->message : "no answer"));
    return std::get<0>(*value);
  }
  [[nodiscard]] const peernet::error& error() const {
    BOOST_REQUIRE(problem.has_value());
    return *problem;
  }
};

class actor_fixture {
public:
  actor_fixture() = default;
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;
  ~actor_fixture() { end_all(); } // nothing may hold the actor system

  /// Ends everything that was spawned.
  void end_all() {
    for (const auto& a : owned_)
      caf::anon_send_exit(a, caf::exit_reason::kill);
    owned_.clear();
    run();
  }

  /// Lets actors work until none has anything to do.
  void run() { scheduler_.run(); }

  /// Lets time pass in small steps, so that what a timer starts can set the next.
  void pass(duration time, duration step = std::chrono::milliseconds{10}) {
    run();
    for (; time.count() > 0; time -= step) {
      scheduler_.clock().advance_time(std::min(time, step));
      run();
    }
  }

  /// Spawns an actor that ends with the fixture at the latest.
  template <class Function, class... Arguments>
  auto spawn(Function function, Arguments&&... arguments) {
    auto made = system.spawn(function, std::forward<Arguments>(arguments)...);
    owned_.push_back(caf::actor_cast<caf::strong_actor_ptr>(made));
    run();
    return made;
  }

  /// Asks and lets everybody work; the answer may come later.
  template <class... Reply, class Handle, class... Arguments>
  std::shared_ptr<answer<Reply...>> ask_for(const Handle& whom, const Arguments&... arguments) {
    auto a = std::make_shared<answer<Reply...>>();
    spawn([=](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, arguments...)
          .then([=](const Reply&... reply) { a->value.emplace(reply...); },
                [=](const caf::error& e) { a->problem = from_caf(e); });
    });
    return a;
  }

  /// Sees an actor's end.
  template <class Handle>
  std::shared_ptr<std::optional<caf::error>> watch(const Handle& whom) {
    auto end = std::make_shared<std::optional<caf::error>>();
    spawn([=](caf::event_based_actor* self) -> caf::behavior {
      self->set_down_handler([=](const caf::down_msg& d) {
        *end = d.reason;
        self->quit();
      });
      self->monitor(whom);
      return {[](int) {}};
    });
    return end;
  }

private:
  system_config config_{system_config::scheduling::test};

public:
  caf::actor_system system{config_};

private:
  caf::scheduler::test_coordinator& scheduler_ =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  std::vector<caf::strong_actor_ptr> owned_;
};

} // namespace peernet
