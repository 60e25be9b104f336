// SPDX-License-Identifier: MIT
// Probes over a network that loses, repeats, delays, reorders, bends and invents datagrams: it may
// cost exchanges, it may widen what they say, it never makes one false.
#include "runtime/core/random.hpp"
#include "tests/transports/probes/probe_world.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace peernet;
using namespace peernet::probing;
using namespace std::chrono_literals;

namespace {

/// An asker and an answerer seconds apart, a relay between them.
struct pair_of_nodes {
  prober a, b;
  relay between;
  event done;

  pair_of_nodes()
      : a(make_prober(1, {.error = {.offset = 2s, .drift_ppm = 50}})),
        b(make_prober(2, {.error = {.offset = -1s, .drift_ppm = -50}})),
        between(b) {
    ask(a, 1, {between.target(2)});
  }

  void begin(int exchanges, duration spacing = 200us) {
    a->burst(exchanges, spacing, probe_phase::before, [this] { done.happen(); });
  }
  std::vector<probe> end() {
    done.await();
    auto probes = a->take();
    check_truth(probes, a, b);
    return probes;
  }
  /// Nothing has broken: a burst without disturbance works. Datagrams sent before are dealt with.
  void still_works() {
    ask(a, 1, {b.target(2)});
    ask(b, 2, {a.target(1)});
    for (const auto* p : {&a, &b}) {
      burst(*p, 5, 100us, probe_phase::after);
      const auto probes = (*p)->take();
      BOOST_TEST(std::count_if(probes.begin(), probes.end(),
                               [](const probe& q) { return q.phase == probe_phase::after; }) == 5);
    }
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe_attack_test)

BOOST_AUTO_TEST_CASE(a_delay_in_one_direction_widens_that_side_only_and_the_truth_stays_inside) {
  for (const bool forward : {true, false}) {
    pair_of_nodes n;
    n.begin(30, 1ms);
    std::vector<relay::bytes> held;
    stamp since{};
    for (int i = 0; i < 30; ++i) {
      auto d = n.between.next_request();
      if (!forward) {
        n.between.ask(d);
        d = n.between.next_reply();
      }
      if (held.empty())
        since = clock::machine_now();
      held.push_back(std::move(d));
    }
    const auto delay = clock::machine_now() - since; // of the first, by that of 29 others
    for (const auto& d : held) {
      if (!forward) {
        n.between.answer(d);
        continue;
      }
      n.between.ask(d);
      n.between.answer(n.between.next_reply());
    }
    const auto probes = n.end();
    BOOST_REQUIRE(probes.size() == 30u);
    const auto& p = probes.front();
    const auto at = n.a.clock->to_machine(stamp_from_ns(p.t1));
    const auto truth = to_ns(n.b.clock->from_machine(at) - n.a.clock->from_machine(at));
    const auto slack = forward ? (p.t2 - p.t1) - truth : truth - (p.t3 - p.t4);
    BOOST_TEST(slack >= to_ns(delay) - to_ns(delay) / 1000); // the clocks drift meanwhile
  }
}

BOOST_AUTO_TEST_CASE(lost_and_repeated_datagrams_cost_exchanges_and_no_truth) {
  pair_of_nodes n;
  n.begin(40, 1ms);
  for (int i = 0; i < 40; ++i) {
    const auto request = n.between.next_request();
    if (i % 4 == 0)
      continue; // lost on the way there
    n.between.ask(request);
    const auto reply = n.between.next_reply();
    n.between.ask(request); // repeated
    const auto again = n.between.next_reply();
    if (i % 4 == 1)
      continue; // lost on the way back, both
    n.between.answer(reply);
    n.between.answer(again);
    n.between.answer(reply);
  }
  BOOST_TEST(n.end().size() == 20u);
  BOOST_TEST(n.a->report()[0].asked == 40u);
  BOOST_TEST(n.a->report()[0].answered == 20u);
  BOOST_TEST(n.a->counters().unexpected == 40u);
  BOOST_TEST(n.b->counters().answered == 60u);
  n.still_works();
}

BOOST_AUTO_TEST_CASE(answers_out_of_order_belong_to_their_questions) {
  pair_of_nodes n;
  n.begin(30);
  std::vector<relay::bytes> requests, replies;
  for (int i = 0; i < 30; ++i)
    requests.push_back(n.between.next_request());
  std::reverse(requests.begin(), requests.end());
  for (const auto& r : requests) {
    n.between.ask(r);
    replies.push_back(n.between.next_reply());
  }
  std::rotate(replies.begin(), replies.begin() + 7, replies.end());
  for (const auto& r : replies)
    n.between.answer(r);
  BOOST_TEST(n.end().size() == 30u);
}

BOOST_AUTO_TEST_CASE(a_bent_byte_makes_a_datagram_foreign_wherever_it_is) {
  constexpr auto size = sizeof(probe_datagram);
  pair_of_nodes n;
  n.begin(size);
  for (std::size_t i = 0; i < size; ++i) {
    auto request = n.between.next_request();
    BOOST_REQUIRE(request.size() == size);
    request[i] ^= std::byte{0x40};
    n.between.ask(request);
  }
  BOOST_TEST(n.end().empty());
  pair_of_nodes m;
  m.begin(size);
  for (std::size_t i = 0; i < size; ++i) {
    m.between.ask(m.between.next_request());
    auto reply = m.between.next_reply();
    BOOST_REQUIRE(reply.size() == size); // as large as the request: nothing is amplified
    reply[i] ^= std::byte{0x40};
    m.between.answer(reply);
  }
  BOOST_TEST(m.end().empty());
  n.still_works();
  m.still_works();
  BOOST_TEST(n.b->counters().foreign == size);
  BOOST_TEST(m.a->counters().foreign == size);
}

BOOST_AUTO_TEST_CASE(old_replies_are_worth_nothing_later) {
  pair_of_nodes n;
  std::vector<relay::bytes> old;
  n.begin(10);
  for (int i = 0; i < 10; ++i)
    old.push_back(n.between.pass().second);
  BOOST_TEST(n.end().size() == 10u);
  event second;
  n.a->burst(10, 200us, probe_phase::after, [&] { second.happen(); });
  for (int i = 0; i < 10; ++i) {
    const auto request = n.between.next_request();
    n.between.answer(old[static_cast<std::size_t>(i)]);
    n.between.ask(request);
    n.between.answer(n.between.next_reply());
  }
  second.await();
  BOOST_TEST(n.a->counters().unexpected == 10u);
  const auto probes = n.a->take();
  BOOST_TEST(probes.size() == 10u);
  check_truth(probes, n.a, n.b);
}

BOOST_AUTO_TEST_CASE(a_service_started_anew_believes_no_reply_to_the_one_before) {
  pair_of_nodes n;
  n.begin(10);
  std::vector<relay::bytes> old;
  for (int i = 0; i < 10; ++i)
    old.push_back(n.between.pass().second);
  (void)n.end();
  const auto again = make_prober(1); // the same node, secret and run
  ask(again, 1, {n.between.target(2)});
  event done;
  again->burst(10, 200us, probe_phase::before, [&] { done.happen(); });
  for (int i = 0; i < 10; ++i) {
    const auto request = n.between.next_request();
    n.between.answer(old[static_cast<std::size_t>(i)]);
    n.between.ask(request);
    n.between.answer(n.between.next_reply());
  }
  done.await();
  BOOST_TEST(again->counters().unexpected == 10u);
  check_truth(again->take(), again, n.b);
}

BOOST_AUTO_TEST_CASE(a_reflected_request_is_no_reply) {
  // Even between two that go by one number: only the kind tells request and reply apart.
  for (const node_id other : {2, 1}) {
    const auto a = make_prober(1), b = make_prober(other);
    relay between(b);
    ask(a, 1, {between.target(2)});
    event done;
    a->burst(10, 200us, probe_phase::before, [&] { done.happen(); });
    int requests = 0;
    while (requests < 10) {
      const auto d = between.next();
      // An asker that takes it for a request of a node of its own number answers it; that answer
      // looks like a datagram from the asker.
      if (d.body[3] != std::byte{static_cast<unsigned char>(probe_kind::request)})
        continue;
      ++requests;
      between.answer(d.body);
    }
    done.await();
    BOOST_TEST(a->take().empty());
    BOOST_TEST(a->counters().completed == 0u);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_from_elsewhere_than_was_asked_is_not_taken) {
  pair_of_nodes n;
  auto elsewhere = relay::bound("127.0.0.1");
  n.begin(5);
  for (int i = 0; i < 5; ++i) {
    n.between.ask(n.between.next_request());
    BOOST_TEST(elsewhere.send(n.between.next_reply(), address_of(n.a)));
  }
  BOOST_TEST(n.end().empty());
  n.still_works();
  BOOST_TEST(n.a->counters().unexpected == 5u);
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_node_than_was_asked_is_not_taken) {
  pair_of_nodes n;
  const auto other = make_prober(3); // of the same run, it knows the secret
  const auto wrong = probe_target{{2, "", "127.0.0.1", other->points().at(0).port}, 2};
  ask(n.a, 1, {wrong});
  burst(n.a, 5);
  BOOST_TEST(n.a->take().empty());
  BOOST_TEST(other->counters().foreign == 5u);
  BOOST_TEST(other->counters().answered == 0u);
}

BOOST_AUTO_TEST_CASE(an_answer_in_another_nodes_name_is_not_taken) {
  pair_of_nodes n;
  n.begin(5);
  for (int i = 0; i < 5; ++i) {
    n.between.ask(n.between.next_request());
    const auto reply = n.between.next_reply();
    auto forged = probe_wire(our_secret).open(reply); // somebody of the run itself
    BOOST_REQUIRE(forged.has_value());
    forged->answerer = 3;
    probe_wire(our_secret).seal(*forged);
    const auto bytes = std::as_bytes(std::span{&*forged, 1});
    n.between.answer({bytes.begin(), bytes.end()});
    n.between.answer(reply);
  }
  BOOST_TEST(n.end().size() == 5u);
  BOOST_TEST(n.a->counters().unexpected == 5u);
}

BOOST_AUTO_TEST_CASE(an_answer_that_took_too_long_is_counted_and_dropped) {
  pair_of_nodes n;
  n.a->steady(20ms);
  n.between.ask(n.between.next_request());
  const auto held = n.between.next_reply();
  const auto since = clock::machine_now();
  while (clock::machine_now() - since <= probe_service::oldest)
    n.between.pass();
  n.between.answer(held);
  n.a->rest();
  n.still_works();
  BOOST_TEST(n.a->counters().late == 1u);
  BOOST_TEST(n.a->counters().unexpected == 0u);
}

BOOST_AUTO_TEST_CASE(strangers_of_all_sizes_are_counted_and_get_no_answer) {
  pair_of_nodes n;
  auto stranger = relay::bound("127.0.0.1");
  random_source random(3);
  for (const auto* victim : {&n.a, &n.b})
    for (std::size_t size = 0; size <= 200; ++size) {
      std::vector<std::byte> noise(size);
      random.fill(noise);
      BOOST_REQUIRE(stranger.send(noise, address_of(*victim)));
    }
  n.still_works();
  BOOST_TEST(n.a->counters().foreign == 201u);
  BOOST_TEST(n.b->counters().foreign == 201u);
  std::array<std::byte, 8> heard;
  BOOST_TEST(!stranger.receive(heard).has_value());
}

BOOST_AUTO_TEST_CASE(who_has_another_secret_neither_asks_nor_answers) {
  const auto a = make_prober(1);
  const auto b = make_prober(2, {.secret = std::string(run_secret_bytes, 'x')});
  ask(a, 1, {b.target(2)});
  ask(b, 2, {a.target(1)});
  burst(a, 5);
  burst(b, 5);
  BOOST_TEST(a->take().empty());
  BOOST_TEST(b->take().empty());
  BOOST_TEST(a->counters().foreign == 5u);
  BOOST_TEST(b->counters().foreign == 5u);
  BOOST_TEST(a->counters().answered == 0u);
}

BOOST_AUTO_TEST_CASE(a_flood_keeps_nobody_from_asking_and_falsifies_nothing) {
  pair_of_nodes n;
  ask(n.a, 1, {n.b.target(2)});
  std::atomic<bool> stop{false};
  std::thread flood([&, to = address_of(n.a)] {
    auto stranger = relay::bound("127.0.0.1");
    const std::vector<std::byte> noise(sizeof(probe_datagram));
    while (!stop)
      stranger.send(noise, to);
  });
  n.begin(50, 1ms);
  (void)n.end(); // answers may be lost for want of room
  stop = true;
  flood.join();
  BOOST_TEST(n.a->counters().asked == 50u);
  BOOST_TEST(n.a->counters().foreign > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
