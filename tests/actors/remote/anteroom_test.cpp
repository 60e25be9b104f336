// SPDX-License-Identifier: MIT
#include "actors/remote/anteroom.hpp"
#include "tests/actors/remote/scripted_peer.hpp"

#include <mutex>
#include <vector>

using namespace peernet;

namespace {

/// A room, and what those who spoke said first.
struct fixture {
  const stream_security bare;
  std::mutex mutex;
  std::vector<std::pair<framed_stream, remote_frame>> spoken;
  std::unique_ptr<anteroom> room = make(test_deadline);

  std::unique_ptr<anteroom> make(duration patience) {
    return std::make_unique<anteroom>("guest", patience, [this](framed_stream s, remote_frame f) {
      const std::lock_guard lock(mutex);
      spoken.emplace_back(std::move(s), std::move(f));
    });
  }
  framed_stream enter() {
    stream_pair pair(bare, bare);
    (void)pair.shake();
    room->enter(std::move(pair.server));
    return framed_stream(std::move(pair.client));
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return spoken.size();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(anteroom_test, fixture)

BOOST_AUTO_TEST_CASE(who_speaks_is_handed_on_with_the_first_frame) {
  auto stream = enter();
  must(stream.send(frame_type::control, "first", soon()));
  must(stream.send(frame_type::message, "second", soon()));
  await("the guest", [&] { return count() == 1; });
  BOOST_TEST((spoken[0].second.type == frame_type::control));
  BOOST_TEST(spoken[0].second.body == "first");
  BOOST_TEST(must(spoken[0].first.receive(soon())).body == "second"); // nothing is lost
}

BOOST_AUTO_TEST_CASE(who_says_nothing_goes_at_the_deadline) {
  room = make(std::chrono::milliseconds{5});
  auto silent = enter();
  hear_end(silent);
  BOOST_TEST(count() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_frame_goes_at_once) {
  stream_pair pair(bare, bare);
  (void)pair.shake();
  room->enter(std::move(pair.server));
  BOOST_TEST(write_all(pair.client, std::string(64, '\xff')) == stream_status::done);
  std::string nothing;
  (void)read_to_end(pair.client, nothing);
  BOOST_TEST(nothing.empty());
  BOOST_TEST(count() == 0u);
}

BOOST_AUTO_TEST_CASE(when_it_is_full_the_one_longest_here_goes) {
  std::vector<framed_stream> guests;
  for (std::size_t i = 0; i < anteroom::most; ++i)
    guests.push_back(enter());
  auto next = enter();
  hear_end(guests[0]);
  for (auto* still_here : {&guests[1], &guests.back(), &next})
    must(still_here->send(frame_type::message, "hello", soon()));
  await("those who are still here", [&] { return count() == 3; });
  auto another = enter(); // there is room again, so nobody had to go
  must(guests[2].send(frame_type::message, "hello", soon()));
  await("the guest", [&] { return count() == 4; });
}

BOOST_AUTO_TEST_CASE(it_closes_at_once_and_leaves_those_who_have_spoken) {
  const auto before = open_descriptors();
  {
    auto silent = enter(), heard = enter();
    must(heard.send(frame_type::message, "hello", soon()));
    await("the guest", [&] { return count() == 1; });
    room.reset();
    hear_end(silent);
    must(spoken[0].first.send(frame_type::message, "answer", soon()));
    BOOST_TEST(must(heard.receive(soon())).body == "answer");
    spoken.clear();
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()
