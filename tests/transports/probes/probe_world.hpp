// SPDX-License-Identifier: MIT
// What the tests of clock probes are made of: nodes with false clocks whose truth is known, because
// all run on one machine, and a relay in the middle that the test has in its hands.
#pragma once

#include "tests/support/deadline.hpp"
#include "transports/probes/probe_service.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace peernet::probing {

inline const std::string our_secret(run_secret_bytes, 's');

/// The value; the end of the test if there is none.
template <class T>
T must(result<T> r) {
  if (!r)
    BOOST_FAIL(r.error().message);
  return *std::move(r);
}

/// Something that happens on another thread, any number of times.
class event {
public:
  void happen() {
    const std::lock_guard lock(mutex_);
    ++times_;
    happened_.notify_all();
  }
  /// The end of the test if it does not come.
  void await() {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(happened_.wait_for(lock, test_deadline, [this] { return times_ > 0; }));
  }
  [[nodiscard]] int times() {
    const std::lock_guard lock(mutex_);
    return times_;
  }

private:
  std::mutex mutex_;
  std::condition_variable happened_;
  int times_ = 0;
};

/// A node: its clock and its service.
struct prober {
  std::unique_ptr<peernet::clock> clock;
  std::unique_ptr<probe_service> service;

  probe_service* operator->() const { return service.get(); }
  /// As others ask it.
  [[nodiscard]] probe_target target(clock_id number) const {
    return {service->points().at(0), number};
  }
};

struct prober_settings {
  clock_error error;
  std::string host = "127.0.0.1";
  std::string network = "";
  std::string secret = our_secret;
  std::size_t kept = 16'384;
  kernel_clock kernel = this_kernel();
};

inline prober make_prober(node_id node, prober_settings s = {}) {
  prober p;
  p.clock = std::make_unique<peernet::clock>(s.error);
  p.service = must(probe_service::start({.clock = p.clock.get(),
                                         .node = node,
                                         .secret = s.secret,
                                         .kept = s.kept,
                                         .kernel = std::move(s.kernel)},
                                        {{s.network, s.host}}));
  return p;
}

inline void ask(const prober& p, clock_id own, const std::vector<probe_target>& targets) {
  const auto set = p->set_targets(own, targets);
  if (!set)
    BOOST_FAIL(set.error().message);
}

/// A burst, to its end. Datagrams that were in `p`'s socket before are dealt with afterwards, if
/// anybody answers.
inline void burst(const prober& p, int exchanges, duration spacing = duration{100'000},
                  probe_phase phase = probe_phase::before) {
  event done;
  p->burst(exchanges, spacing, phase, [&] { done.happen(); });
  done.await();
}

/// Bursts until there are so many exchanges: datagrams may be lost, or answered later than anybody
/// waits. The end of the test if they do not come.
inline std::vector<probe> gather(const prober& p, std::size_t exchanges, duration spacing) {
  std::vector<probe> all;
  const auto until = clock::machine_now() + test_deadline;
  while (all.size() < exchanges) {
    BOOST_REQUIRE_MESSAGE(clock::machine_now() < until, all.size() << " exchanges so far");
    burst(p, static_cast<int>(exchanges - all.size()), spacing);
    const auto more = p->take();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

/// The four stamps in the order in which they happened, on one time line; the offset between.
inline void check_truth(const probe& p, const peernet::clock& local, const peernet::clock& remote) {
  constexpr std::int64_t rounding =
      3; // of the conversions of false clocks, here and in the service
  const auto on_local = [&](std::int64_t t) {
    return to_ns(local.from_machine(remote.to_machine(stamp_from_ns(t))));
  };
  BOOST_TEST(p.t1 <= on_local(p.t2) + rounding);
  BOOST_TEST(p.t2 <= p.t3);
  BOOST_TEST(on_local(p.t3) <= p.t4 + rounding);
}

inline void check_truth(const std::vector<probe>& probes, const prober& local,
                        const prober& remote) {
  for (const auto& p : probes)
    check_truth(p, *local.clock, *remote.clock);
}

/// Between an asker and an answerer; passes on nothing by itself.
class relay {
public:
  using bytes = std::vector<std::byte>;

  explicit relay(const prober& answerer, const std::string& host = "127.0.0.1")
      : socket_(bound(host)),
        point_(answerer->points().at(0)),
        answerer_(*udp_address::resolve(point_.address, point_.port)) {}

  /// The answerer as it is seen through here.
  [[nodiscard]] probe_target target(clock_id number) const {
    auto p = point_;
    p.port = socket_.where().port();
    return {p, number};
  }

  struct datagram {
    bytes body;
    bool request; ///< came from the asker
  };

  /// The next one from either side.
  datagram next() {
    pollfd p{socket_.descriptor(), POLLIN, 0};
    const auto ms = static_cast<int>(std::chrono::milliseconds(test_deadline).count());
    BOOST_REQUIRE(::poll(&p, 1, ms) == 1);
    bytes body(200);
    const auto got = socket_.receive(body);
    BOOST_REQUIRE(got.has_value());
    body.resize(got->size);
    if (got->from == answerer_)
      return {body, false};
    asker_ = got->from;
    return {body, true};
  }
  bytes next_request() { return expect(true); }
  bytes next_reply() { return expect(false); }

  void ask(const bytes& b) { BOOST_REQUIRE(socket_.send(b, answerer_)); }
  void answer(const bytes& b) { BOOST_REQUIRE(socket_.send(b, asker_)); }

  /// Passes one exchange through. Returns request and reply.
  std::pair<bytes, bytes> pass() {
    auto request = next_request();
    ask(request);
    auto reply = next_reply();
    answer(reply);
    return {std::move(request), std::move(reply)};
  }

  /// Where requests came from last.
  [[nodiscard]] const udp_address& asker() const noexcept { return asker_; }

  static probe_socket bound(const std::string& host) { return must(probe_socket::bind(host, 0)); }

private:
  /// The asker does not wait for the answers: what comes from the other side meanwhile is kept.
  bytes expect(bool request) {
    auto& kept = request ? requests_ : replies_;
    while (kept.empty()) {
      auto d = next();
      (d.request ? requests_ : replies_).push_back(std::move(d.body));
    }
    auto body = std::move(kept.front());
    kept.pop_front();
    return body;
  }

  probe_socket socket_;
  probe_point point_;
  udp_address answerer_;
  udp_address asker_;
  std::deque<bytes> requests_;
  std::deque<bytes> replies_;
};

/// The address of a point, for strangers.
inline udp_address address_of(const prober& p) {
  const auto& at = p->points().at(0);
  return *udp_address::resolve(at.address, at.port);
}

} // namespace peernet::probing
