// SPDX-License-Identifier: MIT
// Two ends of a shm channel of which one dies, and a receiving end among strangers. Whoever dies is
// a process of its own.
#include "tests/transports/tcp/tcp_world.hpp"
#include "transports/shm/shm_channel.hpp"
#include "transports/shm/shm_connection.hpp"
#include "transports/shm/shm_sender.hpp"
#include "transports/shm/shm_socket.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

using namespace peernet;
using namespace peernet::contract;

namespace {

/// A process that runs `work` once it may begin, and never comes back by itself; killed with its
/// owner. Made while the test has no other thread, which might hold a lock for ever over there.
class other_process {
public:
  template <class Work>
  explicit other_process(Work work) : pid_(::fork()) {
    if (pid_ != 0)
      return;
    ::raise(SIGSTOP);
    work();
    for (;;)
      ::pause();
  }
  ~other_process() { kill(); }
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;

  void begin() const {
    ::waitpid(pid_, nullptr, WUNTRACED); // until it has stopped
    ::kill(pid_, SIGCONT);
  }
  void kill() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

private:
  pid_t pid_;
};

struct shm_world {
  explicit shm_world(listening_limits limits = {}) {
    settings.socket_folder = folder.path().string();
    settings.name = "shm";
    settings.max_frame = 1u << 20;
    path = folder / "socket";
    sut = open_receiver(limits);
  }
  [[nodiscard]] std::unique_ptr<shm_receiver> open_receiver(listening_limits limits = {}) const {
    auto listener = unix_listen(path);
    BOOST_REQUIRE_MESSAGE(listener.ok(), why(listener));
    return std::make_unique<shm_receiver>(settings, *std::move(listener), path, limits);
  }
  [[nodiscard]] std::unique_ptr<shm_sender> open_sender(std::size_t ring = 1u << 20) const {
    return std::make_unique<shm_sender>(settings, endpoint{.address = path}, ring);
  }
  [[nodiscard]] std::uint64_t count(std::string_view name) const {
    return counted(sut->report(), name);
  }

  temp_folder folder;
  channel_settings settings;
  std::string path;
  std::unique_ptr<shm_receiver> sut;
};

/// What a stranger who speaks the protocol hands over.
struct guest {
  explicit guest(const std::string& path) : socket(*unix_connect(path)) {}
  [[nodiscard]] bool is_taken() const {
    pollfd p{socket.get(), POLLIN, 0};
    ::poll(&p, 1, std::chrono::milliseconds(deadline).count());
    shm_greeting answer;
    return ::recv(socket.get(), &answer, sizeof answer, 0) == static_cast<ssize_t>(sizeof answer);
  }
  void hand(std::initializer_list<int> files, shm_greeting greeting = {}) const {
    const std::vector<int> all(files);
    BOOST_TEST(hand_over(socket.get(), greeting, all).ok());
  }

  descriptor socket;
  shm_memory memory = *shm_memory::make(1u << 16);
  doorbell work, room;
};

} // namespace

BOOST_AUTO_TEST_SUITE(shm_connection_test)

BOOST_AUTO_TEST_CASE(what_a_killed_sender_has_written_arrives_and_then_its_connection_ends) {
  shm_world w;
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  other_process sending([&] {
    const auto sender = w.open_sender();
    (void)wait_connected(*sender);
    for (std::uint64_t n = 0; n < 5; ++n)
      (void)send_frame(*sender, n, 1000);
    [[maybe_unused]] const auto said = ::write(ready[1], "x", 1);
  });
  ::close(ready[1]);
  sending.begin();
  std::uint64_t came = 0;
  for (pollfd p{ready[0], POLLIN, 0}; ::poll(&p, 1, 0) == 0;)
    if (const auto r = w.sut->receive({}, std::chrono::milliseconds{1}); r.ok() && r->has_value())
      BOOST_TEST(is_frame(**r, came++, 1000));
  sending.kill();
  for (; came < 5; ++came)
    BOOST_TEST(is_frame(next_frame(*w.sut), came, 1000));
  ::close(ready[0]);
  // A new one is heard as the old one was.
  listening_thread heard(*w.sut);
  const auto sender = w.open_sender();
  BOOST_REQUIRE(wait_connected(*sender));
  BOOST_REQUIRE(send_frame(*sender, 9, 1000));
  BOOST_TEST(heard.wait_for_number(9));
}

BOOST_AUTO_TEST_CASE(senders_killed_in_the_middle_of_writing_leave_whole_frames_only) {
  shm_world w;
  std::vector<std::unique_ptr<other_process>> sending;
  for (int i = 0; i < 10; ++i)
    sending.push_back(std::make_unique<other_process>([&] {
      const auto sender = w.open_sender();
      (void)wait_connected(*sender);
      for (std::uint64_t n = 0;; ++n)
        (void)send_frame(*sender, n, 50'000);
    }));
  listening_thread heard(*w.sut);
  const auto genuine = w.open_sender();
  BOOST_REQUIRE(wait_connected(*genuine));
  for (std::uint64_t round = 0; round < sending.size(); ++round) {
    const auto before = heard.numbers().size();
    sending[round]->begin();
    BOOST_REQUIRE(heard.wait([&](const auto& all) { return all.size() > before + 20 + round; }));
    sending[round]->kill();
    BOOST_REQUIRE(send_frame(*genuine, 1'000'000 + round, 10));
    BOOST_TEST(heard.wait_for_number(1'000'000 + round));
  }
  BOOST_TEST(heard.spoilt == 0u);
  BOOST_TEST(heard.corrupt == 0u);
}

BOOST_AUTO_TEST_CASE(a_killed_receiver_is_noticed_and_one_that_comes_back_is_found) {
  shm_world w;
  w.sut.reset();
  std::unique_ptr<shm_sender> sender;
  {
    other_process receiving([&] {
      const auto end = w.open_receiver();
      for (;;)
        (void)end->receive({}, deadline);
    });
    receiving.begin();
    sender = w.open_sender();
    BOOST_REQUIRE(wait_connected(*sender));
    BOOST_REQUIRE(send_frame(*sender, 1, 1000));
  }
  const auto why = wait_outage(*sender);
  BOOST_TEST(why.find(w.path) != std::string::npos, why);
  const auto body = body_of(10, 0);
  const auto h = header_of(0, 10);
  BOOST_TEST((sender->try_send({.header = wire_bytes(h), .body = &body}) == send_status::closed));
  w.sut = w.open_receiver();
  listening_thread heard(*w.sut);
  BOOST_REQUIRE(wait_connected(*sender));
  BOOST_REQUIRE(send_frame(*sender, 2, 1000));
  BOOST_TEST(heard.wait_for_number(2));
  BOOST_TEST(counted(sender->report(), "reconnects") == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_ring_holds_the_sender_back_and_its_wait_ends_with_the_first_read) {
  shm_world w;
  w.settings.queue = 1000;
  const auto sender = w.open_sender(64u << 10);
  BOOST_REQUIRE(wait_connected(*sender, *w.sut));
  const auto taken = fill(*sender, body_of(10'000, 0), 100);
  BOOST_TEST(taken == (64u << 10) / ring_record(10'000));
  auto waited = beside([&] { return sender->wait_writable(deadline); });
  (void)next_frame(*w.sut);
  BOOST_TEST(waited.get());
}

BOOST_AUTO_TEST_CASE(a_frame_that_can_never_fit_is_told_with_the_key_to_change) {
  shm_world w;
  const auto sender = w.open_sender(64u << 10);
  BOOST_REQUIRE(wait_connected(*sender, *w.sut));
  const auto body = body_of(100'000, 0);
  const auto h = header_of(0, body.size());
  BOOST_TEST(
      (sender->try_send({.header = wire_bytes(h), .body = &body}) == send_status::too_large));
  BOOST_TEST(sender->limit().find("ring") != std::string::npos, sender->limit());
  BOOST_REQUIRE(send_frame(*sender, 1, 1000));
  BOOST_TEST(is_frame(next_frame(*w.sut), 1, 1000));
}

BOOST_AUTO_TEST_CASE(wrong_greetings_are_refused_and_whatever_came_with_them_is_closed) {
  shm_world w;
  listening_thread heard(*w.sut);
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_files();
  std::uint64_t refused = 0;
  const auto expect_refused = [&](auto hand) {
    const guest g(w.path);
    hand(g);
    BOOST_TEST(!g.is_taken());
    BOOST_TEST(heard.wait_while([&] { return w.count("refused") <= refused; }));
    ++refused;
  };
  const descriptor unsealed(::memfd_create("test", MFD_CLOEXEC));
  expect_refused([](const guest& g) { g.hand({}); });
  expect_refused([](const guest& g) { g.hand({g.memory.file(), g.work.fd()}); });
  expect_refused([](const guest& g) {
    g.hand({g.memory.file(), g.work.fd(), g.room.fd()}, {.version = 77});
  });
  expect_refused([](const guest& g) {
    g.hand({g.memory.file(), g.work.fd(), g.room.fd()}, {.magic = {'H', 'T', 'T', 'P'}});
  });
  expect_refused([](const guest& g) { g.hand({g.work.fd(), g.work.fd(), g.room.fd()}); });
  expect_refused([](const guest& g) {
    g.hand({g.memory.file(), g.socket.get(), g.room.fd()}); // ringing it could wait
  });
  expect_refused([&](const guest& g) { g.hand({unsealed.get(), g.work.fd(), g.room.fd()}); });
  BOOST_TEST(heard.wait_while([&] { return open_files() > before + 1; })); // `unsealed` is ours
  const auto genuine = w.open_sender();
  BOOST_TEST(wait_connected(*genuine));
}

BOOST_AUTO_TEST_CASE(a_ring_with_nonsense_in_it_ends_its_connection_and_no_other) {
  shm_world w;
  listening_thread heard(*w.sut);
  const auto genuine = w.open_sender();
  BOOST_REQUIRE(wait_connected(*genuine));
  const guest g(w.path);
  g.hand({g.memory.file(), g.work.fd(), g.room.fd()});
  BOOST_REQUIRE(g.is_taken());
  auto& control = *reinterpret_cast<ring_control*>(g.memory.front());
  control.written = std::uint64_t{1} << 50;
  g.work.ring();
  BOOST_TEST(heard.wait_while([&] { return heard.corrupt == 0; }));
  BOOST_TEST(!g.is_taken()); // it is hung up on
  BOOST_REQUIRE(send_frame(*genuine, 1, 1000));
  BOOST_TEST(heard.wait_for_number(1));
}

BOOST_AUTO_TEST_CASE(one_busy_sender_does_not_keep_the_others_from_their_turn) {
  shm_world w;
  listening_thread heard(*w.sut);
  const auto busy = w.open_sender(), other = w.open_sender();
  BOOST_REQUIRE((wait_connected(*busy) && wait_connected(*other)));
  std::atomic<bool> enough{false};
  auto sending = beside([&] {
    for (std::uint64_t n = 0; !enough; ++n)
      if (!send_frame(*busy, n, 100))
        return false;
    return true;
  });
  for (std::uint64_t n = 0; n < 50; ++n) {
    BOOST_REQUIRE(send_frame(*other, 1'000'000'000 + n, 100));
    BOOST_REQUIRE(heard.wait_for_number(1'000'000'000 + n));
  }
  enough = true;
  BOOST_TEST(sending.get());
}

BOOST_AUTO_TEST_SUITE_END()
