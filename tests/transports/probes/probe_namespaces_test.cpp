// SPDX-License-Identifier: MIT
// Probes between two networks, from process to process, as between two machines. Whoever is not
// root cannot make networks.
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_map.hpp"
#include "tests/support/network_namespaces.hpp"
#include "tests/support/skip.hpp"
#include "tests/transports/probes/probe_world.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace peernet;
using namespace peernet::probing;
using namespace std::chrono_literals;

namespace {

constexpr clock_error near_error{.offset = -1s, .drift_ppm = 20};
constexpr clock_error far_error{.offset = 4s, .drift_ppm = -45};
constexpr std::int64_t rounding = 6;

/// What the far process tells of itself.
struct far_news {
  std::uint16_t port = 0;
  std::int64_t origin = 0; ///< of its clock, machine's time
};

/// A process in the far network that answers probes as long as this object lives.
class far_process {
public:
  explicit far_process(const network_namespace& far) {
    std::array<int, 2> news{}, life{};
    BOOST_REQUIRE((::pipe(news.data()) == 0 && ::pipe(life.data()) == 0));
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(life[1]);
      serve(far, news[1], life[0]);
    }
    ::close(news[1]);
    ::close(life[0]);
    life_ = life[1];
    const auto got = ::read(news[0], &said_, sizeof said_);
    ::close(news[0]);
    BOOST_REQUIRE_MESSAGE(got == sizeof said_, "the far process did not come up");
  }
  far_process(const far_process&) = delete;
  far_process& operator=(const far_process&) = delete;
  ~far_process() {
    ::close(life_);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] probe_target target(clock_id number) const {
    return {{.node = 0, .address = joined_namespaces::far_address, .port = said_.port}, number};
  }
  [[nodiscard]] peernet::clock clock() const {
    return peernet::clock(far_error, stamp_from_ns(said_.origin));
  }

private:
  /// Never comes back: what Boost.Test holds is the other process'.
  [[noreturn]] static void serve(const network_namespace& far, int news, int life) {
    if (!far.enter())
      ::_exit(1);
    const peernet::clock own(far_error);
    const auto service =
        probe_service::start({.clock = &own, .node = 0, .secret = our_secret},
                             {{.name = "", .address = joined_namespaces::far_address}});
    if (!service)
      ::_exit(2);
    const auto domain = own.domain();
    const far_news said{(*service)->points().at(0).port,
                        std::stoll(domain.substr(domain.rfind('-') + 1))};
    if (::write(news, &said, sizeof said) != sizeof said)
      ::_exit(3);
    char none = 0;
    static_cast<void>(::read(life, &none, 1)); // until the other end is closed
    ::_exit(0);
  }

  pid_t pid_ = -1;
  int life_ = -1;
  far_news said_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe_namespaces_test)

BOOST_AUTO_TEST_CASE(two_processes_on_two_networks_compare_their_clocks) {
  const auto networks = joined_namespaces::make();
  if (!networks)
    return skip_test(networks.error().message);
  const far_process far(networks->far);
  const auto far_clock = far.clock();
  std::optional<prober> near;
  std::string problem;
  std::thread([&] { // the service and its thread stay where they were begun
    if (const auto inside = networks->near.enter(); !inside)
      problem = inside.error().message;
    else
      near = make_prober(coordinator_node,
                         {.error = near_error, .host = joined_namespaces::near_address});
  })
      .join();
  BOOST_REQUIRE_MESSAGE(near, problem);

  ask(*near, reference_clock, {far.target(1)});
  // A new network holds datagrams back until it knows its neighbour, now and then for a second.
  static_cast<void>(gather(*near, 1, 2ms));
  const auto probes = gather(*near, 100, 2ms);
  for (const auto& p : probes)
    check_truth(p, *near->clock, far_clock);
  const std::array<std::string, 1> names{"far"};
  const auto found = estimate_clocks({.probes = probes, .looks = {}, .names = names});
  const clock_map map(found.segments);
  for (const auto& p : probes)
    for (const auto t : {p.t2, p.t3}) {
      const auto mapped = map.to_reference(1, t);
      BOOST_REQUIRE(mapped.has_value());
      const auto truth = to_ns(near->clock->from_machine(far_clock.to_machine(stamp_from_ns(t))));
      BOOST_TEST(std::abs(mapped->ns - truth) <= mapped->bound + rounding);
      BOOST_TEST(mapped->bound < 50'000'000); // the clocks are 5 s apart
    }
}

BOOST_AUTO_TEST_SUITE_END()
