// SPDX-License-Identifier: MIT
// Clock probes between nodes: one thread per process that answers everybody who knows the run's
// secret, and asks whom it is told to, over small UDP datagrams on the networks of the links. What
// the exchanges mean is the business of runtime/clocks.
#pragma once

#include "runtime/clocks/discipline.hpp"
#include "runtime/clocks/probe.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/port_range.hpp"
#include "runtime/core/random.hpp"
#include "transports/arrival_clock.hpp"
#include "transports/probes/clock_discipline.hpp"
#include "transports/probes/pending_requests.hpp"
#include "transports/probes/probe_datagram.hpp"
#include "transports/probes/probe_socket.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <thread>
#include <vector>

namespace peernet {

/// Where a node has an address of its own.
struct probe_network {
  std::string name; ///< empty: the default network
  std::string address;
  port_range ports = {}; ///< one of these
};

/// Where a node answers probes.
struct probe_point {
  node_id node = coordinator_node;
  std::string network;
  std::string address;
  std::uint16_t port = 0;

  bool operator==(const probe_point&) const = default;
};

/// Whom to ask, and which clock that node stamps with.
struct probe_target {
  probe_point at;
  clock_id clock = reference_clock;
  std::optional<std::string> via = {}; ///< the own network to ask from; none: the target's

  bool operator==(const probe_target&) const = default;
};

/// What a service counts, since it started. Thread: read by any.
struct probe_counters {
  std::atomic<std::uint64_t> asked{0};     ///< requests sent, or refused by the kernel
  std::atomic<std::uint64_t> refused{0};   ///< datagrams that the kernel did not take
  std::atomic<std::uint64_t> completed{0}; ///< exchanges
  std::atomic<std::uint64_t> answered{
      0}; ///< requests of others; `refused` counts which of them in vain
  std::atomic<std::uint64_t> foreign{0};    ///< no probes of this run, or bent on the way
  std::atomic<std::uint64_t> unexpected{0}; ///< answers to nothing that waits: repeated, unasked
  std::atomic<std::uint64_t> late{0};       ///< answers older than probe_service::oldest
  std::atomic<std::uint64_t> overflowed{0}; ///< exchanges and disciplines that nobody took in time
  std::atomic<std::uint64_t> own_stamps{0}; ///< arrivals that the kernel's stamp was no use for
  std::atomic<std::uint64_t> bytes_sent{0}; ///< with the headers of IP and UDP
};

/// Answers and asks, from its start to its destruction. Asking is in one of three states: resting
/// (at first), bursting, steady. Thread: any, unless said otherwise; no call waits for the network.
class probe_service {
public:
  /// A burst waits so long for the last answers.
  static constexpr duration patience{500'000'000};
  /// Nobody waits for an answer any longer.
  static constexpr duration oldest{1'000'000'000};
  /// While steady, the kernel is asked for its discipline so often.
  static constexpr duration discipline_interval{1'000'000'000};

  struct settings {
    const peernet::clock* clock = nullptr; ///< the node's; outlives the service
    node_id node = coordinator_node;
    std::string secret;        ///< the run's
    std::uint64_t seed = 1;    ///< of the gaps of steady probing
    std::size_t kept = 16'384; ///< exchanges that may wait for `take`; more are counted and lost
    kernel_clock kernel = this_kernel();
  };

  /// Binds a UDP socket on each network and begins to answer there. errc::bad_scenario (a
  /// wildcard), errc::not_found (no such address), errc::io.
  [[nodiscard]] static result<std::unique_ptr<probe_service>>
  start(settings s, const std::vector<probe_network>& networks);

  probe_service(const probe_service&) = delete;
  probe_service& operator=(const probe_service&) = delete;

  /// Ends at once, in whatever state; an `on_done` still to come does not. Not from `on_done`.
  ~probe_service();

  /// Where it answers, a point for each network in the order of `start`.
  [[nodiscard]] const std::vector<probe_point>& points() const noexcept { return points_; }

  /// Whom to ask from now on, from the own address on its network. `own`: the clock this
  /// node stamps with. A target that was there before keeps its counters; a burst that runs ends
  /// with those it began with. May look up host names, which takes seconds. errc::bad_scenario: no
  /// own address on that network. errc::not_found: no such host. After an error all is as before.
  [[nodiscard]] result<void> set_targets(clock_id own, const std::vector<probe_target>& targets);

  /// Asks every target `exchanges` times, at least `spacing` apart, turn by turn in between.
  /// `on_done` is called once, from the service's thread, when all are answered, `patience` after
  /// the last request, or when another state begins. It may call the service and must not throw.
  void burst(int exchanges, duration spacing, probe_phase phase, std::function<void()> on_done);

  /// Asks each target once per `interval` (above 0) on average, and never more often: always twice,
  /// the second time as soon as the first is answered, when both machines are awake and quick. The
  /// gaps between are drawn uniformly from one to three intervals, so that probes never keep step
  /// with a sensor.
  void steady(duration interval);

  /// Asks nobody; goes on answering.
  void rest();

  /// Exchanges completed since the last call, in the order of their answers.
  [[nodiscard]] std::vector<probe> take();

  /// What the kernel said of its clock since the last call: once a second while steady, and at the
  /// end of each burst. Empty if it says nothing.
  [[nodiscard]] std::vector<clock_discipline> take_disciplines();

  struct target_report {
    probe_target target;
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;
    std::optional<stamp> last_answer; ///< arrived, the node's clock
  };

  /// Of the targets set last, in their order.
  [[nodiscard]] std::vector<target_report> report() const;

  [[nodiscard]] const probe_counters& counters() const noexcept { return counters_; }

  /// CPU time that the service's thread has used, kernel time included.
  [[nodiscard]] duration cpu_time() noexcept;

private:
  static constexpr std::size_t most_disciplines = 4096; ///< more than an hour of them

  /// Lives as long as the service, so that requests and exchanges may point to it.
  struct target {
    const probe_target who;
    const std::size_t socket;
    const udp_address address;
    stamp due{};                                ///< steady only
    std::optional<std::uint64_t> second_awaits; ///< the answer after which it is asked again
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;
    std::optional<stamp> last_answer;
  };
  struct exchange {
    const target* with;
    clock_id local;
    probe_phase phase;
    std::int64_t t1, t2, t3, t4;
  };
  struct running_burst {
    std::uint64_t number;
    std::vector<target*> targets;
    std::uint64_t total;
    duration gap;
    probe_phase phase;
    std::function<void()> on_done;
    stamp due; ///< the next request, later the end of patience
    std::uint64_t sent = 0;
    std::uint64_t awaited = 0;
  };
  using pending = pending_requests<target>;

  probe_service(settings s, int waker);

  void run(const std::stop_token& stop);
  void poke() const noexcept;
  void wait_until(stamp when) noexcept;

  // With the lock held.
  void rest_locked();
  stamp ask_due(stamp now);
  stamp ask_burst(stamp now);
  stamp ask_steady(stamp now);
  std::uint64_t ask(target& to, std::uint64_t burst, probe_phase phase) noexcept;
  void look_at_kernel();

  // Without.
  void drain(std::size_t socket) noexcept;
  void answer(probe_datagram request, std::size_t socket, const udp_address& from,
              stamp arrived) noexcept;
  void accept(const probe_datagram& reply, std::size_t socket, const udp_address& from,
              stamp arrived) noexcept;

  const settings settings_;
  const probe_wire wire_;
  const int waker_; ///< an eventfd
  std::vector<probe_point> points_;
  probe_counters counters_;

  // The service's thread only, once it runs (addresses of sockets never change).
  std::vector<probe_socket> sockets_; ///< as points_
  std::vector<pollfd> polled_;        ///< sockets_, then waker_
  arrival_clock arrivals_;
  pending pending_;

  mutable std::mutex mutex_; ///< for all below
  clock_id own_ = reference_clock;
  std::deque<target> known_; ///< all that ever were
  std::vector<target*> targets_;
  std::optional<running_burst> burst_;
  std::uint64_t bursts_ = 0;
  std::optional<duration> interval_; ///< while steady
  stamp discipline_due_{};
  random_source random_;
  std::vector<std::function<void()>> ended_; ///< bursts whose end is still to be told
  std::vector<exchange> exchanges_;
  std::vector<clock_discipline> disciplines_;

  std::jthread thread_; ///< the last: ends before everything that it uses
};

} // namespace peernet
