// SPDX-License-Identifier: MIT
#include "tests/actors/remote/call_fixture.hpp"

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(node_call_test, call_fixture)

BOOST_AUTO_TEST_CASE(both_sides_learn_who_the_other_is) {
  greeting got;
  auto peer = node([&](framed_stream& s) {
    got = hear<greeting>(s);
    say(s, greeting{.facts = facts_of("robot")});
    hear_end(s);
  });
  {
    const auto c = must(call(peer));
    BOOST_TEST((c->facts() == facts_of("robot")));
    BOOST_TEST(c->theirs().address == "127.0.0.1");
    BOOST_TEST(c->theirs().port == peer.at().port);
    BOOST_TEST(c->ours().address == "127.0.0.1");
    BOOST_TEST(c->ours().port != 0);
  }
  peer.finish();
  BOOST_TEST((got.facts == facts_of("laptop")));
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_and_both_sides_are_told) {
  for (const bool protocol : {false, true}) {
    auto other = facts_of("robot");
    (protocol ? other.version : other.ports) = "1.2.3";
    if (protocol)
      other.protocol = remote_protocol + 1;
    else
      other.version = "0.9.0";
    std::string told;
    auto peer = node([&](framed_stream& s) {
      (void)hear<greeting>(s);
      say(s, greeting{.facts = other});
      told = hear<refusal>(s).why;
    });
    check_error(call(peer), errc::other_version,
                {"node cloud (127.0.0.1:" + std::to_string(peer.at().port) + "): ", "PeerNet 1.2.3",
                 protocol ? "protocol 2" : "PeerNet 0.9.0", "install the same version"});
    peer.finish();
    BOOST_TEST(told.find("install the same version") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_in_the_node_s_own_words) {
  auto at_once = node([](framed_stream& s) {
    (void)hear<greeting>(s);
    say(s, refusal{"it is closed on Sundays"});
  });
  check_error(call(at_once), errc::refused, {"node cloud (127.0.0.1:", "closed on Sundays"});

  auto busy = node([](framed_stream& s) {
    greet(s);
    (void)hear<preparation>(s);
    say(s, refusal{"it is busy with run \"x\" of desk"});
  });
  auto c = must(call(busy));
  check_error(c->prepare("run", {}, no_progress), errc::refused,
              {"node cloud (127.0.0.1:", "): it is busy with run \"x\" of desk"});

  auto broken = node([](framed_stream& s) {
    greet(s);
    (void)hear<preparation>(s);
    say(s, wanted_files{});
    (void)hear<start_worker>(s);
    say(s, refusal{"cannot start a worker"});
  });
  c = must(call(broken));
  must(c->prepare("run", {}, no_progress));
  check_error(c->start(), errc::refused, {"node cloud", "cannot start a worker"});
}

BOOST_AUTO_TEST_CASE(who_is_not_there_is_named) {
  const int fd = must(listen_at("127.0.0.1", 0));
  const auto at = local_end(fd);
  ::close(fd);
  check_error(call(at), errc::absent, {"node cloud: ", std::to_string(at.port)});
}

BOOST_AUTO_TEST_CASE(certificates_that_are_not_known_end_it_on_either_side) {
  machine stranger("stranger");
  stranger.knows(laptop);
  {
    scripted_peer peer(stranger.security, [](framed_stream&) {});
    check_error(call(peer), errc::untrusted, {"node cloud (127.0.0.1:", "is not known here"});
    BOOST_CHECK_THROW(peer.finish(), std::runtime_error);
  }
  robot.knows(stranger);
  auto peer = node([](framed_stream&) {});
  check_error(call(peer), errc::untrusted, {"node cloud (127.0.0.1:", "does not know our certif"});
  BOOST_CHECK_THROW(peer.finish(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_silent_node_is_given_up_within_the_patience) {
  auto peer = node([](framed_stream& s) {
    (void)hear<greeting>(s);
    hear_end(s);
  });
  check_error(call(peer.at(), 300ms), errc::timeout, {"node cloud"});
}

BOOST_AUTO_TEST_CASE(what_no_node_would_say_is_an_error) {
  const std::vector<std::pair<errc, scripted_peer::script>> sayings{
      {errc::corrupt, [](auto& s) { say(s, start_worker{}); }},
      {errc::corrupt, [](auto& s) { say(s, wanted_files{}); }},
      {errc::corrupt, [](auto& s) { needed(s.send(frame_type::message, "{]", soon())); }},
      {errc::corrupt, [](auto& s) { needed(s.send(frame_type::control, "BASP", soon())); }},
      {errc::corrupt, [](auto& s) { needed(s.send(frame_type::file, "x", soon())); }},
      {errc::corrupt, [](auto& s) { (void)write_all(s.stream(), std::string(16, '\xff')); }},
      {errc::closed, [](auto&) {}},
  };
  for (const auto& [code, says] : sayings) {
    auto early = node([says = says](framed_stream& s) {
      (void)hear<greeting>(s);
      says(s);
    });
    check_error(call(early), code, {"node cloud (127.0.0.1:"});

    if (code == errc::corrupt) {
      auto late = node([says = says](framed_stream& s) {
        greet(s);
        (void)hear<preparation>(s);
        says(s);
      });
      const auto c = must(call(late));
      const auto done = c->prepare("run", {}, no_progress);
      BOOST_TEST((done.ok() || done.error().code == errc::corrupt)); // "want" is right here
      if (done)
        BOOST_TEST(!c->start().ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(only_what_is_lacking_is_shipped) {
  const std::string long_content(200'000, 'l');
  const std::vector files{file("there", "is there"), file("long", long_content), file("empty", ""),
                          file("copy", long_content)};
  preparation order;
  std::vector<file_follows> announced;
  std::vector<std::string> came;
  auto peer = node([&](framed_stream& s) {
    greet(s);
    order = hear<preparation>(s);
    say(s, wanted_files{{std::string(64, '0'), files[1].entry.digest, files[2].entry.digest}});
    for (int i = 0; i < 2; ++i) {
      announced.push_back(hear<file_follows>(s));
      came.push_back(hear_file(s, announced.back().bytes));
    }
    (void)hear<start_worker>(s);
    say(s, worker_started{1, ""});
  });
  const auto c = must(call(peer));
  std::vector<shipping_progress> progress;
  must(c->prepare("my run", files, [&](shipping_progress p) { progress.push_back(p); }));
  ::close(must(c->start()));
  peer.finish();
  BOOST_TEST(order.run == "my run");
  BOOST_TEST(order.node == "cloud");
  BOOST_TEST(order.files.size() == 4u);
  BOOST_TEST((order.files[1] == files[1].entry));
  BOOST_TEST((announced[0] == file_follows{"", files[1].entry.digest, 200'000}));
  BOOST_TEST((announced[1] == file_follows{"", files[2].entry.digest, 0}));
  BOOST_TEST((came[0] == long_content));
  BOOST_REQUIRE(!progress.empty());
  std::uint64_t before = 0;
  for (const auto& p : progress) {
    BOOST_TEST(p.all == 200'000u);
    BOOST_TEST(p.done > before);
    before = p.done;
  }
  BOOST_TEST(before == 200'000u);
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_meanwhile_is_named) {
  const auto lacking = [&](const file_to_ship& f) {
    return node([digest = f.entry.digest](framed_stream& s) {
      greet(s);
      (void)hear<preparation>(s);
      say(s, wanted_files{{digest}});
      while (s.receive(soon())) {
      }
    });
  };
  auto shorter = file("shorter", "0123456789");
  fs::resize_file(shorter.here, 5);
  {
    auto peer = lacking(shorter);
    check_error(must(call(peer))->prepare("run", {shorter}, no_progress), errc::unreadable,
                {"node cloud", shorter.here.string(), "shorter"});
  }
  auto gone = file("gone", "0123456789");
  fs::remove(gone.here);
  {
    auto peer = lacking(gone);
    check_error(must(call(peer))->prepare("run", {gone}, no_progress), errc::unreadable,
                {"node cloud", gone.here.string(), "No such file"});
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_cannot_take_a_file_is_heard_in_the_middle_of_it) {
  const std::vector files{file("long", std::string(20'000'000, 'l'))};
  auto peer = node([&](framed_stream& s) {
    greet(s);
    (void)hear<preparation>(s);
    say(s, wanted_files{{files[0].entry.digest}});
    (void)hear<file_follows>(s);
    (void)needed(s.receive(soon()));
    say(s, refusal{"its disk is full"});
    while (s.receive(soon())) {
    }
  });
  shipping_progress last;
  check_error(must(call(peer))->prepare("run", files, [&](shipping_progress p) { last = p; }),
              errc::refused, {"node cloud", "its disk is full"});
  BOOST_TEST(last.done < last.all);
}

BOOST_AUTO_TEST_CASE(a_machine_hears_that_others_are_waited_for) {
  auto peer = node([&](framed_stream& s) {
    greet(s);
    (void)hear<preparation>(s);
    say(s, wanted_files{});
    (void)hear<still_here>(s);
  });
  const auto c = must(call(peer));
  must(c->prepare("run", {}, {}));
  must(c->still_here());
  peer.finish();
}

BOOST_AUTO_TEST_CASE(shipping_can_be_interrupted) {
  const std::vector files{file("long", std::string(5'000'000, 'l'))};
  auto peer = node([&](framed_stream& s) {
    greet(s);
    (void)hear<preparation>(s);
    say(s, wanted_files{{files[0].entry.digest}});
    while (s.receive(soon())) {
    }
  });
  shipping_progress last;
  {
    const auto c = must(call(peer));
    check_error(c->prepare("run", files,
                           [&](shipping_progress p) {
                             last = p;
                             interrupts = 1;
                           }),
                errc::closed, {"interrupted"});
  }
  peer.finish();
  BOOST_TEST(last.done > 0u);
  BOOST_TEST(last.done < last.all);
}

BOOST_AUTO_TEST_CASE(a_machine_that_came_by_itself_is_greeted_back) {
  stream_pair pair(laptop.security, robot.security);
  (void)pair.shake();
  framed_stream theirs(std::move(pair.server));
  const greeting said{.facts = facts_of("robot"), .node = "cloud", .scenario = "s"};
  auto c = must(node_call::with(settings(), framed_stream(std::move(pair.client)), said, 1h));
  BOOST_TEST((c->facts() == said.facts));
  BOOST_TEST((hear<greeting>(theirs).facts == facts_of("laptop")));
}

BOOST_AUTO_TEST_CASE(a_machine_of_another_version_that_came_by_itself_learns_why_it_cannot_stay) {
  stream_pair pair(laptop.security, robot.security);
  (void)pair.shake();
  framed_stream theirs(std::move(pair.server));
  greeting said{.facts = facts_of("robot"), .node = "cloud", .scenario = "s"};
  said.facts.version = "0.9.0";
  check_error(node_call::with(settings(), framed_stream(std::move(pair.client)), said, 1h),
              errc::other_version, {"node cloud", "0.9.0"});
  (void)hear<greeting>(theirs);
  BOOST_TEST(hear<refusal>(theirs).why.find("0.9.0") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
