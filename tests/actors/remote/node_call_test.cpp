// SPDX-License-Identifier: MIT
#include "actors/remote/node_call.hpp"
#include "actors/remote/digest.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>
#include <sstream>

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

machine_facts facts_of(const std::string& name) {
  machine_facts f;
  f.version = "1.2.3";
  f.name = name;
  f.host = name;
  return f;
}

/// What a node says of itself once it was greeted.
void greet(framed_stream& s) {
  (void)hear<greeting>(s);
  say(s, greeting{.facts = facts_of("robot")});
}

/// Through all steps to the worker's start, without files.
void start_a_worker(framed_stream& s) {
  greet(s);
  (void)hear<preparation>(s);
  say(s, wanted_files{});
  (void)hear<start_worker>(s);
  say(s, worker_started{4711, "a folder there"});
}

std::string read_fd_to_end(int fd) {
  std::string all;
  char some[4096];
  while (wait_until_ready(fd, POLLIN, soon())) {
    const auto n = ::recv(fd, some, sizeof some, 0);
    if (n <= 0)
      return all;
    all.append(some, static_cast<std::size_t>(n));
  }
  return all + " and no end";
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct fixture {
  machine laptop{"laptop"}, robot{"robot"};
  temp_folder folder;
  const fs::path outputs = folder / "outputs";
  std::atomic<int> interrupts{0};
  std::ptrdiff_t descriptors = open_descriptors();

  fixture() {
    laptop.knows(robot);
    robot.knows(laptop);
  }
  node_call::settings settings() {
    return {.node = "cloud",
            .own = facts_of("laptop"),
            .outputs = outputs,
            .interrupts = &interrupts};
  }
  result<std::unique_ptr<node_call>> call(const socket_address& at,
                                          duration patience = test_deadline) {
    return node_call::to(settings(), at.address, at.port, laptop.security, patience);
  }
  result<std::unique_ptr<node_call>> call(const scripted_peer& peer) { return call(peer.at()); }
  scripted_peer node(scripted_peer::script play) { return {robot.security, std::move(play)}; }

  file_to_ship file(const std::string& name, const std::string& content) {
    const auto here = folder / name;
    std::ofstream(here, std::ios::binary) << content;
    return {{"files/" + name, digest_of(content), content.size()}, here};
  }
  /// Calls, prepares and starts; the descriptor.
  int start(std::unique_ptr<node_call>& with, const scripted_peer& peer) {
    with = must(call(peer));
    must(with->prepare("run", {}, {}));
    return must(with->start());
  }
};

/// Names the node and its address.
template <class T>
void check_error(const result<T>& r, errc code, const std::vector<std::string>& words) {
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(r.error().code == code, r.error().message);
  for (const auto& w : words)
    BOOST_TEST(r.error().message.find(w) != std::string::npos, r.error().message << ": " << w);
}

const auto no_progress = [](shipping_progress) {};

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_call_test, fixture)

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
    check_error(call(peer), errc::refused,
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
  check_error(call(at), errc::refused, {"node cloud: ", std::to_string(at.port)});
}

BOOST_AUTO_TEST_CASE(certificates_that_are_not_known_end_it_on_either_side) {
  machine stranger("stranger");
  stranger.knows(laptop);
  {
    scripted_peer peer(stranger.security, [](framed_stream&) {});
    BOOST_TEST(!call(peer).ok());
    BOOST_CHECK_THROW(peer.finish(), std::runtime_error);
  }
  robot.knows(stranger);
  auto peer = node([](framed_stream&) {});
  check_error(call(peer), errc::closed, {"node cloud (127.0.0.1:", "does not know our certif"});
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

BOOST_AUTO_TEST_CASE(the_worker_s_conversation_flows_both_ways_until_it_ends) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    const auto asked = needed(s.receive(soon()));
    if (asked.type != frame_type::control)
      throw std::runtime_error("no control frame came");
    needed(s.send(frame_type::control, asked.body + " yourself", soon()));
    (void)needed(s.receive(soon())); // it was read
    say(s, worker_ended{"exit code 0"});
    say(s, file_follows{"recorder/a.txt", "", 11});
    needed(s.send(frame_type::file, "some ", soon()));
    needed(s.send(frame_type::file, "output", soon()));
    say(s, file_follows{"empty", "", 0});
    s.stream().say_goodbye();
  });
  std::unique_ptr<node_call> c;
  const int fd = start(c, peer);
  BOOST_TEST(c->folder() == "a folder there");
  BOOST_TEST(!c->wait_end(clock::machine_now()).has_value());
  send_raw(fd, "hello");
  std::string answer;
  while (answer.size() < 14) {
    char some[64];
    BOOST_REQUIRE(wait_until_ready(fd, POLLIN, soon()));
    const auto n = ::recv(fd, some, sizeof some, 0);
    BOOST_REQUIRE(n > 0);
    answer.append(some, static_cast<std::size_t>(n));
  }
  BOOST_TEST(answer == "hello yourself");
  send_raw(fd, "!");
  BOOST_TEST(read_fd_to_end(fd).empty());
  BOOST_TEST(c->wait_end(soon()).value_or("") == "exit code 0");
  BOOST_TEST(c->wait_files(test_deadline));
  BOOST_TEST(c->problems().empty());
  BOOST_TEST(read(outputs / "recorder/a.txt") == "some output");
  BOOST_TEST(fs::file_size(outputs / "empty") == 0u);
  BOOST_TEST(c->wait_end(clock::machine_now()).value_or("") == "exit code 0"); // and stays said
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_broken_connection_is_an_end_with_a_reason) {
  auto peer = node([](framed_stream& s) { start_a_worker(s); });
  std::unique_ptr<node_call> c;
  const int fd = start(c, peer);
  BOOST_TEST(read_fd_to_end(fd).empty());
  const auto end = c->wait_end(soon());
  BOOST_REQUIRE(end.has_value());
  BOOST_TEST(end->starts_with("the connection ended: "), *end);
  BOOST_TEST(!c->wait_files(test_deadline));
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(who_sends_nothing_more_is_not_waited_for) {
  std::promise<void> over;
  auto peer = node([&](framed_stream& s) {
    start_a_worker(s);
    say(s, worker_ended{"exit code 0"});
    over.get_future().wait();
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(c->wait_end(soon()).has_value());
  BOOST_TEST(!c->wait_files(5ms));
  over.set_value();
}

BOOST_AUTO_TEST_CASE(the_end_is_heard_although_nobody_here_listens_to_the_worker_any_more) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    for (int i = 0; i < 100; ++i) // more than is held on the way
      needed(s.send(frame_type::control, std::string(most_piece, 'x'), soon()));
    say(s, worker_ended{"killed by signal 9 (Killed)"});
    s.stream().say_goodbye();
    hear_end(s);
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(c->wait_end(soon()).value_or("") == "killed by signal 9 (Killed)");
  c.reset();
  peer.finish();
}

BOOST_AUTO_TEST_CASE(outputs_that_are_not_kept_are_told) {
  fs::create_directories(outputs);
  std::ofstream(outputs / "run.db") << "precious";
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    say(s, worker_ended{"exit code 0"});
    for (const auto* name : {"../outside", "run.db", "/absolute", ""}) {
      say(s, file_follows{name, "", 4});
      needed(s.send(frame_type::file, "evil", soon()));
    }
    say(s, file_follows{"more", "", 4}); // than announced
    needed(s.send(frame_type::file, "12345", soon()));
    needed(s.send(frame_type::file, "6", soon()));
    say(s, file_follows{"half", "", 4});
    needed(s.send(frame_type::file, "12", soon()));
    say(s, file_follows{"good", "", 4});
    needed(s.send(frame_type::file, "1234", soon()));
    needed(s.send(frame_type::message, "no JSON", soon()));
    say(s, start_worker{}); // makes no sense here
    say(s, file_follows{"cut", "", UINT64_MAX});
    needed(s.send(frame_type::file, "12", soon()));
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(c->wait_files(test_deadline));
  const auto problems = c->problems();
  BOOST_TEST(problems.size() == 8u);
  for (const auto* word : {"outside", "run.db", "absolute", "more", "half", "cut"})
    BOOST_TEST(std::ranges::any_of(problems,
                                   [&](const auto& p) { return p.find(word) != p.npos; }),
               word);
  c.reset();
  BOOST_TEST(read(outputs / "run.db") == "precious");
  BOOST_TEST(read(outputs / "good") == "1234");
  BOOST_TEST(!fs::exists(folder / "outside"));
  BOOST_TEST(std::distance(fs::directory_iterator(outputs), {}) == 2);
}

BOOST_AUTO_TEST_CASE(problems_are_bounded) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    for (int i = 0; i < 1000; ++i)
      say(s, file_follows{"..", "", 4});
  });
  std::unique_ptr<node_call> c;
  ::close(start(c, peer));
  BOOST_TEST(!c->wait_files(test_deadline));
  BOOST_TEST(c->problems().size() == 20u);
}

BOOST_AUTO_TEST_CASE(where_outputs_go_nowhere_nothing_is_written) {
  auto peer = node([](framed_stream& s) {
    start_a_worker(s);
    say(s, worker_ended{"exit code 0"});
    say(s, file_follows{"a", "", 4});
    needed(s.send(frame_type::file, "1234", soon()));
  });
  auto s = settings();
  s.outputs.clear();
  const auto c =
      must(node_call::to(s, peer.at().address, peer.at().port, laptop.security, test_deadline));
  must(c->prepare("run", {}, {}));
  ::close(must(c->start()));
  BOOST_TEST(c->wait_files(test_deadline));
  BOOST_TEST(c->problems().empty());
  BOOST_TEST(!fs::exists("a"));
}

BOOST_AUTO_TEST_CASE(letting_go_ends_the_conversation_and_leaves_nothing_open) {
  for (const bool started : {false, true}) {
    int fd = -1;
    {
      auto peer = node([&](framed_stream& s) {
        started ? start_a_worker(s) : greet(s);
        hear_end(s);
      });
      std::unique_ptr<node_call> c;
      if (started)
        fd = start(c, peer);
      else
        c = must(call(peer));
      c.reset();
      peer.finish();
    }
    if (started) {
      BOOST_TEST(read_fd_to_end(fd).empty());
      ::close(fd);
    }
    BOOST_TEST(open_descriptors() == descriptors);
  }
}

BOOST_AUTO_TEST_CASE(a_machine_that_came_by_itself_is_greeted_back) {
  stream_pair pair(laptop.security, robot.security);
  (void)pair.shake();
  framed_stream theirs(std::move(pair.server));
  const greeting said{.facts = facts_of("robot"), .node = "cloud", .scenario = "s", .digest = ""};
  auto c = must(node_call::with(settings(), framed_stream(std::move(pair.client)), said, 1h));
  BOOST_TEST((c->facts() == said.facts));
  BOOST_TEST((hear<greeting>(theirs).facts == facts_of("laptop")));
}

BOOST_AUTO_TEST_CASE(a_machine_of_another_version_that_came_by_itself_learns_why_it_cannot_stay) {
  stream_pair pair(laptop.security, robot.security);
  (void)pair.shake();
  framed_stream theirs(std::move(pair.server));
  greeting said{.facts = facts_of("robot"), .node = "cloud", .scenario = "s", .digest = ""};
  said.facts.version = "0.9.0";
  check_error(node_call::with(settings(), framed_stream(std::move(pair.client)), said, 1h),
              errc::refused, {"node cloud", "0.9.0"});
  (void)hear<greeting>(theirs);
  BOOST_TEST(hear<refusal>(theirs).why.find("0.9.0") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
