// SPDX-License-Identifier: MIT
#include "actors/remote/join_door.hpp"
#include "tests/actors/remote/scripted_peer.hpp"

using namespace peernet;

namespace {

struct fixture {
  machine laptop{"laptop"}, robot{"robot"};
  std::unique_ptr<join_door> door;

  fixture() {
    laptop.knows(robot);
    robot.knows(laptop);
    door = must(join_door::open("127.0.0.1", 0, laptop.security));
  }
  framed_stream come(const stream_security& as) {
    framed_stream stream(must(secure_stream::over(must(dial("127.0.0.1", door->at().port, soon())),
                                                  as, stream_side::client)));
    must(stream.handshake(soon()));
    return stream;
  }
  framed_stream come() { return come(robot.security); }
};

greeting greeting_of(const std::string& node) {
  return {.facts = {.version = "1.0"}, .node = node, .scenario = "echo"};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(join_door_test, fixture)

BOOST_AUTO_TEST_CASE(who_greets_is_there_to_be_had) {
  auto stream = come();
  const auto said = greeting_of("cloud");
  say(stream, said);
  auto comer = door->next(soon());
  BOOST_REQUIRE(comer.has_value());
  BOOST_TEST((comer->said == said));
  BOOST_TEST((comer->stream.stream().peer() == robot.self.print()));
  say(comer->stream, greeting_of("")); // the conversation goes on
  (void)hear<greeting>(stream);
}

BOOST_AUTO_TEST_CASE(each_comes_once_and_in_turn) {
  std::vector<framed_stream> streams;
  for (const auto* name : {"a", "b", "c"}) {
    streams.push_back(come());
    say(streams.back(), greeting_of(name));
    const auto comer = door->next(soon());
    BOOST_REQUIRE(comer.has_value());
    BOOST_TEST(comer->said.node == name);
  }
  BOOST_TEST(!door->next(clock::machine_now()).has_value());
}

BOOST_AUTO_TEST_CASE(nobody_comes_until_the_deadline) {
  BOOST_TEST(!door->next(clock::machine_now()).has_value());
  BOOST_TEST(!door->next(clock::machine_now() + std::chrono::milliseconds{5}).has_value());
}

BOOST_AUTO_TEST_CASE(a_silent_one_holds_up_nobody) {
  auto silent = come();
  auto stream = come();
  say(stream, greeting_of("cloud"));
  BOOST_TEST(door->next(soon()).has_value());
}

BOOST_AUTO_TEST_CASE(who_says_something_else_first_is_turned_away) {
  auto hasty = come();
  say(hasty, start_worker{});
  BOOST_TEST(hear<refusal>(hasty).why.find("greet") != std::string::npos);
  hear_end(hasty);
  auto garbled = come();
  must(garbled.send(frame_type::message, "{{{{", soon()));
  (void)hear<refusal>(garbled);
  auto bytes = come();
  must(bytes.send(frame_type::control, "BASP", soon()));
  (void)hear<refusal>(bytes);
  hear_end(bytes);
  BOOST_TEST(!door->next(clock::machine_now()).has_value());
}

BOOST_AUTO_TEST_CASE(a_stranger_does_not_come_in) {
  machine stranger("stranger");
  stranger.knows(laptop);
  auto stream = come(stranger.security);
  BOOST_TEST(!stream.receive(soon()).ok());
  BOOST_TEST(!door->next(clock::machine_now()).has_value());
}

BOOST_AUTO_TEST_CASE(without_security_whoever_comes_may_greet) {
  door = must(join_door::open("127.0.0.1", 0, {}));
  auto stream = come(stream_security{});
  say(stream, greeting_of("cloud"));
  BOOST_TEST(door->next(soon()).has_value());
}

BOOST_AUTO_TEST_CASE(hundreds_that_say_nothing_are_bounded_and_keep_nobody_out) {
  door = must(join_door::open("127.0.0.1", 0, {}));
  const auto before = open_descriptors();
  std::vector<framed_stream> silent;
  for (int i = 0; i < 300; ++i)
    silent.push_back(come(stream_security{}));
  await("the oldest to be let go", [&] {
    return open_descriptors() <= before + 300 + static_cast<std::ptrdiff_t>(anteroom::most);
  });
  auto stream = come(stream_security{});
  say(stream, greeting_of("cloud"));
  BOOST_TEST(door->next(soon()).has_value());
}

BOOST_AUTO_TEST_CASE(those_who_greet_and_go_leave_nothing) {
  const auto before = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    auto stream = come();
    say(stream, greeting_of("cloud"));
    BOOST_TEST(door->next(soon()).has_value());
  }
  await("descriptors to be closed", [&] { return open_descriptors() == before; });
}

BOOST_AUTO_TEST_CASE(it_shuts_although_somebody_is_silent_inside) {
  const auto before = open_descriptors();
  auto silent = come();
  const auto begin = clock::machine_now();
  door.reset();
  hear_end(silent);
  BOOST_TEST((clock::machine_now() - begin < test_deadline));
  { const auto gone = std::move(silent); }
  BOOST_TEST(open_descriptors() < before);
}

BOOST_AUTO_TEST_CASE(a_door_that_cannot_open_says_where) {
  const auto second = join_door::open("127.0.0.1", door->at().port, laptop.security);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().code == errc::io);
  BOOST_TEST(second.error().message.find(std::to_string(door->at().port)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_is_turned_away_learns_why) {
  auto stream = come();
  say(stream, greeting_of("cloud"));
  auto comer = door->next(soon());
  BOOST_REQUIRE(comer.has_value());
  turn_away(comer->stream, "another scenario");
  BOOST_TEST(hear<refusal>(stream).why == "another scenario");
}

BOOST_AUTO_TEST_SUITE_END()
